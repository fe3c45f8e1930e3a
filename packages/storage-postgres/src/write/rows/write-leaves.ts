// Leaves that no row stands for: a join by position, as with rows.

import { lastPositionOf } from "@snaprag/processors";
import type { LeafChange, PageBatch } from "@snaprag/storage";
import type { QueryConfig } from "pg";
import { encodeArray } from "../../tables/binary-values.ts";
import { bytea, int4, int8 } from "../../tables/column-types.ts";

interface FoldedLeaf {
  readonly change: LeafChange;
  eventId: bigint;
  removedEventId: bigint;
}

/** One join for each leaf: a statement may name a row only once. */
function fold(changes: readonly LeafChange[]): readonly FoldedLeaf[] {
  const leaves = new Map<string, FoldedLeaf>();
  for (const change of changes) {
    const name = `${change.shardId}/${Buffer.from(change.trieKey).toString("latin1")}`;
    const leaf = leaves.get(name) ?? { change, eventId: 0n, removedEventId: 0n };
    leaves.set(name, leaf);
    if (change.isPresent && change.eventId > leaf.eventId) leaf.eventId = change.eventId;
    if (!change.isPresent && change.eventId > leaf.removedEventId) {
      leaf.removedEventId = change.eventId;
    }
  }
  return [...leaves.values()];
}

/** Writes leaves; no statement when there are none. */
export function writeLeaves(changes: readonly LeafChange[]): readonly QueryConfig[] {
  const leaves = fold(changes);
  if (leaves.length === 0) return [];
  const column = (type: typeof int8, value: (leaf: FoldedLeaf) => unknown) =>
    encodeArray(type, leaves.map(value));
  return [
    {
      name: "join_trie_leaves",
      text: `insert into trie_leaves as t (fid, shard_id, trie_key, event_id, removed_event_id)
        select * from unnest($1::int8[], $2::int4[], $3::bytea[], $4::int8[], $5::int8[])
        on conflict (fid, shard_id, trie_key) do update set
          event_id = greatest(t.event_id, excluded.event_id),
          removed_event_id = greatest(t.removed_event_id, excluded.removed_event_id)
        where excluded.event_id > t.event_id or excluded.removed_event_id > t.removed_event_id`,
      values: [
        column(int8, ({ change }) => change.fid),
        column(int4, ({ change }) => change.shardId),
        column(bytea, ({ change }) => change.trieKey),
        column(int8, ({ eventId }) => eventId),
        column(int8, ({ removedEventId }) => removedEventId),
      ],
    },
  ];
}

/** Removes the leaves of a partition that stand before its snapshot, which did not list them. */
export function removeUnlistedLeaves(page: PageBatch): QueryConfig {
  const { shardId, virtualShard, height } = page;
  return {
    name: "unlisted_trie_leaves",
    text: `update trie_leaves set removed_event_id = greatest(removed_event_id, $1)
      where shard_id = $2 and virtual_shard_of(fid) = $3 and event_id < $1`,
    values: [lastPositionOf(height), shardId, virtualShard],
  };
}
