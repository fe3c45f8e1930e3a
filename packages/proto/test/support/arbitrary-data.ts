// Messages of the types that are read by hand.
import fc from "fast-check";
import type { MessageData } from "../../src/index.ts";
import { MESSAGE_WIRE_TYPES } from "../../src/index.ts";

const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const fid = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 49n - 1n }),
  fc.bigInt({ min: 0n, max: 300n }),
);
const bytes = fc.uint8Array({ maxLength: 24 });
const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.constantFrom("", "follow", "\0", "gm \u{1F7E3}", "a\u0300"),
);
const enumNumber = fc.integer({ min: 0, max: 300 });
const castId = fc.record({ fid, hash: bytes });

const reactionBody = fc.record({
  type: enumNumber,
  target: fc.option(
    fc.oneof(
      fc.record({ $case: fc.constant("targetCastId"), value: castId }),
      fc.record({ $case: fc.constant("targetUrl"), value: text }),
    ),
    { nil: undefined },
  ),
});
const linkBody = fc.record({
  type: text,
  displayTimestamp: fc.option(uint32, { nil: undefined }),
  target: fc.option(fc.record({ $case: fc.constant("targetFid"), value: fid }), {
    nil: undefined,
  }),
});
export const castBody: fc.Arbitrary<object> = fc.record({
  embedsDeprecated: fc.array(text, { maxLength: 2 }),
  mentions: fc.array(fid, { maxLength: 3 }),
  parent: fc.option(
    fc.oneof(
      fc.record({ $case: fc.constant("parentCastId"), value: castId }),
      fc.record({ $case: fc.constant("parentUrl"), value: text }),
    ),
    { nil: undefined },
  ),
  text,
  mentionsPositions: fc.array(uint32, { maxLength: 3 }),
  embeds: fc.array(
    fc.record({
      embed: fc.option(
        fc.oneof(
          fc.record({ $case: fc.constant("url"), value: text }),
          fc.record({ $case: fc.constant("castId"), value: castId }),
        ),
        { nil: undefined },
      ),
    }),
    { maxLength: 3 },
  ),
  type: enumNumber,
});

const bodies = {
  castAdd: castBody,
  reactionAdd: reactionBody,
  reactionRemove: reactionBody,
  linkAdd: linkBody,
  linkRemove: linkBody,
};

/** Any of them. */
export const data: fc.Arbitrary<MessageData> = fc
  .constantFrom(...(Object.keys(bodies) as (keyof typeof bodies)[]))
  .chain((kind) => {
    const { messageType, bodyCase } = MESSAGE_WIRE_TYPES[kind];
    return fc.record({
      type: fc.constant(messageType),
      fid,
      timestamp: uint32,
      network: enumNumber,
      body: fc.record({
        $case: fc.constant(bodyCase),
        value: bodies[kind] as fc.Arbitrary<object>,
      }),
    });
  })
  .map((value) => value as unknown as MessageData);

/** One byte other, one too many or one too few. */
export interface Damage {
  readonly kind: string;
  readonly at: number;
  readonly byte: number;
}

/** Any damage. */
export const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom("set", "insert", "remove", "append"),
  at: fc.nat(),
  byte: fc.integer({ min: 0, max: 255 }),
});

/** Bytes with a damage. */
export function damaged(encoded: Uint8Array, { kind, at, byte }: Damage): Uint8Array {
  const list = [...encoded];
  const index = at % Math.max(1, list.length);
  if (kind === "set") list[index] = byte;
  else if (kind === "insert") list.splice(index, 0, byte);
  else if (kind === "remove") list.splice(index, 1);
  else list.push(byte);
  return Uint8Array.from(list);
}
