import { describe, expect, it } from "vitest";
import type { DatabaseTarget, ServerTarget } from "../../src/commands/database/database-target.ts";
import {
  connectionCountOf,
  ownPartOfTarget,
  shareOfLanes,
  shareOfTarget,
  threadCountsOf,
} from "../../src/commands/sync/threads/thread-count.ts";
import type { VerifyLevel } from "../../src/config/keys/config-keys.ts";

const common = { schema: "public", fidPartitions: undefined };
const server: ServerTarget = {
  ...common,
  kind: "server",
  url: "",
  maxConnections: 8,
  patience: {},
};
const embedded: DatabaseTarget = { ...common, kind: "embedded", folder: "", shownFolder: "" };

function settingsWith(verify: VerifyLevel, threads?: number, isEmbedding = false) {
  const source = { kind: "default", name: "" } as const;
  return {
    "sync.verify": { value: verify, source },
    "sync.threads": { value: threads, source },
    "embeddings.enabled": { value: isEmbedding, source },
  };
}

const leadersOn = (verify: VerifyLevel) =>
  [1, 2, 3, 4, 5, 16].map((cores) => threadCountsOf(settingsWith(verify), server, cores).leaders);

describe("threadCountsOf()", () => {
  it("leaves one core to the database, and takes four at most", () => {
    for (const verify of ["none", "proof", "full"] as const) {
      expect(leadersOn(verify)).toEqual([1, 1, 2, 3, 4, 4]);
    }
  });

  it("has one help on two cores, where no threads verify signatures", () => {
    const atMostOn = (cores: number, verify: VerifyLevel) =>
      threadCountsOf(settingsWith(verify), server, cores).atMost;

    expect([1, 2, 3, 16].map((cores) => atMostOn(cores, "none"))).toEqual([1, 2, 2, 4]);
    expect(atMostOn(2, "proof")).toBe(2);
    expect(atMostOn(2, "full")).toBe(1);
  });

  it("is what is asked for, and one where the database has one session", () => {
    expect(threadCountsOf(settingsWith("none", 7), server, 2)).toEqual({ leaders: 7, atMost: 7 });
    expect(threadCountsOf(settingsWith("none", 7), embedded, 2)).toEqual({ leaders: 1, atMost: 1 });
  });

  it("is no more than there are connections", () => {
    const narrow = { ...server, maxConnections: 1 };

    expect(threadCountsOf(settingsWith("none", 7), { ...narrow, maxConnections: 2 }, 8)).toEqual({
      leaders: 2,
      atMost: 2,
    });
    expect(threadCountsOf(settingsWith("none"), narrow, 2)).toEqual({ leaders: 1, atMost: 1 });
    expect(threadCountsOf(settingsWith("none"), narrow, 16)).toEqual({ leaders: 1, atMost: 1 });
  });
});

describe("shareOfTarget()", () => {
  it("keeps connections for one that may help", () => {
    expect(shareOfTarget(server, { leaders: 1, atMost: 2 })).toMatchObject({ maxConnections: 4 });
    expect(shareOfTarget(server, { leaders: 3, atMost: 3 })).toMatchObject({ maxConnections: 2 });
    expect(shareOfTarget(embedded, { leaders: 1, atMost: 1 })).toBe(embedded);
  });
});

describe("ownPartOfTarget()", () => {
  it("is one connection beside those of the threads, and an embedded database as it is", () => {
    expect(ownPartOfTarget(server)).toEqual({ ...server, maxConnections: 1 });
    expect(ownPartOfTarget(embedded)).toBe(embedded);
  });
});

describe("shareOfLanes()", () => {
  it("gives each thread its part, and no fewer than one", () => {
    const sharesOf = (lanes: number, atMost: number) =>
      Array.from({ length: atMost }, (_, number) => shareOfLanes(lanes, { number, atMost }));

    expect(sharesOf(8, 2)).toEqual([4, 4]);
    expect(sharesOf(8, 3)).toEqual([3, 3, 2]);
    expect(sharesOf(1, 2)).toEqual([1, 1]);
  });
});

describe("connectionCountOf()", () => {
  it("adds up what docs/scaling.md names", () => {
    const count = (threads: number, isEmbedding: boolean) =>
      connectionCountOf(settingsWith("proof", threads, isEmbedding), server, 2);

    expect(count(3, false)).toBe(8 + 2 * 3 + 1 + 1 + 2);
    expect(count(3, true)).toBe(count(3, false) + 3);
    expect(count(9, false)).toBe(8 + 2 * 8 + 1 + 1 + 2);
  });
});
