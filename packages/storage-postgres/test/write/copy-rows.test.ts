// The relations whose rows are written by hand, against the list of columns.
import type { CastRow, LinkRow, MessageRow, ReactionRow } from "@snaprag/processors";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createByteOutput, writtenBytes } from "../../src/tables/byte-output.ts";
import { WRITERS_BY_HAND, writerByName } from "../../src/write/rows/copy-rows.ts";

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const bytes = fc.uint8Array({ maxLength: 70 });
const time = fc.date({ noInvalidDate: true });
const orNull = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });

const MESSAGE: { [Column in keyof MessageRow]: fc.Arbitrary<MessageRow[Column]> } = {
  fid: uint64,
  hash: bytes,
  timestamp: time,
  signer: bytes,
  signature: bytes,
  data_bytes: orNull(bytes),
};

const reaction: fc.Arbitrary<ReactionRow> = fc.record({
  ...MESSAGE,
  reaction_type: fc.integer(),
  target_fid: orNull(uint64),
  target_hash: orNull(bytes),
  target_url: orNull(fc.string()),
});

const link: fc.Arbitrary<LinkRow> = fc.record({
  ...MESSAGE,
  link_type: fc.string(),
  target_fid: orNull(uint64),
  display_timestamp: orNull(time),
});

const cast: fc.Arbitrary<CastRow> = fc.record({
  ...MESSAGE,
  text: fc.string({ unit: "grapheme" }),
  cast_type: fc.integer(),
  parent_fid: orNull(uint64),
  parent_hash: orNull(bytes),
  parent_url: orNull(fc.string()),
  embeds: fc.array(fc.record({ url: fc.string() }), { maxLength: 2 }),
  embeds_deprecated: orNull(fc.array(fc.string(), { maxLength: 2 })),
  mentions: fc.array(uint64, { maxLength: 3 }),
  mentions_positions: fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 3 }),
});

function bytesOf<Row>(
  write: (output: ReturnType<typeof createByteOutput>, row: Row) => void,
  row: Row,
) {
  const output = createByteOutput(16);
  write(output, row);
  return writtenBytes(output).toString("hex");
}

it("writes casts, links and reactions by hand as by the names of their columns", () => {
  fc.assert(
    fc.property(cast, link, reaction, (aCast, aLink, aReaction) => {
      const byHand = [
        bytesOf(WRITERS_BY_HAND.casts, aCast),
        bytesOf(WRITERS_BY_HAND.links, aLink),
        bytesOf(WRITERS_BY_HAND.reactions, aReaction),
      ];
      const byName = [
        bytesOf(writerByName("casts"), aCast),
        bytesOf(writerByName("links"), aLink),
        bytesOf(writerByName("reactions"), aReaction),
      ];

      expect(byHand).toEqual(byName);
    }),
  );
});
