// A sync by a clock that is not the system's.
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import type { Store } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import { afterEach, describe, expect, it } from "vitest";
import { createHastyClock, createTestClock } from "../../../../test/support/test-clock.ts";
import type { Logger } from "../../src/index.ts";
import { createSyncer } from "../../src/index.ts";
import { createSlowWrites } from "../../src/run/slow-writes.ts";
import { differences, newStore, startDevnet, sync } from "../support/mirrors.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

let devnet: Devnet | undefined;

afterEach(async () => {
  await devnet?.stop();
  devnet = undefined;
});

describe("a syncer with a clock", () => {
  it("waits between its tries by it: minutes of a database that is away pass at once", async () => {
    devnet = await startDevnet({ users: 10, messages: 100 });
    const inner = newStore();
    let failureCount = 0;
    const away: Store = {
      ...inner,
      async startRealtime(shardId, height) {
        failureCount += 1;
        if (failureCount <= 60) throw new StorageError("connection", "not now");
        await inner.startRealtime(shardId, height);
      },
    };
    const clock = createHastyClock();

    await sync(devnet, away, { clock });

    expect(await differences(devnet, inner)).toEqual([]);
    expect(failureCount).toBeGreaterThan(60);
    // Three shards at a time, 20 failures each, most of them with up to 30 seconds to wait.
    expect(clock.elapsed()).toBeGreaterThan(60_000);
  });

  it("dates its proofs by it", async () => {
    devnet = await startDevnet({ users: 10, messages: 100, gaslessKeys: false });
    const store = newStore();
    const ahead = Date.parse("2040-01-01T00:00:00Z");

    await sync(devnet, store, { clock: createHastyClock(ahead) });

    for (const shardId of [1, 2]) {
      const provedAt = (await store.findShard(shardId))?.proof?.provedAt;
      expect(provedAt?.getFullYear()).toBe(2040);
    }
  });

  it("takes a shard 0 without a new block for stalled by it, where another node stands by", async () => {
    devnet = await startDevnet({ users: 10, messages: 100 });
    const store = newStore();
    await sync(devnet, store);
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    await using standby = createNodeClient({ endpoint: devnet.endpoint });
    const clock = createHastyClock();
    const toldAt: number[] = [];
    const silent = () => undefined;
    const logger: Logger = {
      ...{ debug: silent, info: silent, error: silent, child: () => logger },
      warn: (_, message) => {
        if (message === "failed, trying again") toldAt.push(clock.elapsed());
      },
    };
    const stop = new AbortController();
    const syncer = createSyncer({
      ...{ client, standbys: [standby], store, holder: "a test", logger, clock },
      ...{ shardIds: [0], syncIntervalMs: 5000 },
    });
    const ended = syncer.run({ signal: stop.signal });

    await expect.poll(() => toldAt.length, { timeout: 30_000 }).toBeGreaterThan(0);
    stop.abort();
    await ended;

    // Looked for every five seconds.
    expect(toldAt[0]).toBeGreaterThanOrEqual(15_000);
    expect(toldAt[0]).toBeLessThan(60_000);
    const [shard] = await store.listShards();
    expect(shard?.errorCount).toBeGreaterThan(0);
  });

  it("warns of slow writes by it", async () => {
    const { logger, warnings } = createRecordingLogger();
    const clock = createTestClock();
    const slowWrites = createSlowWrites({ logger, slowWriteMs: 3_600_000, clock });

    await slowWrites.watch({ shardId: 1, messageCount: 7 }, async () => {
      clock.advance(3_599_999);
      expect(warnings).toEqual([]);
      clock.advance(1);
    });

    expect(warnings).toHaveLength(2);
    expect(clock.waits()).toEqual([]);
  });
});
