import type { SnapshotShelf } from "../../services/replication/snapshot-shelf.ts";
import type { Faults } from "../create-faults.ts";
import { withPhantomKeys } from "./phantom-key.ts";

/** What lies between a node's snapshots and those who read them. */
export function withSnapshotFaults(shelf: SnapshotShelf, faults: Faults): SnapshotShelf {
  function isUnpageable(shardId: number, virtualShard: number): boolean {
    const fault = faults.findStanding("unpageable", Uint8Array.of(shardId, virtualShard));
    if (fault === undefined) return false;
    const { virtualShards = [virtualShard], shardId: onlyShardId = shardId } = fault;
    return virtualShards.includes(virtualShard) && onlyShardId === shardId;
  }

  return {
    ...shelf,
    find(shardId, height) {
      if (faults.isQuiet()) return shelf.find(shardId, height);
      const snapshot = shelf.find(shardId, height);
      if (snapshot === undefined) return undefined;
      if (faults.strike("loseSnapshot") !== undefined) {
        shelf.drop(shardId, height);
        return undefined;
      }
      if (!faults.isPlanned("unpageable")) return snapshot;
      const view = withPhantomKeys(snapshot.view, {
        isStruck: (virtualShard) => isUnpageable(shardId, virtualShard),
        onRead: () => faults.count("unpageable"),
      });
      return { ...snapshot, view };
    },
    list(shardId) {
      const snapshots = shelf.list(shardId);
      if (snapshots === undefined || faults.strike("unorderedSnapshots") === undefined) {
        return snapshots;
      }
      return shuffle(snapshots, faults.prng("unorderedSnapshots").int);
    },
  };
}

/** Each order is as likely as any other (Fisher and Yates). */
function shuffle<Item>(items: readonly Item[], draw: (below: number) => number): readonly Item[] {
  const rest = [...items];
  return items.flatMap(() => rest.splice(draw(rest.length), 1));
}
