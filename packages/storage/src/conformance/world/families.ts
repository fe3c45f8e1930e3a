// Messages, events and proofs that random histories are made of: few of every kind, so that they
// keep meeting the same rows.
import {
  aCastAdd,
  aCastRemove,
  aChannelMember,
  aChannelModerate,
  aChannelPin,
  aChannelRegisterEvent,
  aChannelUpdate,
  anFnameProof,
  anIdRegisterEvent,
  aReactionAdd,
  aReactionRemove,
  aSignerEvent,
  aStorageRentEvent,
  aTierPurchaseEvent,
  aUserDataAdd,
  aUsernameProof,
  aVerificationAdd,
  aVerificationRemove,
} from "@snaprag/processors/testing";
import type { Actor, OnChainEvent, Place, UserNameProof } from "./actors.ts";
import {
  actor,
  at,
  compactActor,
  FOREIGN_FID,
  keyActor,
  lendActor,
  linkActor,
  signedAnew,
} from "./actors.ts";

/** Follows, blocks, their removes, and compact states on both sides of V19 and at equal times. */
function linkFamily(fid: bigint): readonly Actor[] {
  return [
    linkActor("links", at(fid, 10), ["follow", 7n]),
    linkActor("links", at(fid, 15), ["follow", 8n]),
    linkActor("links", at(fid, 30), ["follow", 8n]),
    linkActor("links", at(fid, 10), ["block", 7n]),
    linkActor("link_removes", at(fid, 15), ["follow", 9n]),
    linkActor("link_removes", at(fid, 30), ["block", 9n]),
    compactActor(at(fid, 15), "follow", [7n]),
    compactActor(at(fid, 30), "follow", []),
    compactActor(at(fid, 30), "block", [7n]),
  ];
}

function castFamily(fid: bigint): readonly Actor[] {
  const cast = actor("casts", at(fid, 1), (place) => aCastAdd({ text: "gm" }, place));
  const remove = (place: Place) => aCastRemove({ targetHash: cast.message.hash }, place);
  return [
    cast,
    signedAnew(cast),
    actor("casts", at(fid, 2), (place) => aCastAdd({ text: "a\0b" }, place)),
    actor("cast_removes", at(fid, 0), remove),
    actor("cast_removes", at(fid, 3), remove),
  ];
}

function reactionFamily(fid: bigint): readonly Actor[] {
  return [
    actor("reactions", at(fid, 4), (place) => aReactionAdd({}, place)),
    actor("reactions", at(fid, 5), (place) => aReactionAdd({}, place)),
    actor("reaction_removes", at(fid, 5), (place) => aReactionRemove({}, place)),
  ];
}

/** What makes up a profile. */
function profileFamily(fid: bigint): readonly Actor[] {
  const bio = (value: string) => (place: Place) => aUserDataAdd({ type: 3, value }, place);
  const name = (place: Place) => aUserDataAdd({ type: 6, value: "alice" }, place);
  return [
    actor("user_data_changes", at(fid, 11), bio("first")),
    actor("user_data_changes", at(fid, 11), bio("second")),
    actor("user_data_changes", at(fid, 13), name),
    actor("username_proofs", at(fid, 14), (place) => aUsernameProof({}, place)),
    actor("username_proofs", at(fid, 15, 1), (place) => aUsernameProof({}, place)),
  ];
}

/** What every shard has a copy of: lends, and from V21 verifications and channel messages. */
function sharedFamily(fid: bigint): readonly Actor[] {
  const borrower = fid === 1n ? 1234n : 1n;
  return [
    actor("verifications", at(fid, 8), (place) => aVerificationAdd({}, place)),
    actor("verification_removes", at(fid, 9), (place) => aVerificationRemove({}, place)),
    lendActor(at(fid, 16), borrower, 2n),
    lendActor(at(fid, 17), borrower, 0n),
    actor("channel_updates", at(fid, 18), (place) => aChannelUpdate({}, place)),
    actor("channel_members", at(fid, 18), (place) => aChannelMember({}, place)),
    actor("channel_pins", at(fid, 18), (place) => aChannelPin({}, place)),
    actor("channel_moderations", at(fid, 18), (place) => aChannelModerate({}, place)),
  ];
}

/**
 * Messages that are about the same things, family by family: a history is of one or few. Links are
 * there twice, because most can go wrong with them.
 */
export const FAMILIES: readonly (readonly Actor[])[] = [
  ...[1n, 1234n].flatMap((fid) => [
    linkFamily(fid),
    linkFamily(fid),
    castFamily(fid),
    reactionFamily(fid),
    profileFamily(fid),
    sharedFamily(fid),
  ]),
  sharedFamily(FOREIGN_FID),
];

/** Gasless keys of two accounts, each added, added again and removed. */
export const KEY_ACTORS: readonly Actor[] = [1n, FOREIGN_FID].flatMap((fid) => {
  const key = new Uint8Array(32).fill(Number(fid));
  return [
    keyActor("signer_keys", at(fid, 1), key),
    keyActor("signer_keys", at(fid, 2), key),
    keyActor("signer_key_removes", at(fid, 3), key),
  ];
});

/** On-chain events that histories are made of: every type. */
export const ON_CHAIN_EVENTS: readonly OnChainEvent[] = [1n, FOREIGN_FID].flatMap((fid) => [
  anIdRegisterEvent({}, { fid, blockNumber: 100 }),
  anIdRegisterEvent({ eventType: 2 }, { fid, blockNumber: 101, seed: 1 }),
  aSignerEvent({}, { fid }),
  aStorageRentEvent({}, { fid }),
  aTierPurchaseEvent({}, { fid }),
  aChannelRegisterEvent({}, { seed: Number(fid) }),
]);

/** Registry proofs that histories are made of: one name that moves, leaves the shard, and ends. */
export const FNAME_PROOFS: readonly UserNameProof[] = [1n, 1234n, FOREIGN_FID, 0n].map(
  (fid, index) => anFnameProof({ fid, timestamp: 1_700_000_000n + BigInt(index) }),
);
