import type { MessageBodies, MessageKind } from "@snaprag/proto";
import fc from "fast-check";

/** An arbitrary body for each message type; a missing one does not compile. */
export type ArbitraryBodies = {
  readonly [Kind in MessageKind]: fc.Arbitrary<MessageBodies[Kind]>;
};

const LAST_UINT32 = 2 ** 32 - 1;
const LAST_UINT64 = 2n ** 64n - 1n;

export const uint32: fc.Arbitrary<number> = fc.oneof(
  fc.nat(),
  fc.constantFrom(0, 2 ** 31, LAST_UINT32),
);
export const uint64: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: 0n, max: LAST_UINT64 }),
  fc.constantFrom(0n, 1n, 2n ** 32n, 2n ** 53n, 2n ** 63n, LAST_UINT64),
);

/** Byte strings, none included. */
export const bytes: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 70 });

/** Enum numbers, known to this version or not: on the wire an enum is any int32. */
export function enumNumber<Enum extends number>(): fc.Arbitrary<Enum> {
  const numbers = fc.oneof(fc.nat(8), fc.constantFrom(77, 2 ** 31 - 1, -1, -(2 ** 31)));
  return numbers as fc.Arbitrary<number> as fc.Arbitrary<Enum>;
}

function maybe<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.option(value, { nil: undefined });
}

/** Any text at all: empty, astral, with NUL anywhere, with a byte order mark. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "",
    "gm",
    "\0",
    "g\0m\0",
    "\uFEFFgm",
    "gm \u{1F44B}\u{1F3FD}",
    "\uFFFD",
    "\u2028",
  ),
);

/** Text that a database column holds as it is. */
const storableText: fc.Arbitrary<string> = anyText.map((text) => text.replaceAll("\0", ""));

/** The Unix seconds of the last instant that a `Date` reaches. */
export const LAST_DATE_SECONDS = 8_640_000_000_000n;

interface Ingredients {
  readonly text: fc.Arbitrary<string>;
  readonly name: fc.Arbitrary<Uint8Array>;
  readonly proofTimestamp: fc.Arbitrary<bigint>;
}

function arbitraryCast(text: fc.Arbitrary<string>): fc.Arbitrary<MessageBodies["castAdd"]> {
  const castId = fc.record({ fid: uint64, hash: bytes });
  const url = fc.record({ $case: fc.constant("url" as const), value: text });
  const quote = fc.record({ $case: fc.constant("castId" as const), value: castId });
  return fc.record({
    embedsDeprecated: fc.array(text, { maxLength: 3 }),
    mentions: fc.array(uint64, { maxLength: 5 }),
    parent: maybe(
      fc.oneof(
        fc.record({ $case: fc.constant("parentCastId" as const), value: castId }),
        fc.record({ $case: fc.constant("parentUrl" as const), value: text }),
      ),
    ),
    text,
    mentionsPositions: fc.array(uint32, { maxLength: 5 }),
    embeds: fc.array(fc.record({ embed: maybe(fc.oneof(url, quote)) }), { maxLength: 4 }),
    type: enumNumber(),
  });
}

function arbitraryReaction(text: fc.Arbitrary<string>): fc.Arbitrary<MessageBodies["reactionAdd"]> {
  const castId = fc.record({ fid: uint64, hash: bytes });
  return fc.record({
    type: enumNumber(),
    target: maybe(
      fc.oneof(
        fc.record({ $case: fc.constant("targetCastId" as const), value: castId }),
        fc.record({ $case: fc.constant("targetUrl" as const), value: text }),
      ),
    ),
  });
}

function arbitraryLink(text: fc.Arbitrary<string>): fc.Arbitrary<MessageBodies["linkAdd"]> {
  return fc.record({
    type: text,
    displayTimestamp: maybe(uint32),
    target: maybe(fc.record({ $case: fc.constant("targetFid" as const), value: uint64 })),
  });
}

const arbitraryKeyAdd: fc.Arbitrary<MessageBodies["keyAdd"]> = fc.record({
  key: bytes,
  keyType: uint32,
  custodySignature: bytes,
  deadline: uint32,
  nonce: uint32,
  metadata: bytes,
  metadataType: uint32,
  registrationTxHash: bytes,
  scopes: fc.array(enumNumber(), { maxLength: 5 }),
  ttl: uint32,
});

function arbitraryBodies({ text, name, proofTimestamp }: Ingredients): ArbitraryBodies {
  return {
    castAdd: arbitraryCast(text),
    castRemove: fc.record({ targetHash: bytes }),
    reactionAdd: arbitraryReaction(text),
    reactionRemove: arbitraryReaction(text),
    linkAdd: arbitraryLink(text),
    linkRemove: arbitraryLink(text),
    linkCompactState: fc.record({ type: text, targetFids: fc.array(uint64) }),
    verificationAdd: fc.record({
      address: bytes,
      claimSignature: bytes,
      blockHash: bytes,
      verificationType: uint32,
      chainId: uint32,
      protocol: enumNumber(),
    }),
    verificationRemove: fc.record({ address: bytes, protocol: enumNumber() }),
    userDataAdd: fc.record({ type: enumNumber(), value: text }),
    usernameProof: fc.record({
      timestamp: proofTimestamp,
      name,
      owner: bytes,
      signature: bytes,
      fid: uint64,
      type: enumNumber(),
    }),
    frameAction: fc.record({
      url: bytes,
      buttonIndex: uint32,
      castId: maybe(fc.record({ fid: uint64, hash: bytes })),
      inputText: bytes,
      state: bytes,
      transactionId: bytes,
      address: bytes,
    }),
    lendStorage: fc.record({ toFid: uint64, numUnits: uint64, unitType: enumNumber() }),
    keyAdd: arbitraryKeyAdd,
    keyRemove: fc.record({
      key: bytes,
      signature: bytes,
      signatureType: uint32,
      deadline: uint32,
      nonce: uint32,
    }),
    channelUpdate: fc.record({
      channelId: bytes,
      name: maybe(text),
      description: maybe(text),
      imageUrl: maybe(text),
      header: maybe(text),
      rules: maybe(text),
      castingMode: maybe(enumNumber()),
      membershipMode: maybe(enumNumber()),
    }),
    channelMember: fc.record({ channelId: bytes, fid: uint64, action: enumNumber() }),
    channelPin: fc.record({ channelId: bytes, castHash: bytes }),
    channelModerate: fc.record({ channelId: bytes, castHash: bytes, action: enumNumber() }),
  };
}

/** Whatever the wire can carry in the known fields of a body. */
export const ANY_BODIES: ArbitraryBodies = arbitraryBodies({
  text: anyText,
  name: bytes,
  proofTimestamp: uint64,
});

/** Bodies that columns hold as they are. */
export const STORABLE_BODIES: ArbitraryBodies = arbitraryBodies({
  text: storableText,
  name: storableText.map((text) => new TextEncoder().encode(text)),
  proofTimestamp: fc.bigInt({ min: 0n, max: LAST_DATE_SECONDS }),
});
