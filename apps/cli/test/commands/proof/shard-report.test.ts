import type { AccountDifference, ShardVerification } from "@snaprag/sync";
import { describe, expect, it } from "vitest";
import {
  noteLines,
  shardLine,
  shardToObject,
  totalsLine,
  totalsOf,
} from "../../../src/commands/database/proof/shard-report.ts";
import { toJson } from "../../../src/output.ts";

const ROOT = new Uint8Array(20).fill(0xab);
const OTHER = new Uint8Array(20).fill(0xcd);

const MATCH: ShardVerification = {
  shardId: 1,
  status: "proved",
  blockNumber: 28_812n,
  root: ROOT,
  chainRoot: ROOT,
  commits: "ok",
  leafCount: 13_204,
  accountCount: undefined,
  differences: [],
  pending: [],
  withoutKeys: [],
};

const MISMATCH: ShardVerification = {
  ...MATCH,
  shardId: 2,
  status: "mismatch",
  chainRoot: OTHER,
  commits: "not_configured",
  pending: [7n],
};

/** What is said of some accounts alone. */
const PARTIAL: ShardVerification = {
  ...MATCH,
  root: undefined,
  chainRoot: undefined,
  commits: "unchecked",
  leafCount: 0,
  accountCount: 1,
};

const UNFINISHED: ShardVerification = {
  ...PARTIAL,
  status: "unproved",
  accountCount: undefined,
};

describe("shardToObject()", () => {
  it("is the documented JSON", () => {
    expect(toJson(shardToObject(MISMATCH))).toBe(
      '{"shardId":2,"status":"mismatch","height":28812,"leaves":13204,' +
        `"root":"0x${"ab".repeat(20)}","chainRoot":"0x${"cd".repeat(20)}",` +
        '"commits":"not_configured","accounts":null,"pending":["7"],"withoutKeys":[]}',
    );
  });

  it("has null for what was not looked at", () => {
    expect(shardToObject(PARTIAL)).toMatchObject({
      ...{ status: "match", leaves: null, root: null, chainRoot: null, accounts: 1 },
    });
  });
});

describe("shardLine()", () => {
  it.each([
    [MATCH, `shard 1  match  height 28,812  13,204 leaves  root 0x${"ab".repeat(20)}  commits ok`],
    [
      MISMATCH,
      `shard 2  mismatch  height 28,812  13,204 leaves  root 0x${"ab".repeat(20)}  chain 0x${"cd".repeat(20)}  commits not configured`,
    ],
    [PARTIAL, "shard 1  match  height 28,812  1 account  commits unchecked"],
    [UNFINISHED, "shard 1  unproved  height 28,812  commits unchecked"],
  ])("tells what was compared, and how it ended (%#)", (shard, line) => {
    expect(shardLine(shard)).toBe(line);
  });
});

describe("noteLines()", () => {
  it.each([
    [MATCH, []],
    [PARTIAL, []],
    [UNFINISHED, ["  its history is still being downloaded"]],
    [MISMATCH, ["  not compared: 1 account that the node has changed since block 28,812"]],
    [
      { ...PARTIAL, withoutKeys: [7n, 8n] },
      ["  not compared: the gasless keys of 2 accounts, which come by shard 0"],
    ],
    [
      { ...MATCH, chainRoot: undefined },
      ["  the node no longer has that block: compared with what it has now"],
    ],
  ])("tells what stands in the way (%#)", (shard, lines) => {
    expect(noteLines(shard)).toEqual(lines);
  });
});

describe("totalsLine()", () => {
  it("counts shards, accounts that differ, and accounts that were not compared", () => {
    // Safety: differences are only counted.
    const differences = Array(1200).fill({}) as AccountDifference[];

    expect(totalsLine(totalsOf([MATCH, PARTIAL]))).toBe("2 of 2 shards match.");
    expect(totalsLine(totalsOf([MATCH, { ...MISMATCH, differences }]))).toBe(
      "1 of 2 shards match; accounts that differ: 1,200; accounts not compared yet: 1.",
    );
  });
});
