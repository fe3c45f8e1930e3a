import type { AccountDifference } from "@snaprag/sync";
import { describe, expect, it } from "vitest";
import {
  differenceToObject,
  listLines,
} from "../../../src/commands/database/proof/difference-report.ts";
import { toJson } from "../../../src/output.ts";

const hashOf = (byte: number) => new Uint8Array(20).fill(byte);
const hexOf = (byte: number) => `0x${Buffer.from(hashOf(byte)).toString("hex")}`;

/** The key of a leaf of fid 231 (docs/protocol.md 3.1). */
function leaf(typeByte: number, rest: Uint8Array) {
  return { trieKey: Uint8Array.of(7, 0, 0, 0, 231, typeByte, ...rest) };
}

/** A leaf as a store has it, with the row that bears a hash. */
function row(contentByte: number, borneByte: number) {
  const source = { table: "casts", row: { hash: hashOf(borneByte) } };
  return { ...leaf(1 << 3, hashOf(contentByte)), source, isAltered: contentByte !== borneByte };
}

/** An account that does not differ, but for what is given. */
function aDifference(given: object): AccountDifference {
  const comparedAt = { shardId: 1, blockNumber: 7n, keyBlockNumber: undefined };
  const nothing = { missing: [], missingKeys: [], extra: [], altered: [], lostNames: [] };
  // Safety: of entries and rows, only their keys and hashes are looked at.
  return {
    shardId: 1,
    fid: 231n,
    comparedAt,
    ...nothing,
    unexplained: [],
    ...given,
  } as AccountDifference;
}

const NOTHING = { fid: 231n, missing: [], tooMany: [], altered: [], unexplained: [] };

describe("differenceToObject()", () => {
  it("names messages, gasless keys, names and on-chain events that are missing", () => {
    const difference = aDifference({
      missing: [
        leaf(1 << 3, hashOf(0xab)),
        leaf(7, Buffer.from("alice".padEnd(20, "\0"))),
        leaf(3, Uint8Array.of(...new Uint8Array(32).fill(0xcd), 0, 0, 0, 5)),
      ],
      missingKeys: [leaf(0x80, hashOf(0xef))],
    });

    expect(differenceToObject(difference)).toEqual({
      ...NOTHING,
      missing: [
        { type: "castAdd", id: hexOf(0xab) },
        { type: "fname", id: "alice" },
        { type: "onChainEvent", id: `0x${"cd".repeat(32)}:5` },
        { type: "keyAdd", id: hexOf(0xef) },
      ],
    });
  });

  it("names an altered row once, by the hash it bears", () => {
    const altered = row(2, 1);
    const stray = row(3, 3);
    const difference = aDifference({
      missing: [leaf(1 << 3, hashOf(1)), leaf(1 << 3, hashOf(4))],
      extra: [altered, stray],
      altered: [altered],
    });

    expect(differenceToObject(difference)).toEqual({
      ...NOTHING,
      missing: [{ type: "castAdd", id: hexOf(4) }],
      tooMany: [{ type: "castAdd", id: hexOf(3) }],
      altered: [{ table: "casts", hash: hexOf(1) }],
    });
  });

  it("names the types of what a node does not explain", () => {
    const { unexplained } = differenceToObject(aDifference({ unexplained: [0, 1] }));

    expect(unexplained).toEqual(["onChainEvent", "fname", "castAdd", "castRemove", "reactionAdd"]);
  });

  it("is JSON with the fid as a string", () => {
    expect(JSON.parse(toJson(differenceToObject(aDifference({}))))).toMatchObject({ fid: "231" });
  });
});

describe("listLines()", () => {
  it("has a line for each leaf under one for its account", () => {
    const report = {
      fid: 231n,
      missing: [{ type: "castAdd", id: "0xab" }],
      tooMany: [{ type: "fname", id: "alice" }],
      altered: [{ table: "links", hash: "0xcd" }],
      unexplained: ["keyAdd"],
    };

    expect(listLines([{ report }, { report: NOTHING, outcome: "repaired" }])).toEqual([
      "  fid 231",
      "    missing   castAdd 0xab",
      "    too many  fname alice",
      "    altered   links 0xcd",
      "    unclear   keyAdd: the node's answers do not add up",
      "  fid 231  repaired",
    ]);
  });

  it("leaves no line to a name", () => {
    const missing = [{ type: "fname", id: "a\u001b[2J\n  fid 1" }];

    expect(listLines([{ report: { ...NOTHING, missing } }])).toEqual([
      "  fid 231",
      "    missing   fname a [2J fid 1",
    ]);
  });

  it("leaves out what nobody would read, and says how much that is", () => {
    const missing = Array.from({ length: 1021 }, () => ({ type: "castAdd", id: "0xab" }));

    const lines = listLines([
      { report: { ...NOTHING, missing } },
      ...Array.from({ length: 101 }, () => ({ report: NOTHING })),
    ]);

    expect(lines).toHaveLength(1 + 20 + 1 + 99 + 1);
    expect(lines[21]).toBe("    … and 1,001 more; --json lists all");
    expect(lines.at(-1)).toBe("  … and 2 more; --json lists all");
  });
});
