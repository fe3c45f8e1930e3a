import type { LinkBody, LinkCompactStateBody } from "@snaprag/proto";
import { fromFarcasterTime, toFarcasterTime } from "../clocks.ts";
import type { MessageRow } from "./message-row.ts";
import { storableText } from "./text.ts";

/** What a LinkAdd or LinkRemove says: a typed edge from one fid to another. */
export interface LinkColumns {
  /** At most 8 bytes, such as `follow`. */
  readonly link_type: string;
  readonly target_fid: bigint | null;
  /** The time the author wants shown, when it differs from `timestamp`. */
  readonly display_timestamp: Date | null;
}

/** A row of `links`, and of `link_removes`. */
export interface LinkRow extends MessageRow, LinkColumns {}

/** What a LinkCompactState says: the whole list of an author's links of one type. */
export interface LinkCompactStateColumns {
  readonly link_type: string;
  readonly target_fids: readonly bigint[];
}

/** A row of `link_compact_states`. */
export interface LinkCompactStateRow extends MessageRow, LinkCompactStateColumns {}

/** Columns of a LinkAdd or LinkRemove. */
export function toLinkColumns({ type, displayTimestamp, target }: LinkBody): LinkColumns {
  return {
    link_type: storableText(type),
    target_fid: target?.value ?? null,
    display_timestamp: displayTimestamp === undefined ? null : fromFarcasterTime(displayTimestamp),
  };
}

/** Whether columns have every text of a LinkAdd or LinkRemove as it was signed. */
export function keepsLinkTexts({ type }: LinkBody, { link_type }: LinkColumns): boolean {
  return link_type === type;
}

/** The inverse of {@link toLinkColumns}. */
export function fromLinkColumns(row: LinkColumns): LinkBody {
  return {
    type: row.link_type,
    displayTimestamp:
      row.display_timestamp === null ? undefined : toFarcasterTime(row.display_timestamp),
    target: row.target_fid === null ? undefined : { $case: "targetFid", value: row.target_fid },
  };
}

/** Columns of a LinkCompactState. */
export function toLinkCompactStateColumns(body: LinkCompactStateBody): LinkCompactStateColumns {
  return { link_type: storableText(body.type), target_fids: body.targetFids };
}

/** The inverse of {@link toLinkCompactStateColumns}. */
export function fromLinkCompactStateColumns(row: LinkCompactStateColumns): LinkCompactStateBody {
  return { type: row.link_type, targetFids: [...row.target_fids] };
}
