// Messages that could not become rows: kept whole, so that a later version can try again.
import type { Change, RetireReason } from "@snaprag/processors";
import type { LeafChange } from "./proof.ts";

/**
 * What the raw bytes of a quarantined message are, by which they are processed again.
 *
 * - `event`: the `HubEvent` of a data shard that brought it.
 * - `entry`: the `ShardTrieEntryWithMessage` of a snapshot page.
 * - `message`: a `Message` alone, of a shard-0 block or as a refused row gives it back.
 * - `onchain_event`: an `OnChainEvent`, as a refused row gives it back.
 * - `fname_proof`: the `UserNameProof` of a registry transfer, as a refused row gives it back.
 */
export type RawKind = "event" | "entry" | "message" | "onchain_event" | "fname_proof";

/**
 * A message that cannot become a row, kept whole so that a later version can try again. One that comes
 * again, with the same shard, fid, hash, position, kind, end and bytes, stays the one it is.
 */
export interface QuarantinedMessage {
  readonly shardId: number;
  /** As far as it could be decoded; null also for fid 0. */
  readonly fid: bigint | null;
  /** Of the message, or what else names it: a trie key, a transaction hash, a proof's signature. */
  readonly hash: Uint8Array;
  /** `MessageType` number, as far as it could be decoded; null for what is no message. */
  readonly messageType: number | null;
  readonly rawKind: RawKind;
  /** The encoded form that `rawKind` names, or what of it could not be taken apart. */
  readonly raw: Uint8Array;
  /** Position of the event or snapshot that brought it. */
  readonly eventId: bigint;
  /** Time of the block of that position. */
  readonly at: Date;
  /**
   * Why it stopped being live at that position; null when it was merged or listed there. Raw kinds
   * `event` and `entry` say so themselves, and have null.
   */
  readonly retireReason: RetireReason | null;
  /** Stable code of what is wrong with it, such as `hash_mismatch` or `unknown_type`. */
  readonly reason: string;
  /** What there is to say beyond the code, such as the words of a database. */
  readonly detail: string | null;
}

/** A {@link QuarantinedMessage} as a store keeps it. */
export interface QuarantineRecord extends QuarantinedMessage {
  /** Given by the store, in the order of arrival. */
  readonly id: bigint;
  /** `resolved` when a replay has applied it. It is kept all the same. */
  readonly status: "open" | "resolved";
  readonly quarantinedAt: Date;
  /** Replays so far, failed or not. */
  readonly attempts: number;
  /** Time of the latest replay. */
  readonly attemptedAt: Date | null;
}

/** Which quarantined messages to list. All that are set must hold. */
export interface QuarantineFilter {
  readonly ids?: readonly bigint[] | undefined;
  /** 0 for those whose fid is null. */
  readonly fid?: bigint | undefined;
  readonly status?: QuarantineRecord["status"] | undefined;
  readonly reason?: string | undefined;
  /** Most to list. */
  readonly limit?: number | undefined;
}

/** What processing a quarantined message again came to: its changes, or why there are none. */
export type Replay =
  | {
      readonly id: bigint;
      readonly changes: readonly Change[];
      /** @default [] */
      readonly leaves?: readonly LeafChange[] | undefined;
    }
  | { readonly id: bigint; readonly reason: string };
