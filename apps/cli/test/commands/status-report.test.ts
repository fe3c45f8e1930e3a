import type { EmbeddingSetStatus } from "@snaprag/embeddings";
import type { ShardProgress, ShardProof } from "@snaprag/storage";
import { describe, expect, it } from "vitest";
import { statusLines, statusToObject } from "../../src/commands/status/status-report.ts";
import { toJson } from "../../src/output.ts";

const NOW = new Date("2026-10-01T00:00:10Z");

const PROOF: ShardProof = {
  status: "proved",
  blockNumber: 28_800n,
  root: new Uint8Array(20).fill(0xab),
  leafCount: 13_204n,
  opaqueLeafCount: 12n,
  commits: "not_configured",
  provedAt: new Date("2026-09-30T23:58:05Z"),
};

const SHARD: ShardProgress = {
  shardId: 1,
  phase: "realtime",
  snapshotHeight: 28_800n,
  blockNumber: 28_812n,
  blockTime: new Date("2026-10-01T00:00:03Z"),
  eventId: 472_055_813n,
  messageCount: 20_134n,
  userCount: 97,
  errorCount: 2,
  retryCount: 1,
  quarantinedCount: 4,
  fallbackCount: 3,
  proof: PROOF,
};

const NEW_SHARD: ShardProgress = {
  ...SHARD,
  shardId: 2,
  phase: "historical",
  snapshotHeight: null,
  blockNumber: 0n,
  blockTime: null,
  eventId: 0n,
  proof: null,
};

const TABLES = new Map([
  ["casts", { live: 2991, total: 3000, isEstimate: false }],
  ["reactions", { live: 6_000_000, total: 6_000_000, isEstimate: true }],
]);

const SET: EmbeddingSetStatus = {
  setId: 1,
  model: "nomic-embed-text",
  version: "1",
  recipe: "texts v1",
  dimension: 768,
  vectorType: "halfvec",
  state: "building",
  isCurrent: true,
  castCount: 12_000n,
  textCount: 11_000n,
  tokenCount: 250_000n,
  refusedCount: 3n,
  backlogCount: 4500n,
  castsPerSecond: 151.26,
  errorCount: 2n,
  lastError: { message: "too busy", at: new Date("2026-10-01T00:00:00Z") },
};

describe("statusToObject()", () => {
  it("is the documented JSON, its event id a string", () => {
    const json = toJson(statusToObject({ shards: [SHARD], tables: TABLES, embeddings: [] }, NOW));

    expect(json).toBe(
      '{"shards":[{"shardId":1,"phase":"realtime","height":28812,"snapshotHeight":28800,' +
        '"eventId":"472055813","messages":20134,"users":97,"errors":2,"retries":1,' +
        '"quarantined":4,"fallbacks":3,"lagSeconds":7,' +
        `"proof":{"status":"proved","height":28800,"root":"0x${"ab".repeat(20)}",` +
        '"leaves":13204,"opaqueLeaves":12,"commits":"not_configured",' +
        '"provedAt":"2026-09-30T23:58:05.000Z","ageSeconds":125}}],' +
        '"tables":{"casts":{"live":2991,"total":3000},' +
        '"reactions":{"live":6000000,"total":6000000,"estimated":true}},"embeddings":[]}',
    );
  });

  it("has null for a snapshot, a lag and a proof that are not known yet", () => {
    const status = { shards: [NEW_SHARD], tables: new Map(), embeddings: [] };

    expect(statusToObject(status, NOW)).toMatchObject({
      shards: [{ height: 0, snapshotHeight: null, lagSeconds: null, proof: null }],
    });
  });

  it("is empty for a database without a mirror", () => {
    const status = { shards: [], tables: new Map(), embeddings: [] };

    expect(toJson(statusToObject(status, NOW))).toBe('{"shards":[],"tables":{},"embeddings":[]}');
  });

  it("has the sets of vectors with their counts as numbers", () => {
    const status = { shards: [], tables: new Map(), embeddings: [SET] };

    expect(statusToObject(status, NOW)).toMatchObject({
      embeddings: [
        {
          ...{ model: "nomic-embed-text", version: "1", dimension: 768, storage: "halfvec" },
          ...{ state: "building", isCurrent: true, casts: 12_000, texts: 11_000, tokens: 250_000 },
          ...{ refused: 3, backlog: 4500, castsPerSecond: 151.26, errors: 2 },
          lastError: { message: "too busy", at: "2026-10-01T00:00:00.000Z" },
        },
      ],
    });
  });
});

describe("statusLines()", () => {
  it("shows shards, proofs and relations in tables, no proof of shard 0", () => {
    const blocks = { ...NEW_SHARD, shardId: 0 };

    const lines = statusLines(
      { shards: [blocks, SHARD, NEW_SHARD], tables: TABLES, embeddings: [] },
      NOW,
    );

    expect(lines).toEqual([
      "shard       phase  height  snapshot     cursor  messages  users  errors  retries  quarantined  fallbacks  lag",
      "0      historical       0         -          0    20,134     97       2        1            4          3    -",
      "1        realtime  28,812    28,800  472055813    20,134     97       2        1            4          3   7s",
      "2      historical       0         -          0    20,134     97       2        1            4          3    -",
      "",
      "shard   proof  height  leaves         commits     age",
      "1      proved  28,800  13,204  not configured  2m 05s",
      "2           -       -       -               -       -",
      "",
      "table            live       total",
      "casts           2,991       3,000",
      "reactions  ~6,000,000  ~6,000,000",
    ]);
  });

  it("shows sets of vectors, and the last error of each", () => {
    const lines = statusLines({ shards: [], tables: new Map(), embeddings: [SET] }, NOW);

    expect(lines.slice(-4)).toEqual([
      "",
      "model             version      vectors     state   casts   tokens  backlog  casts/s  refused  errors",
      "nomic-embed-text        1  768 halfvec  building  12,000  250,000    4,500    151.3        3       2",
      "last error of nomic-embed-text: 2026-10-01T00:00:00.000Z too busy",
    ]);
  });
});
