import type { Network } from "../../engine/network.ts";
import type { Entry, ShardState } from "../../engine/state/shard-state.ts";
import type { SnapshotShelf } from "../../services/replication/snapshot-shelf.ts";
import type { TrieView } from "../../trie/create-trie.ts";
import type { Faults } from "../create-faults.ts";
import { createBadCommits } from "./bad-commits.ts";
import { createForgery } from "./forge-signatures.ts";
import type { LieName } from "./lie-plan.ts";
import { createSwaps } from "./swap-messages.ts";
import { tellSnapshots } from "./tell-snapshots.ts";
import { createWithheld } from "./withhold-messages.ts";

/** A node's lies. Without any in the plan, everything is told as it is. */
export interface Lies {
  /** The snapshots that the node tells of. */
  readonly snapshots: SnapshotShelf;
  /** A shard's trie as the node tells of it, until the shard changes. */
  trieOf(state: ShardState): TrieView<Entry>;
  /** What a call is answered with. The true answer stays as it is. */
  apply(method: string, response: unknown): unknown;
  /** Hashes, in hex and ascending, of the messages that the lies of the plan are about. */
  listMessages(): ReadonlyMap<LieName, readonly string[]>;
}

/** What a node lies about. */
export interface LiesOptions {
  readonly network: Network;
  readonly shelf: SnapshotShelf;
  readonly faults: Faults;
}

/** Creates the lies of a node. */
export function createLies({ network, shelf, faults }: LiesOptions): Lies {
  const withheld = createWithheld(network, faults);
  const swaps = createSwaps(network, faults);
  const forgery = createForgery(network, faults);
  const snapshots = tellSnapshots(shelf, { faults, withheld });
  const badCommits = createBadCommits({ network, faults, snapshots });
  const hashes: readonly (readonly [LieName, () => ReadonlySet<string>])[] = [
    ["withhold", withheld.hashes],
    ["swapBodies", () => swaps.hashes("swapBodies")],
    ["swapMessages", () => swaps.hashes("swapMessages")],
    ["forgeSignature", forgery.hashes],
  ];

  return {
    snapshots: snapshots.shelf,
    trieOf({ trie }) {
      if (!faults.isPlanned("withhold")) return trie;
      const view = trie.snapshot();
      const told = withheld.tell(view);
      if (told !== view) faults.count("withhold");
      return told;
    },
    apply(method, response) {
      // What is kept back goes first, while entries still have their own messages.
      const lies = [withheld, swaps, forgery, badCommits];
      return lies.reduce((answer, lie) => lie.apply(method, answer), response);
    },
    listMessages() {
      const planned = hashes.filter(([name]) => faults.isPlanned(name));
      return new Map(planned.map(([name, find]) => [name, [...find()].sort()]));
    },
  };
}
