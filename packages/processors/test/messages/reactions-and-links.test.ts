import { describe, expect, it } from "vitest";
import {
  aLinkAdd,
  aLinkCompactState,
  aLinkRemove,
  aReactionAdd,
  aReactionRemove,
} from "../../src/testing/index.ts";
import { rowOf } from "../support/rows.ts";

const HASH = new Uint8Array(20).fill(7);

describe("rows of reactions and of reaction removes", () => {
  it("hold the cast reacted to", () => {
    const target = { $case: "targetCastId", value: { fid: 4n, hash: HASH } } as const;
    const columns = { reaction_type: 2, target_fid: 4n, target_hash: HASH, target_url: null };

    expect(rowOf("reactionAdd", aReactionAdd({ type: 2, target }))).toMatchObject(columns);
    expect(rowOf("reactionRemove", aReactionRemove({ type: 2, target }))).toMatchObject(columns);
  });

  it("hold the url reacted to", () => {
    const target = { $case: "targetUrl", value: "https://a\0.example" } as const;

    expect(rowOf("reactionAdd", aReactionAdd({ target }))).toMatchObject({
      target_fid: null,
      target_hash: null,
      target_url: "https://a\uFFFD.example",
    });
  });

  it("hold nulls when there is no target", () => {
    expect(rowOf("reactionAdd", aReactionAdd({ target: undefined }))).toMatchObject({
      target_fid: null,
      target_hash: null,
      target_url: null,
      data_bytes: null,
    });
  });
});

describe("rows of links and of link removes", () => {
  it("hold type, target and the time to show", () => {
    const body = { type: "follow", displayTimestamp: 60 } as const;
    const columns = {
      link_type: "follow",
      target_fid: 1002n,
      display_timestamp: new Date("2021-01-01T00:01:00Z"),
    };

    expect(rowOf("linkAdd", aLinkAdd(body, { seed: 2 }))).toMatchObject(columns);
    expect(rowOf("linkRemove", aLinkRemove(body, { seed: 2 }))).toMatchObject(columns);
  });

  it("tell a time of zero and a target of fid 0 from none", () => {
    const zero = { displayTimestamp: 0, target: { $case: "targetFid", value: 0n } } as const;
    const none = { displayTimestamp: undefined, target: undefined };

    expect(rowOf("linkAdd", aLinkAdd(zero))).toMatchObject({
      target_fid: 0n,
      display_timestamp: new Date("2021-01-01T00:00:00Z"),
    });
    expect(rowOf("linkAdd", aLinkAdd(none))).toMatchObject({
      target_fid: null,
      display_timestamp: null,
    });
  });
});

describe("rows of link compact states", () => {
  it("hold the list in the author's order", () => {
    const body = { type: "f\0", targetFids: [9n, 3n, 9n] };

    expect(rowOf("linkCompactState", aLinkCompactState(body))).toMatchObject({
      link_type: "f\uFFFD",
      target_fids: [9n, 3n, 9n],
    });
  });
});
