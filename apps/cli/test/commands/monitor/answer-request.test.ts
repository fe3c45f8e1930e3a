import type { ShardProof } from "@snaprag/storage";
import type { ShardActivity } from "@snaprag/sync";
import { beforeAll, describe, expect, it } from "vitest";
import type { Answering } from "../../../src/commands/sync/monitor/answer-request.ts";
import { answerRequest } from "../../../src/commands/sync/monitor/answer-request.ts";
import type { Metrics } from "../../../src/commands/sync/monitor/metrics.ts";
import { createMetrics } from "../../../src/commands/sync/monitor/metrics.ts";
import type { WatchedSync } from "../../../src/commands/sync/monitor/watched-sync.ts";
import { createPaceMeter } from "../../../src/screen/pace.ts";
import { aShard } from "../../support/shard-activity.ts";

const PROOF: ShardProof = {
  status: "proved",
  blockNumber: 90n,
  root: new Uint8Array(20).fill(0xab),
  leafCount: 1000n,
  opaqueLeafCount: 0n,
  commits: "ok",
  provedAt: new Date("2026-01-01T00:00:00Z"),
};

let metrics: Metrics;
beforeAll(() => {
  metrics = createMetrics("1.2.3");
});

function following(given: Partial<ShardActivity> = {}): ShardActivity {
  const blockTime = new Date();
  const present = { phase: "realtime", isCaughtUp: true, blockTime, blockNumber: 100n } as const;
  return aShard({ ...present, ...given });
}

function aSync(given: Partial<WatchedSync> = {}): WatchedSync {
  return {
    progress: () => [following()],
    silentMs: () => 0,
    readNodeHeights: async () => new Map([[1, 103n]]),
    readProofs: async () => new Map([[1, PROOF]]),
    async [Symbol.asyncDispose]() {},
    ...given,
  };
}

function answering(sync: WatchedSync | undefined, given: Partial<Answering> = {}): Answering {
  const { signal } = new AbortController();
  const meter = createPaceMeter();
  return { watched: () => sync, maxLagSeconds: 60, meter, metrics, signal, ...given };
}

async function ask(url: string, from: Answering, method = "GET") {
  const { status, contentType, body } = await answerRequest({ method, url }, from);
  return { status, contentType, body, json: body.startsWith("{") ? JSON.parse(body) : undefined };
}

/** What a line of metrics says, by its name and labels. */
function valueIn(body: string, name: string): string | undefined {
  const line = body.split("\n").find((each) => each.startsWith(`${name} `));
  return line?.slice(name.length + 1);
}

describe("/live", () => {
  it("is well before the sync has begun, and while its threads are heard of", async () => {
    const live = { status: 200, json: { live: true } };
    expect(await ask("/live", answering(undefined))).toMatchObject(live);
    const sync = aSync({ silentMs: () => 60_000 });
    expect(await ask("/live", answering(sync))).toMatchObject(live);
  });

  it("is not when a thread has been silent for more than a minute", async () => {
    const answer = await ask("/live", answering(aSync({ silentMs: () => 61_000 })));

    expect(answer).toMatchObject({ status: 503, json: { live: false } });
    expect(answer.json.reasons).toEqual(["a thread of the sync has been silent for 61 seconds"]);
  });
});

describe("/ready", () => {
  it("asks neither node nor database", async () => {
    const refuse = () => Promise.reject(new Error("asked"));
    const sync = aSync({ readNodeHeights: refuse, readProofs: refuse });

    const answer = await ask("/ready", answering(sync));

    expect(answer).toMatchObject({ status: 200, json: { ready: true, reasons: [] } });
  });

  it("is not before the sync has begun, while it is behind, and once it stops", async () => {
    const behind = aSync({ progress: () => [following({ isCaughtUp: false })] });
    const stopping = AbortSignal.abort();

    const answers = [
      await ask("/ready", answering(undefined)),
      await ask("/ready", answering(behind)),
      await ask("/ready", answering(aSync(), { signal: stopping })),
    ];

    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(answers.map(({ json }) => json.reasons)).toEqual([
      ["the sync has not begun"],
      ["shard 1 has not caught up with the node"],
      ["the sync is stopping"],
    ]);
  });
});

