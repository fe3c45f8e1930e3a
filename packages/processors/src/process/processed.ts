import type { Message, UnreadableMessage } from "@snaprag/proto";
import type { Change } from "../change.ts";

/** What a process function must know of its surroundings. The same for a whole run. */
export interface ProcessContext {
  /** The shard the entry or event came from; 0 for blocks. */
  readonly shardId: number;
  /** `FarcasterNetwork` number of the node's network. */
  readonly network: number;
  /** The data shard a fid belongs to (docs/protocol.md 7). */
  readonly homeShardOf: (fid: bigint) => number;
}

/** A {@link ProcessContext} at one event of one block. */
export interface EventContext extends ProcessContext {
  /** Time of the event's block. */
  readonly at: Date;
}

/**
 * What an entry or event means besides changes, so that nothing is dropped without a word.
 *
 * - `replica`: a copy of what its home shard writes.
 * - `gaslessKey`: a key message on a data shard; keys are followed through shard 0.
 * - `unreadable`: a message of an unknown type, or one whose body is another type's.
 * - `unknownEntry`: a snapshot entry of a kind newer than this version.
 * - `unknownEvent`: a hub event type newer than this version, or one without its body or subject.
 * - `mergeFailure`: the node refused a message of the block; no state effect.
 * - `ownerChangeHint`: the owner of a channel may have changed; not authoritative.
 * - `blockConfirmed`: the header of a block.
 */
export type Note =
  | { readonly kind: "replica" }
  | { readonly kind: "gaslessKey" }
  | { readonly kind: "unreadable"; readonly message: UnreadableMessage }
  | { readonly kind: "unknownEntry"; readonly trieKey: Uint8Array }
  | { readonly kind: "unknownEvent"; readonly type: number }
  | {
      readonly kind: "mergeFailure";
      readonly code: string;
      readonly reason: string;
      readonly message: Message | undefined;
    }
  | { readonly kind: "ownerChangeHint"; readonly channelKey: string }
  | { readonly kind: "blockConfirmed" };

/** What processing something gave. */
export interface Processed {
  readonly changes: readonly Change[];
  readonly notes: readonly Note[];
}

/** Nothing to write, for a reason. */
export function noted(note: Note): Processed {
  return { changes: [], notes: [note] };
}

/** Puts several results together, in order. */
export function combine(parts: readonly Processed[]): Processed {
  if (parts.length === 1 && parts[0] !== undefined) return parts[0];
  return {
    changes: parts.flatMap((part) => part.changes),
    notes: parts.flatMap((part) => part.notes),
  };
}
