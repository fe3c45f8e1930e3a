// What a node holds after a history. Read from docs/protocol.md 6 and written without the changes
// that stores are given, so that two readings of the protocol check each other.

import type { Actor } from "./actors.ts";
import { homeShardOf, V19_TIMESTAMP, virtualShardOf } from "./actors.ts";
import type { Happening } from "./happenings.ts";
import type { Block } from "./histories.ts";
import { fnameKey, messageKey, onChainKey } from "./row-keys.ts";
import type { ShardTrieEntry } from "./trie-entries.ts";
import { fnameEntry, messageEntry, onChainEntry } from "./trie-entries.ts";

/** Something a node holds. */
interface Leaf {
  /** Present when it is a message. */
  readonly actor?: Actor;
  /** The account whose row it is. */
  readonly fid: bigint;
  /** What tells two signings of the same data apart. */
  readonly version: string;
  /** Block that merged it last. */
  readonly mergedIn: bigint;
  /** As snapshots list it: a lend twice. */
  readonly entries: readonly ShardTrieEntry[];
}

type Leaves = Map<string, Leaf>;

/** docs/protocol.md 6.5: whether a compact state deletes a link or a link's remove. */
function isSwept({ actor, mergedIn }: Leaf, by: Actor, blockNumber: bigint): boolean {
  if (actor?.fid !== by.fid) return false;
  if (actor.table !== "links" && actor.table !== "link_removes") return false;
  const isOfType = by.timestamp < V19_TIMESTAMP || actor.linkType === by.linkType;
  const isListed =
    actor.table === "links" && actor.targetFids?.every((fid) => by.targetFids?.includes(fid));
  return isOfType && !isListed && actor.timestamp <= by.timestamp && mergedIn < blockNumber;
}

/** Whether merging a message deletes another without the event saying so. */
function isReplaced(leaf: Leaf, by: Actor, blockNumber: bigint): boolean {
  const { actor } = leaf;
  if (actor === undefined || actor.fid !== by.fid) return false;
  if (by.table === "link_compact_states") {
    const isEarlier = actor.table === by.table && actor.linkType === by.linkType;
    return isEarlier || isSwept(leaf, by, blockNumber);
  }
  // docs/protocol.md 6.9: one record for each key, and none of a key removed.
  return actor.table === "signer_keys" && String(actor.key) === String(by.key);
}

function mergeMessage(leaves: Leaves, actor: Actor, blockNumber: bigint): void {
  for (const [key, leaf] of leaves) {
    if (isReplaced(leaf, actor, blockNumber)) leaves.delete(key);
  }
  const { fid, message, borrower } = actor;
  const accounts = borrower === undefined ? [fid] : [fid, borrower];
  leaves.set(messageKey(actor), {
    actor,
    fid,
    version: String(message.signature),
    mergedIn: blockNumber,
    entries: accounts.map((account) => messageEntry(message, account)),
  });
}

function happen(leaves: Leaves, happening: Happening, blockNumber: bigint): void {
  switch (happening.kind) {
    case "merge": {
      // Names replace one name at most, and compact states replace what they replace.
      const { actor, deleted } = happening;
      const named = actor.table === "username_proofs" ? deleted.slice(0, 1) : deleted;
      const isTold = actor.table !== "link_compact_states";
      if (isTold) for (const each of named) leaves.delete(messageKey(each));
      mergeMessage(leaves, actor, blockNumber);
      break;
    }
    case "prune":
    case "revoke":
      leaves.delete(messageKey(happening.actor));
      break;
    case "onChain": {
      const { event } = happening;
      const entries = [onChainEntry(event)];
      const leaf = { fid: event.fid, version: "", mergedIn: blockNumber, entries };
      leaves.set(onChainKey(event), leaf);
      break;
    }
    case "fname": {
      const { proof, deleted } = happening;
      if (deleted) leaves.delete(fnameKey(deleted));
      const entries = proof.fid === 0n ? [] : [fnameEntry(proof)];
      const leaf = { fid: proof.fid, version: "", mergedIn: blockNumber, entries };
      leaves.set(fnameKey(proof), leaf);
      break;
    }
    default:
      happening satisfies never;
  }
}

/** A node at a height. */
export interface NodeState {
  /** Keys of what it holds for accounts at home on the shard, with their versions. */
  live(): ReadonlyMap<string, string>;
  /** Everything that a snapshot lists under accounts of a virtual shard, copies included. */
  entriesOf(virtualShard: number): readonly ShardTrieEntry[];
}

/** The node after these blocks, from none on. */
export function nodeAfter(blocks: readonly Block[]): NodeState {
  const leaves: Leaves = new Map();
  for (const { happenings, blockNumber } of blocks) {
    for (const happening of happenings) happen(leaves, happening, blockNumber);
  }
  const all = [...leaves];
  return {
    live() {
      const isMirrored = ({ actor, fid, entries }: Leaf) =>
        actor?.key !== undefined || (homeShardOf(fid) === 1 && entries.length > 0);
      const mirrored = all.filter(([, leaf]) => isMirrored(leaf));
      return new Map(mirrored.map(([key, { version }]) => [key, version]));
    },
    entriesOf: (virtualShard) =>
      all
        .flatMap(([, { entries }]) => entries)
        .filter(({ fid }) => virtualShardOf(fid) === virtualShard),
  };
}
