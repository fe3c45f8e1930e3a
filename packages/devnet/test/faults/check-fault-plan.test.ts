import { describe, expect, it } from "vitest";
import { checkFaultPlan } from "../../src/faults/check-fault-plan.ts";
import type { FaultPlan } from "../../src/index.ts";
import { createDevnet } from "../../src/index.ts";

const FULL: Required<FaultPlan> = {
  drop: {},
  delay: { maxMs: 0 },
  duplicate: { chance: 0 },
  reorder: { chance: 1 },
  ringLoss: { events: 1, after: 3 },
  replayGap: { events: 10_000, times: 0 },
  endStream: { method: "GetBlocks" },
  failStream: { code: 1, message: "" },
  stallStream: { method: "Subscribe", times: Infinity },
  rpcErrors: [{ method: "GetEvents", code: 16 }],
  slowRpcs: [{ delayMs: 0 }, { delayMs: 5, method: "GetShardTransactions" }],
  unpageable: { virtualShards: [0, 255], shardId: 1, chance: 0.5 },
  loseSnapshot: {},
  labelLate: { blocks: 1 },
  unorderedSnapshots: {},
  corrupt: {},
  corruptMessages: { chance: 0.01 },
  withhold: { hashes: ["ab".repeat(20)], count: 0, isConsistent: true },
  swapBodies: { pairs: 1 },
  swapMessages: {},
  forgeSignature: { hashes: ["AB".repeat(20)] },
  replaySnapshot: { shardId: 1 },
  badCommit: { kind: "header", shardId: 2 },
};

describe("checkFaultPlan()", () => {
  it("reads every fault, at the ends of its ranges", () => {
    const entries = checkFaultPlan(FULL);

    expect([...entries.keys()]).toEqual(Object.keys(FULL));
    expect(entries.get("slowRpcs")).toEqual(FULL.slowRpcs);
    expect(entries.get("drop")).toEqual([{}]);
  });

  it("takes what is undefined for absent", () => {
    expect(checkFaultPlan({ drop: undefined }).size).toBe(0);
    expect(checkFaultPlan({ drop: { chance: undefined } }).size).toBe(1);
  });

  it.each<[object, string]>([
    [{ dorp: {} }, "Expected the name of a fault, got `dorp`"],
    [{ drop: 0.5 }, "Expected `drop` to be an object such as { chance: 0.1 }, got 0.5"],
    [{ drop: { chances: 1 } }, "Expected `drop` to have no field `chances`"],
    [{ drop: { chance: 1.1 } }, "Expected `drop.chance` to be from 0 to 1, got 1.1"],
    [{ drop: { chance: "1" } }, "Expected `drop.chance` to be from 0 to 1, got 1"],
    [{ corrupt: { chance: Number.NaN } }, "Expected `corrupt.chance` to be from 0 to 1, got NaN"],
    [{ drop: { after: -1 } }, "Expected `drop.after` to be a whole number of at least 0, got -1"],
    [{ drop: { times: 0.5 } }, "Expected `drop.times` to be a whole number of at least 0, got 0.5"],
    [{ delay: {} }, "Expected `delay.maxMs`, which is missing"],
    [
      { ringLoss: { events: 0 } },
      "Expected `ringLoss.events` to be a whole number of at least 1, got 0",
    ],
    [
      { stallStream: { method: "GetEvents" } },
      "Expected `stallStream.method` to be a streaming call, got GetEvents",
    ],
    [
      { failStream: { code: 0 } },
      "Expected `failStream.code` to be a whole number from 1 to 16, got 0",
    ],
    [{ rpcErrors: { method: "GetEvents", code: 14 } }, "Expected `rpcErrors` to be a list, got"],
    [{ rpcErrors: [{ code: 14 }] }, "Expected `rpcErrors.method`, which is missing"],
    [
      { rpcErrors: [{ method: "getEvents", code: 14 }] },
      "Expected `rpcErrors.method` to be a call of a node, got getEvents",
    ],
    [{ unpageable: { times: 1 } }, "Expected `unpageable` to have no field `times`"],
    [
      { unpageable: { virtualShards: [256] } },
      "Expected `unpageable.virtualShards` to be a list of whole numbers from 0 to 255, got 256",
    ],
    [
      { withhold: { hashes: ["abc"] } },
      "Expected `withhold.hashes` to be a list of message hashes",
    ],
    [{ withhold: { hashes: "ab" } }, "Expected `withhold.hashes` to be a list of message hashes"],
    [{ withhold: { count: -1 } }, "Expected `withhold.count` to be a whole number of at least 0"],
    [
      { withhold: { isConsistent: 1 } },
      "Expected `withhold.isConsistent` to be true or false, got 1",
    ],
    [{ withhold: { times: 1 } }, "Expected `withhold` to have no field `times`"],
    [
      { swapBodies: { pairs: 0 } },
      "Expected `swapBodies.pairs` to be a whole number of at least 1",
    ],
    [{ replaySnapshot: { shardId: 0 } }, "Expected `replaySnapshot.shardId` to be a whole number"],
    [{ badCommit: {} }, "Expected `badCommit.kind`, which is missing"],
    [
      { badCommit: { kind: "round" } },
      "Expected `badCommit.kind` to be one of signature, quorum, value, block, header, got round",
    ],
  ])("refuses %j", (plan, message) => {
    expect(() => checkFaultPlan(plan)).toThrow(TypeError);
    expect(() => checkFaultPlan(plan)).toThrow(message);
  });

  it("guards the ways in", () => {
    const plan: FaultPlan = { drop: { chance: 2 } };
    const devnet = createDevnet();

    expect(() => createDevnet({ faults: plan })).toThrow("Expected `drop.chance`");
    expect(() => devnet.setFaults(plan)).toThrow("Expected `drop.chance`");
  });
});
