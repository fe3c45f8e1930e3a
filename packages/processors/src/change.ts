// Terminology
//
// - Row: one message, on-chain event or registry proof, in the relation of its type.
// - Live: present at the node. A row that no longer is stays, with the reason, time and event.
// - Position: an event id of the row's home shard (block << 14 | sequence). What a snapshot at a
//   height lists stands at the last position of that block.
// - Change: what an event or a snapshot entry does to rows. Applying one is a join: a row is as its
//   greatest position left it, so changes may be applied twice and in any order. A sweep sees only
//   the rows that are there, so what stands before it is applied first.
// - Home shard: rows are written from the shard their fid belongs to; copies that the protocol
//   keeps on other shards are notes, not changes.
import type { CastRemoveRow, CastRow } from "./messages/casts.ts";
import type {
  ChannelMemberRow,
  ChannelModerationRow,
  ChannelPinRow,
  ChannelUpdateRow,
} from "./messages/channels.ts";
import type { FrameActionRow } from "./messages/frame-actions.ts";
import type {
  SignerKeyRemoveRow,
  SignerKeyRow,
  StorageLendRow,
} from "./messages/keys-and-storage.ts";
import type { LinkCompactStateRow, LinkRow } from "./messages/links.ts";
import type {
  UserDataRow,
  UsernameProofRow,
  VerificationRemoveRow,
  VerificationRow,
} from "./messages/profiles.ts";
import type { ReactionRow } from "./messages/reactions.ts";
import type { FnameTransferRow, OnChainEventRow } from "./on-chain/on-chain-columns.ts";

/** Rows of the relations that hold messages: one relation for each message type. */
export interface MessageTableRows {
  readonly casts: CastRow;
  readonly cast_removes: CastRemoveRow;
  readonly reactions: ReactionRow;
  readonly reaction_removes: ReactionRow;
  readonly links: LinkRow;
  readonly link_removes: LinkRow;
  readonly link_compact_states: LinkCompactStateRow;
  readonly verifications: VerificationRow;
  readonly verification_removes: VerificationRemoveRow;
  readonly user_data_changes: UserDataRow;
  readonly username_proofs: UsernameProofRow;
  readonly frame_actions: FrameActionRow;
  readonly storage_lends: StorageLendRow;
  readonly signer_keys: SignerKeyRow;
  readonly signer_key_removes: SignerKeyRemoveRow;
  readonly channel_updates: ChannelUpdateRow;
  readonly channel_members: ChannelMemberRow;
  readonly channel_pins: ChannelPinRow;
  readonly channel_moderations: ChannelModerationRow;
}

/** Rows of every relation that changes are written to; all others are derived from these. */
export interface TableRows extends MessageTableRows {
  readonly fname_transfers: FnameTransferRow;
  readonly onchain_events: OnChainEventRow;
}

/** A relation that holds messages. */
export type MessageTableName = keyof MessageTableRows;

/** A relation that changes are written to. */
export type TableName = keyof TableRows;

/** Key of a row, by relation. Always begins with `fid`. */
export const TABLE_KEYS: {
  readonly [Table in TableName]: readonly (keyof TableRows[Table] & string)[];
} = {
  casts: ["fid", "hash"],
  cast_removes: ["fid", "hash"],
  reactions: ["fid", "hash"],
  reaction_removes: ["fid", "hash"],
  links: ["fid", "hash"],
  link_removes: ["fid", "hash"],
  link_compact_states: ["fid", "hash"],
  verifications: ["fid", "hash"],
  verification_removes: ["fid", "hash"],
  user_data_changes: ["fid", "hash"],
  username_proofs: ["fid", "hash"],
  frame_actions: ["fid", "hash"],
  storage_lends: ["fid", "hash"],
  signer_keys: ["fid", "hash"],
  signer_key_removes: ["fid", "hash"],
  channel_updates: ["fid", "hash"],
  channel_members: ["fid", "hash"],
  channel_pins: ["fid", "hash"],
  channel_moderations: ["fid", "hash"],
  fname_transfers: ["fid", "name", "proof_timestamp", "proof_signature"],
  onchain_events: ["fid", "type", "transaction_hash", "log_index"],
};

/**
 * Why a row is no longer live.
 *
 * - `removed`: its author took it back.
 * - `superseded`: a newer message or proof took its place.
 * - `compacted`: a link compact state does not list it.
 * - `pruned`: its author was over a storage limit.
 * - `revoked`: what allowed it is gone: a name, an address, or (before V14) a signer.
 * - `unlisted`: the node no longer has it, and the events in between are not at hand.
 */
export type RetireReason =
  | "removed"
  | "superseded"
  | "compacted"
  | "pruned"
  | "revoked"
  | "unlisted";

/** When, where and why a row stopped being live. */
export interface Retirement {
  readonly reason: RetireReason;
  /** Position of the event that did it. */
  readonly eventId: bigint;
  /** Time of the event's block. */
  readonly at: Date;
}

/** The row exists and is live from this position on. */
export interface MergeOf<Table extends TableName> {
  readonly kind: "merge";
  readonly table: Table;
  readonly row: TableRows[Table];
  readonly eventId: bigint;
}

/** The row, known before or not, is not live from this position on. */
export interface RetireOf<Table extends TableName> {
  readonly kind: "retire";
  readonly table: Table;
  readonly row: TableRows[Table];
  readonly retirement: Retirement;
}

/**
 * A link compact state took effect: retires what it does not list (docs/protocol.md 6.5).
 *
 * Applies to live rows of `links` and `link_removes` of `fid` merged before `blockStart` with
 * `timestamp <= through`: every remove, and every link whose target is not in `keepTargetFids`.
 * Also to earlier live `link_compact_states` of the same fid and type.
 */
export interface SweepLinks {
  readonly kind: "sweepLinks";
  readonly fid: bigint;
  /** Hash of the compact state itself. */
  readonly hash: Uint8Array;
  readonly linkType: string;
  /** Whether links of other types are swept too, as before V19. */
  readonly everyType: boolean;
  readonly through: Date;
  readonly keepTargetFids: readonly bigint[];
  /** First position of the event's block; rows merged in the same block are not swept. */
  readonly blockStart: bigint;
  readonly retirement: Retirement;
}

/**
 * A gasless key was added again or removed: retires earlier live `signer_keys` of fid and key.
 *
 * Shard 0, where keys come from, says which message was merged but not which one it replaced.
 */
export interface SweepKeys {
  readonly kind: "sweepKeys";
  readonly fid: bigint;
  readonly key: Uint8Array;
  readonly retirement: Retirement;
}

/** What an event or a snapshot entry does to rows. */
export type Change =
  | { readonly [Table in TableName]: MergeOf<Table> }[TableName]
  | { readonly [Table in TableName]: RetireOf<Table> }[TableName]
  | SweepLinks
  | SweepKeys;

const SEQUENCE_BITS = 14n;

/** The first position of a block: the id of its BLOCK_CONFIRMED event. */
export function firstPositionOf(blockNumber: bigint): bigint {
  return blockNumber << SEQUENCE_BITS;
}

/** The last position of a block: where what a snapshot at that height lists stands. */
export function lastPositionOf(blockNumber: bigint): bigint {
  return firstPositionOf(blockNumber + 1n) - 1n;
}

/** The block that a position belongs to. */
export function blockOfPosition(eventId: bigint): bigint {
  return eventId >> SEQUENCE_BITS;
}