describe("/status", () => {
  it("has each shard with the node's height and the latest proof", async () => {
    const { status, json } = await ask("/status", answering(aSync()));

    expect(status).toBe(200);
    expect(json).toMatchObject({ ready: true, isNodeUp: true, isDatabaseUp: true });
    expect(json.shards).toEqual([
      expect.objectContaining({ shardId: 1, height: 100, nodeHeight: 103, lagSeconds: 0 }),
    ]);
    expect(json.shards[0].proof).toMatchObject({ status: "proved", height: 90 });
  });

  it("says who does not answer", async () => {
    const silent = async () => undefined;
    const sync = aSync({ readNodeHeights: silent, readProofs: silent });

    const { status, json } = await ask("/status", answering(sync));

    expect(status).toBe(200);
    expect(json).toMatchObject({ isNodeUp: false, isDatabaseUp: false });
    expect(json.shards[0]).toMatchObject({ nodeHeight: null, proof: null });
  });
});

describe("/metrics", () => {
  it("tells every number of a shard that is known", async () => {
    const shards = [following({ messageCount: 7, errorCount: 2, retryCount: 3 })];

    const { status, contentType, body } = await ask(
      "/metrics",
      answering(aSync({ progress: () => shards })),
    );

    expect(status).toBe(200);
    expect(contentType).toContain("text/plain");
    const told = Object.fromEntries(
      [
        "block_height",
        "node_block_height",
        "lag_blocks",
        "lag_seconds",
        "history_ratio",
        "caught_up",
        "messages_total",
        "errors_total",
        "retries_total",
        "proof_mismatch",
        "proof_proved",
        "proof_height",
        "proof_timestamp_seconds",
      ].map((name) => [name, valueIn(body, `snaprag_${name}{shard="1"}`)]),
    );
    expect(told).toEqual({
      block_height: "100",
      node_block_height: "103",
      lag_blocks: "3",
      lag_seconds: "0",
      history_ratio: "1",
      caught_up: "1",
      messages_total: "7",
      errors_total: "2",
      retries_total: "3",
      proof_mismatch: "0",
      proof_proved: "1",
      proof_height: "90",
      proof_timestamp_seconds: "1767225600",
    });
    expect(valueIn(body, "snaprag_ready")).toBe("1");
    expect(valueIn(body, 'snaprag_build_info{version="1.2.3"}')).toBe("1");
    expect(body).toContain("process_resident_memory_bytes");
  });

  it("leaves out what nobody knows, and says so", async () => {
    const silent = async () => undefined;
    const sync = aSync({ readNodeHeights: silent, readProofs: silent });

    const { body } = await ask("/metrics", answering(sync));

    expect(valueIn(body, "snaprag_node_up")).toBe("0");
    expect(valueIn(body, "snaprag_database_up")).toBe("0");
    expect(body).not.toMatch(/^snaprag_(lag_blocks|node_block_height|proof_\w+)\{/m);
  });

  it("tells the same twice: counters are not added up", async () => {
    const from = answering(aSync({ progress: () => [following({ messageCount: 7 })] }));
    await ask("/metrics", from);

    const { body } = await ask("/metrics", from);

    expect(valueIn(body, 'snaprag_messages_total{shard="1"}')).toBe("7");
  });
});

describe("answerRequest()", () => {
  it("answers HEAD, and paths with a query", async () => {
    expect(await ask("/live?verbose", answering(undefined))).toMatchObject({ status: 200 });
    expect(await ask("/live", answering(undefined), "HEAD")).toMatchObject({ status: 200 });
  });

  it("refuses other paths and other methods", async () => {
    const other = await ask("/", answering(undefined));
    expect(other).toMatchObject({ status: 404 });
    expect(other.json.error).toBe("there are /live, /ready, /status, /metrics");
    expect(await ask("/live", answering(undefined), "POST")).toMatchObject({ status: 405 });
  });
});
