import type { Entry } from "../../engine/state/shard-state.ts";
import type { Snapshot, SnapshotShelf } from "../../services/replication/snapshot-shelf.ts";
import type { TrieView } from "../../trie/create-trie.ts";
import type { Faults } from "../create-faults.ts";
import type { Withheld } from "./withhold-messages.ts";

/** The snapshots of a node that lies about them. */
export interface ToldSnapshots {
  readonly shelf: SnapshotShelf;
  /** The root of the pages of a height; undefined without a snapshot. */
  findPageRoot(shardId: number, height: bigint): Uint8Array | undefined;
}

/** What snapshots are told with. */
export interface ToldSnapshotsOptions {
  readonly faults: Faults;
  readonly withheld: Withheld;
}

/** Puts lies between a node's snapshots and what it tells of them. */
export function tellSnapshots(
  shelf: SnapshotShelf,
  { faults, withheld }: ToldSnapshotsOptions,
): ToldSnapshots {
  /** The one whose pages are shown for the newest; for others, and without the lie, the same. */
  function contentOf(shardId: number, snapshot: Snapshot): Snapshot {
    const lie = faults.findLie("replaySnapshot");
    if (lie === undefined || (lie.shardId ?? shardId) !== shardId) return snapshot;
    const heights = shelf.list(shardId)?.map(({ height }) => height) ?? [];
    if (heights.some((height) => height > snapshot.height)) return snapshot;
    const [before] = heights
      .filter((height) => height < snapshot.height)
      .sort((a, b) => (a < b ? 1 : -1));
    return (before === undefined ? undefined : shelf.find(shardId, before)) ?? snapshot;
  }

  function tell(snapshot: Snapshot, view: TrieView<Entry>): Snapshot {
    const told = withheld.tell(view);
    if (told !== view) faults.count("withhold");
    return { ...snapshot, view: told };
  }

  return {
    shelf: {
      ...shelf,
      find(shardId, height) {
        const snapshot = shelf.find(shardId, height);
        if (snapshot === undefined || faults.isQuiet()) return snapshot;
        const content = contentOf(shardId, snapshot);
        if (content !== snapshot) faults.count("replaySnapshot");
        return tell(snapshot, content.view);
      },
      list(shardId) {
        const snapshots = shelf.list(shardId);
        if (faults.isQuiet()) return snapshots;
        return snapshots?.map((snapshot) => tell(snapshot, snapshot.view));
      },
    },
    findPageRoot(shardId, height) {
      const snapshot = shelf.find(shardId, height);
      if (snapshot === undefined) return undefined;
      return withheld.tell(contentOf(shardId, snapshot).view).rootHash();
    },
  };
}
