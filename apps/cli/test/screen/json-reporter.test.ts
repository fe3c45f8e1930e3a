import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LogLevel } from "../../src/config/keys/config-keys.ts";
import { createReporter } from "../../src/screen/create-reporter.ts";
import { Capture } from "../support/run-in-process.ts";
import { aShard } from "../support/shard-activity.ts";

async function createJsonReporter(level: LogLevel = "info") {
  const stdout = new Capture();
  const reporter = await createReporter({ stdout, format: "auto", level });
  const records = () =>
    stdout.text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  return { reporter, records };
}

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-10-01T00:00:00Z") });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("the JSON reporter", () => {
  it("writes one object for each event, bigints as strings", async () => {
    const { reporter, records } = await createJsonReporter();

    reporter.logger.child({ shardId: 1 }).info({ height: 2n ** 60n, all: [1n] }, "planned");
    reporter.announce({ event: "syncing", fields: { endpoint: "x" }, sentence: "For people." });

    expect(records()).toEqual([
      {
        level: "info",
        time: "2026-10-01T00:00:00.000Z",
        shardId: 1,
        height: "1152921504606846976",
        all: ["1"],
        msg: "planned",
      },
      { level: "info", time: "2026-10-01T00:00:00.000Z", endpoint: "x", msg: "syncing" },
    ]);
  });

  it("shows an error's code and message, and its stack only at level debug", async () => {
    const err = Object.assign(new Error("gone"), { code: "unavailable" });
    const info = await createJsonReporter("info");
    const debug = await createJsonReporter("debug");

    info.reporter.logger.warn({ err }, "failed");
    debug.reporter.logger.warn({ err }, "failed");

    expect(info.records()[0].err).toEqual({
      name: "Error",
      code: "unavailable",
      message: "gone",
    });
    expect(debug.records()[0].err.stack).toContain("json-reporter.test");
  });

  it("reports the progress of every shard each five seconds and once at the end", async () => {
    const { reporter, records } = await createJsonReporter();
    const shard = { ...aShard({ messageCount: 100, entryCount: 500 }) };

    const following = reporter.follow(() => [shard]);
    vi.advanceTimersByTime(4999);
    shard.messageCount = 500;
    expect(records()).toEqual([]);
    vi.advanceTimersByTime(1);
    following[Symbol.dispose]();
    vi.advanceTimersByTime(60_000);

    expect(records()).toHaveLength(2);
    expect(records()[0]).toMatchObject({
      msg: "progress",
      shards: [
        {
          shardId: 1,
          phase: "historical",
          share: 0.5,
          partitionsDone: 0,
          partitionsTotal: 256,
          entries: 500,
          expectedEntries: 1000,
          height: 0,
          lagSeconds: null,
          isCaughtUp: false,
          messages: 500,
          messagesPerSecond: 100,
          errors: 0,
          retries: 0,
        },
      ],
    });
  });

  it("ends with what the database holds", async () => {
    const { reporter, records } = await createJsonReporter();

    reporter.conclude({
      place: "./db",
      messages: 3,
      users: 2,
      tables: new Map([
        ["casts", { live: 1, total: 2, isEstimate: false }],
        ["links", { live: 9, total: 9, isEstimate: true }],
      ]),
    });

    expect(records()[0]).toMatchObject({
      msg: "database contents",
      database: "./db",
      messages: 3,
      users: 2,
      tables: {
        casts: { live: 1, total: 2 },
        links: { live: 9, total: 9, estimated: true },
      },
    });
  });
});
