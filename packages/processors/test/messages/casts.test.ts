import { describe, expect, it } from "vitest";
import { aCastAdd, aCastRemove } from "../../src/testing/index.ts";
import { rowOf } from "../support/rows.ts";

const HASH = new Uint8Array(20).fill(7);

describe("rows of casts", () => {
  it("hold every field of a cast", () => {
    const message = aCastAdd(
      {
        text: "gm @alice",
        mentions: [3n],
        mentionsPositions: [3],
        embeds: [
          { embed: { $case: "url", value: "https://a.example" } },
          { embed: { $case: "castId", value: { fid: 5n, hash: HASH } } },
          { embed: undefined },
        ],
        embedsDeprecated: ["https://old.example"],
        parent: { $case: "parentCastId", value: { fid: 9n, hash: HASH } },
        type: 1,
      },
      { fid: 11n, timestamp: 86_400 },
    );

    expect(rowOf("castAdd", message)).toEqual({
      fid: 11n,
      hash: message.hash,
      timestamp: new Date("2021-01-02T00:00:00Z"),
      signer: message.signer,
      signature: message.signature,
      data_bytes: null,
      text: "gm @alice",
      cast_type: 1,
      parent_fid: 9n,
      parent_hash: HASH,
      parent_url: null,
      embeds: [{ url: "https://a.example" }, { cast_id: { fid: 5n, hash: HASH } }, {}],
      embeds_deprecated: ["https://old.example"],
      mentions: [3n],
      mentions_positions: [3],
    });
  });

  it("keep the parent url when there is no parent cast", () => {
    const parent = { $case: "parentUrl", value: "https://channel.example" } as const;

    expect(rowOf("castAdd", aCastAdd({ parent }))).toMatchObject({
      parent_fid: null,
      parent_hash: null,
      parent_url: "https://channel.example",
    });
  });

  it("hold nulls for what a plain cast has not", () => {
    expect(rowOf("castAdd", aCastAdd())).toMatchObject({
      parent_fid: null,
      parent_hash: null,
      parent_url: null,
      embeds: [],
      embeds_deprecated: null,
      mentions: [],
    });
  });

  it("tell a parent url that is empty from none", () => {
    const parent = { $case: "parentUrl", value: "" } as const;

    expect(rowOf("castAdd", aCastAdd({ parent }))).toMatchObject({
      parent_url: "",
      data_bytes: null,
    });
  });

  it("hold no NUL in any text", () => {
    const row = rowOf(
      "castAdd",
      aCastAdd({
        text: "a\0b\0",
        embeds: [{ embed: { $case: "url", value: "\0" } }],
        embedsDeprecated: ["\0"],
        parent: { $case: "parentUrl", value: "\0c" },
      }),
    );

    expect(row).toMatchObject({
      text: "a\uFFFDb\uFFFD",
      embeds: [{ url: "\uFFFD" }],
      embeds_deprecated: ["\uFFFD"],
      parent_url: "\uFFFDc",
    });
  });
});

describe("rows of cast removes", () => {
  it("hold the hash of the cast", () => {
    expect(rowOf("castRemove", aCastRemove({ targetHash: HASH }))).toMatchObject({
      target_hash: HASH,
      data_bytes: null,
    });
  });
});
