import type { ReactionBody } from "@snaprag/proto";
import type { MessageRow } from "./message-row.ts";
import { storableText } from "./text.ts";

/** What a ReactionAdd or ReactionRemove says: a kind of reaction and what it is on. */
export interface ReactionColumns {
  /** `ReactionType` number: 1 like, 2 recast. */
  readonly reaction_type: number;
  readonly target_fid: bigint | null;
  /** Set together with `target_fid`: the cast reacted to. */
  readonly target_hash: Uint8Array | null;
  readonly target_url: string | null;
}

/** A row of `reactions`, and of `reaction_removes`. */
export interface ReactionRow extends MessageRow, ReactionColumns {}

/** Columns of a ReactionAdd or ReactionRemove. */
export function toReactionColumns({ type, target }: ReactionBody): ReactionColumns {
  return {
    reaction_type: type,
    target_fid: target?.$case === "targetCastId" ? target.value.fid : null,
    target_hash: target?.$case === "targetCastId" ? target.value.hash : null,
    target_url: target?.$case === "targetUrl" ? storableText(target.value) : null,
  };
}

/** Whether columns have every text of a ReactionAdd or ReactionRemove as it was signed. */
export function keepsReactionTexts({ target }: ReactionBody, columns: ReactionColumns): boolean {
  return target?.$case !== "targetUrl" || columns.target_url === target.value;
}

function toTarget(row: ReactionColumns): ReactionBody["target"] {
  if (row.target_url !== null) return { $case: "targetUrl", value: row.target_url };
  if (row.target_fid === null || row.target_hash === null) return undefined;
  return { $case: "targetCastId", value: { fid: row.target_fid, hash: row.target_hash } };
}

/** The inverse of {@link toReactionColumns}. */
export function fromReactionColumns(row: ReactionColumns): ReactionBody {
  // Safety: enum columns hold the number that was on the wire, known to this version or not.
  return { type: row.reaction_type as ReactionBody["type"], target: toTarget(row) };
}
