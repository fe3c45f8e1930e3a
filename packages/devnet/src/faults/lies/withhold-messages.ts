import type {
  GetShardTransactionsResponse,
  MessagesResponse,
  UserNameProof,
  UsernameProofsResponse,
} from "@snaprag/proto";
import type { Network } from "../../engine/network.ts";
import { hex } from "../../engine/rules/verdict.ts";
import type { Entry } from "../../engine/state/shard-state.ts";
import type { TrieView } from "../../trie/create-trie.ts";
import type { TrieNode } from "../../trie/trie-node.ts";
import type { Faults } from "../create-faults.ts";
import type { RpcMethod } from "../fault-plan.ts";
import { chooseHashes, oncePerPlan } from "./choose-messages.ts";

/** Messages that a node does not tell of. */
export interface Withheld {
  /** Their hashes in hex. */
  hashes(): ReadonlySet<string>;
  /**
   * A trie as the node tells of it: the same one, unless it lacks something. One that changes later
   * must be told of anew.
   */
  tell(view: TrieView<Entry>): TrieView<Entry>;
  /** An answer without them. */
  apply(method: string, response: unknown): unknown;
}

const READS_BY_FID: ReadonlySet<string> = new Set<RpcMethod>([
  "GetCastsByFid",
  "GetReactionsByFid",
  "GetLinksByFid",
  "GetUserDataByFid",
  "GetVerificationsByFid",
  "GetLinkCompactStateMessageByFid",
  "GetAllCastMessagesByFid",
  "GetAllReactionMessagesByFid",
  "GetAllLinkMessagesByFid",
  "GetAllUserDataMessagesByFid",
  "GetAllVerificationMessagesByFid",
  "GetAllLendStorageMessagesByFid",
]);

/** Creates what keeps messages back. */
export function createWithheld(network: Network, faults: Faults): Withheld {
  const findPlan = oncePerPlan("withhold", faults, (lie) => ({
    hashes: chooseHashes(lie, network, faults.prngOf("withhold", new Uint8Array())),
    isConsistent: lie.isConsistent === true,
    /** By the root of the trie that they are taken from: finding their keys means reading it all. */
    tries: new WeakMap<TrieNode<Entry>, TrieView<Entry>>(),
  }));

  function isWithheld(hash: Uint8Array): boolean {
    return findPlan()?.hashes.has(hex(hash)) === true;
  }

  /** An ENS name or basename is read as the body of its message. */
  function isWithheldProof({ name, fid }: UserNameProof): boolean {
    for (const { state } of network.dataShards.values()) {
      const row = state.stores.usernameProofs.find(fid, hex(name));
      if (row !== undefined && isWithheld(row.message.hash)) return true;
    }
    return false;
  }

  function keep<Item>(items: readonly Item[], isLeftOut: (item: Item) => boolean): Item[] {
    return items.filter((item) => {
      if (!isLeftOut(item)) return true;
      faults.count("withhold");
      return false;
    });
  }

  return {
    hashes: () => findPlan()?.hashes ?? new Set(),
    tell(view) {
      const plan = findPlan();
      const root = view.findNode([]);
      if (plan?.isConsistent !== true || root === undefined) return view;
      const told = plan.tries.get(root) ?? view.without(keysOf(plan.hashes, view));
      plan.tries.set(root, told);
      return told.leafCount < view.leafCount ? told : view;
    },
    apply(method, response) {
      if (findPlan() === undefined) return response;
      if (method === "GetShardTransactions") {
        // Safety: here and below, a call is answered with its own type.
        const page = response as GetShardTransactionsResponse;
        const trieMessages = keep(page.trieMessages, ({ trieMessage }) => {
          return trieMessage?.$case === "userMessage" && isWithheld(trieMessage.value.hash);
        });
        return { ...page, trieMessages };
      }
      if (method === "GetUserNameProofsByFid") {
        const { proofs } = response as UsernameProofsResponse;
        return { proofs: keep(proofs, isWithheldProof) };
      }
      if (!READS_BY_FID.has(method)) return response;
      const page = response as MessagesResponse;
      return { ...page, messages: keep(page.messages, ({ hash }) => isWithheld(hash)) };
    },
  };
}

function keysOf(hashes: ReadonlySet<string>, view: TrieView<Entry>): Uint8Array[] {
  const keys: Uint8Array[] = [];
  for (const { key, value } of view.leaves()) {
    if (value.entry === "message" && hashes.has(hex(value.message.hash))) keys.push(key);
  }
  return keys;
}
