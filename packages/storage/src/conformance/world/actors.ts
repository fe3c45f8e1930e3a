// The small world that conformance scenarios play in: few accounts, and messages of theirs with what
// of each decides over others.
import type { EventContext, MessageTableName } from "@snaprag/processors";
import type { aMergeMessageEvent, anFnameProof, aSignerEvent } from "@snaprag/processors/testing";
import {
  aKeyAdd,
  aKeyRemove,
  aLendStorage,
  aLinkAdd,
  aLinkCompactState,
  aLinkRemove,
  anEventContext,
} from "@snaprag/processors/testing";

/** A message on the wire. */
export type Message = Parameters<typeof aMergeMessageEvent>[0];
/** An on-chain event on the wire. */
export type OnChainEvent = ReturnType<typeof aSignerEvent>;
/** A registry proof on the wire. */
export type UserNameProof = ReturnType<typeof anFnameProof>;

/** Accounts whose home is shard 1 of two, with their virtual shards (docs/protocol.md 3.5, 7). */
const VIRTUAL_SHARDS: ReadonlyMap<bigint, number> = new Map([
  [0n, 152],
  [1n, 168],
  [1234n, 248],
]);

/** An account whose home is shard 2. */
export const FOREIGN_FID = 42n;
const FOREIGN_VIRTUAL_SHARD = 141;

/** Every partition that has accounts of this world, the foreign one among them. */
export const PARTITIONS: readonly number[] = [...VIRTUAL_SHARDS.values(), FOREIGN_VIRTUAL_SHARD];

/** Virtual shard of an account of this world. */
export function virtualShardOf(fid: bigint): number {
  return VIRTUAL_SHARDS.get(fid) ?? FOREIGN_VIRTUAL_SHARD;
}

/** Home shard of an account of this world. */
export function homeShardOf(fid: bigint): number {
  return VIRTUAL_SHARDS.has(fid) ? 1 : 2;
}

/** A mainnet of two data shards seen from shard 1, or from another shard. */
export function contextAt(at: Date, shardId = 1): EventContext {
  return anEventContext({ shardId, homeShardOf, at });
}

/** A message, and what of it decides over other messages (docs/protocol.md 6.3, 6.5, 6.9). */
export interface Actor {
  readonly message: Message;
  readonly table: MessageTableName;
  readonly fid: bigint;
  /** Farcaster seconds, as the author says. */
  readonly timestamp: number;
  /** Link type, of links and compact states. */
  readonly linkType?: string;
  /** Target of a link, targets of a compact state. */
  readonly targetFids?: readonly bigint[];
  /** Account that borrows, of a lend. */
  readonly borrower?: bigint;
  /** Subject of a gasless key's message. */
  readonly key?: Uint8Array;
}

/** Farcaster seconds from which a compact state touches links of its own type alone, on mainnet. */
export const V19_TIMESTAMP: number = 175_701_600;

/** Who wrote a message and when; the seed tells apart what else would be equal. */
export interface Place {
  readonly fid: bigint;
  readonly timestamp: number;
  readonly seed: number;
}

/** A place so many seconds after the time that is 20 seconds before V19. */
export function at(fid: bigint, seconds: number, seed = 0): Place {
  return { fid, timestamp: V19_TIMESTAMP - 20 + seconds, seed };
}

/** A message of a relation, written somewhere. */
export function actor(
  table: MessageTableName,
  place: Place,
  build: (place: Place) => Message,
): Actor {
  const { fid, timestamp } = place;
  return { table, fid, timestamp, message: build(place) };
}

/** The same data signed by another key: the same hash, another message. */
export function signedAnew(of: Actor): Actor {
  const { signer, signature } = of.message;
  const turned = { signer: signer.toReversed(), signature: signature.toReversed() };
  return { ...of, message: { ...of.message, ...turned } };
}

/** A link, or a link's remove, of a type to an account. */
export function linkActor(
  table: "links" | "link_removes",
  place: Place,
  [linkType, value]: readonly [linkType: string, targetFid: bigint],
): Actor {
  const build = table === "links" ? aLinkAdd : aLinkRemove;
  const body = { type: linkType, target: { $case: "targetFid" as const, value } };
  const link = actor(table, place, (envelope) => build(body, envelope));
  return { ...link, linkType, targetFids: [value] };
}

/** A compact state of a link type. */
export function compactActor(place: Place, linkType: string, targetFids: readonly bigint[]): Actor {
  const body = { type: linkType, targetFids: [...targetFids] };
  const state = actor("link_compact_states", place, (at) => aLinkCompactState(body, at));
  return { ...state, linkType, targetFids };
}

/** A lend of so many units. */
export function lendActor(place: Place, toFid: bigint, numUnits: bigint): Actor {
  const lend = actor("storage_lends", place, (at) => aLendStorage({ toFid, numUnits }, at));
  return { ...lend, borrower: toFid };
}

/** A gasless key added or removed. */
export function keyActor(
  table: "signer_keys" | "signer_key_removes",
  place: Place,
  key: Uint8Array,
): Actor {
  const build = table === "signer_keys" ? aKeyAdd : aKeyRemove;
  return { ...actor(table, place, (envelope) => build({ key }, envelope)), key };
}
