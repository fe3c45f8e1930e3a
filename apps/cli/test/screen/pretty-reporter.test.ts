import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LogLevel } from "../../src/config/keys/config-keys.ts";
import { createReporter } from "../../src/screen/create-reporter.ts";
import { contentsLine } from "../../src/screen/pretty-reporter.ts";
import { Capture } from "../support/run-in-process.ts";
import { aShard } from "../support/shard-activity.ts";

class Terminal extends Capture {
  readonly isTTY = true;
  readonly columns = 40;
  readonly rows = 20;
}

const CONTENTS = { place: "./db", messages: 20_134, users: 200 };

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("the pretty reporter on a terminal", () => {
  async function onTerminal(level: LogLevel = "info") {
    const stdout = new Terminal();
    return { stdout, reporter: await createReporter({ stdout, format: "auto", level }) };
  }

  it("redraws one line for each shard, cut to the terminal's width", async () => {
    const { stdout, reporter } = await onTerminal();

    const following = reporter.follow(() => [aShard(), aShard({ shardId: 2 })]);
    vi.advanceTimersByTime(250);
    following[Symbol.dispose]();

    expect(stdout.text).toContain("shard 1  ░░░░░░░░░░░░░░░░░░░░   0%  0/2\n");
    expect(stdout.text).toContain("shard 2  ░░░░░░░░░░░░░░░░░░░░   0%  0/2\n");
  });

  it("shows warnings and errors above the shards, which then come again", async () => {
    const { stdout, reporter } = await onTerminal();
    using _following = reporter.follow(() => [aShard({ partitionsTotal: 0 })]);
    vi.advanceTimersByTime(250);
    stdout.text = "";

    reporter.logger
      .child({ shardId: 1 })
      .warn({ code: "unavailable", err: new Error("the node\nis gone"), height: 5n }, "failed");
    reporter.logger.info({}, "not for terminals");

    expect(stdout.text).toContain(
      "warn: failed shardId=1 code=unavailable (the node is gone) height=5\n",
    );
    expect(stdout.text).toMatch(/failed.*shard 1 {2}starting\n/s);
    expect(stdout.text).not.toContain("not for terminals");
  });

  it("shows what others have written without what a terminal would obey", async () => {
    const { stdout, reporter } = await onTerminal();
    const others = () => [{ event: "x", sentence: "stopped: \u001b]0;title\u0007" }];
    using _following = reporter.follow(() => [], others);
    vi.advanceTimersByTime(250);

    reporter.logger.warn({ details: "\u009b2J", err: new Error("\u001b[2J") }, "failed");

    expect(stdout.text).toContain("stopped:  ]0;title \n");
    expect(stdout.text).toContain("warn: failed details= 2J ( [2J)\n");
  });

  it("shows every event at level debug, and errors only at level error", async () => {
    const debug = await onTerminal("debug");
    const error = await onTerminal("error");

    for (const { reporter } of [debug, error]) {
      reporter.logger.debug({}, "small things");
      reporter.logger.info({}, "news");
      reporter.logger.warn({}, "trouble");
      reporter.logger.error({}, "disaster");
    }

    expect(debug.stdout.text).toBe(
      "debug: small things\ninfo: news\nwarn: trouble\nerror: disaster\n",
    );
    expect(error.stdout.text).toBe("error: disaster\n");
  });

  it("leaves the last state on the screen and ends with what the database holds", async () => {
    const { stdout, reporter } = await onTerminal();

    reporter.follow(() => [aShard({ phase: "realtime" })])[Symbol.dispose]();
    reporter.conclude({ ...CONTENTS, tables: new Map() });

    expect(stdout.text).toMatch(
      /shard 1 {2}height 0.*\.\/db holds 20,134 messages of 200 users\.\n$/s,
    );
  });
});

describe("the pretty reporter elsewhere", () => {
  it("writes lines now and then, without moving the cursor", async () => {
    const stdout = new Capture();
    const reporter = await createReporter({ stdout, format: "pretty", level: "info" });

    reporter.announce({ event: "syncing", sentence: "Mirroring." });
    const following = reporter.follow(() => [aShard({ partitionsTotal: 0 })]);
    vi.advanceTimersByTime(5000);
    following[Symbol.dispose]();

    expect(stdout.text).toBe("Mirroring.\nshard 1  starting\nshard 1  starting\n");
  });
});

describe("contentsLine()", () => {
  it("names live rows of every relation that has some, estimates marked", () => {
    const tables = new Map([
      ["casts", { live: 2991, total: 3000, isEstimate: false }],
      ["frame_actions", { live: 0, total: 0, isEstimate: false }],
      ["reactions", { live: 5_000_001, total: 5_000_001, isEstimate: true }],
    ]);

    expect(contentsLine({ ...CONTENTS, tables })).toBe(
      "./db holds 20,134 messages of 200 users; live rows: 2,991 casts, ~5,000,001 reactions.",
    );
  });

  it("says where to find the rows when they were not counted", () => {
    expect(contentsLine({ ...CONTENTS, tables: undefined })).toBe(
      "./db holds 20,134 messages of 200 users; `snaprag status` counts its rows.",
    );
  });
});
