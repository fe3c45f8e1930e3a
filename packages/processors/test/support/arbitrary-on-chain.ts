import type { OnChainEvent, UserNameProof } from "@snaprag/proto";
import fc from "fast-check";
import { anyText, bytes, enumNumber, uint32, uint64 } from "./arbitrary-bodies.ts";

type OnChainBody = NonNullable<OnChainEvent["body"]>;

type UnknownFields = NonNullable<OnChainEvent["_unknownFields"]>;

/** Now and then a field newer than this version. */
const unknownFields: fc.Arbitrary<UnknownFields> = fc.oneof(
  { weight: 9, arbitrary: fc.constant<UnknownFields>({}) },
  { weight: 1, arbitrary: fc.constant<UnknownFields>({ [100 << 3]: [Uint8Array.of(5)] }) },
);

function body<Case extends OnChainBody["$case"]>(
  $case: Case,
  value: fc.Arbitrary<Extract<OnChainBody, { $case: Case }>["value"]>,
): fc.Arbitrary<OnChainBody> {
  // Safety: the value is the one of the case.
  return value.map((each) => ({ $case, value: each }) as OnChainBody);
}

const anyBody: fc.Arbitrary<readonly [type: number, body: OnChainBody]> = fc.oneof(
  fc.tuple(
    fc.constant(1),
    body(
      "signerEventBody",
      fc.record({
        key: bytes,
        keyType: uint32,
        eventType: enumNumber(),
        metadata: bytes,
        metadataType: uint32,
        _unknownFields: unknownFields,
      }),
    ),
  ),
  fc.tuple(fc.constant(2), body("signerMigratedEventBody", fc.record({ migratedAt: uint32 }))),
  fc.tuple(
    fc.constant(3),
    body(
      "idRegisterEventBody",
      fc.record({ to: bytes, from: bytes, recoveryAddress: bytes, eventType: enumNumber() }),
    ),
  ),
  fc.tuple(
    fc.constant(4),
    body("storageRentEventBody", fc.record({ payer: bytes, units: uint32, expiry: uint32 })),
  ),
  fc.tuple(
    fc.constant(5),
    body(
      "tierPurchaseEventBody",
      fc.record({ tierType: enumNumber(), forDays: uint64, payer: bytes }),
    ),
  ),
  fc.tuple(
    fc.constant(6),
    body(
      "channelRegisterEventBody",
      fc.record({
        channelKey: anyText,
        expiry: uint64,
        ownerAddress: bytes,
        eventType: enumNumber(),
        label: bytes,
      }),
    ),
  ),
);

/** Whatever the wire can carry in an on-chain event, its type now and then not its body's. */
export const anyOnChainEvent: fc.Arbitrary<OnChainEvent> = fc
  .record({
    typed: anyBody,
    otherType: fc.option(enumNumber(), { freq: 9 }),
    rest: fc.record({
      chainId: uint32,
      blockNumber: uint32,
      blockHash: bytes,
      blockTimestamp: uint32.map(BigInt),
      transactionHash: bytes,
      logIndex: uint32,
      fid: uint64,
      txIndex: uint32,
      version: uint32,
      _unknownFields: unknownFields,
    }),
  })
  .map(({ typed: [type, value], otherType, rest }) => {
    // Safety: on the wire an enum is any int32.
    return { ...rest, type: (otherType ?? type) as 1, body: value };
  });

const name: fc.Arbitrary<Uint8Array> = fc.oneof(
  bytes,
  anyText.map((text): Uint8Array => new TextEncoder().encode(text)),
);

/** Whatever the wire can carry in a registry proof. */
export const anyFnameProof: fc.Arbitrary<UserNameProof> = fc.record({
  timestamp: uint64,
  name,
  owner: bytes,
  signature: bytes,
  fid: uint64,
  type: enumNumber(),
  _unknownFields: unknownFields,
});
