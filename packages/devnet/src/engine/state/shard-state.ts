// Everything a shard knows: its trie, its stores, and the one way to change both together
// (docs/protocol.md 3.2: an event inserts first and deletes then).
import type { MessageKind, OnChainEvent, UserNameProof } from "@snaprag/proto";
import { MESSAGE_WIRE_TYPES, OnChainEventType } from "@snaprag/proto";
import type { Blake3 } from "@snaprag/verify";
import type { Trie } from "../../trie/create-trie.ts";
import { createTrie } from "../../trie/create-trie.ts";
import { toNibbles } from "../../trie/trie-node.ts";
import type { ChannelRegistry } from "./channel-registry.ts";
import { createChannelRegistry } from "./channel-registry.ts";
import type { PlaceOfFid } from "./fid-places.ts";
import { fnameKey, messageKey, onChainKey } from "./fid-places.ts";
import type { FnameMerge, FnameRow, FnameStore } from "./fname-store.ts";
import { createFnameStore } from "./fname-store.ts";
import type { GaslessKeyMemory } from "./gasless-keys.ts";
import { createGaslessKeyMemory } from "./gasless-keys.ts";
import type { MessageRow } from "./message-row.ts";
import type { MessageStore, SlotScope } from "./message-store.ts";
import { createMessageStore } from "./message-store.ts";
import type { OnChainRow, OnChainStore } from "./on-chain-store.ts";
import { createOnChainStore } from "./on-chain-store.ts";
import type { LendBook } from "./storage/lend-book.ts";
import { createLendBook } from "./storage/lend-book.ts";
import type { LimitedStore, UnitCounts } from "./storage/storage-units.ts";
import { addUnits, subtractUnits, validUnits } from "./storage/storage-units.ts";

/** What a trie key stands for. */
export type Entry = MessageRow | OnChainRow | FnameRow;

/** The stores of a shard. */
export type StoreName =
  | LimitedStore
  | "storageLends"
  | "keys"
  | "channelUpdates"
  | "channelMembers"
  | "channelPins"
  | "channelModerations";

const SLOT_SCOPES: { readonly [Name in StoreName]: SlotScope } = {
  casts: "fid",
  links: "fid",
  reactions: "fid",
  userData: "fid",
  verifications: "fid",
  usernameProofs: "shard",
  storageLends: "fid",
  keys: "shard",
  channelUpdates: "shard",
  channelMembers: "shard",
  channelPins: "shard",
  channelModerations: "shard",
};

/** Where each kind of message is stored. A KeyRemove leaves only its trie key behind. */
export const STORE_OF_KIND: { readonly [Kind in MessageKind]: StoreName | undefined } = {
  castAdd: "casts",
  castRemove: "casts",
  reactionAdd: "reactions",
  reactionRemove: "reactions",
  linkAdd: "links",
  linkRemove: "links",
  linkCompactState: "links",
  verificationAdd: "verifications",
  verificationRemove: "verifications",
  userDataAdd: "userData",
  usernameProof: "usernameProofs",
  lendStorage: "storageLends",
  keyAdd: "keys",
  channelUpdate: "channelUpdates",
  channelMember: "channelMembers",
  channelPin: "channelPins",
  channelModerate: "channelModerations",
  keyRemove: undefined,
  frameAction: undefined,
};

/** The state of one shard, shard 0 included. */
export interface ShardState {
  readonly shardId: number;
  readonly trie: Trie<Entry>;
  readonly stores: { readonly [Name in StoreName]: MessageStore };
  readonly onChain: OnChainStore;
  readonly fnames: FnameStore;
  readonly channels: ChannelRegistry;
  readonly lends: LendBook;
  readonly gaslessKeys: GaslessKeyMemory;
  /** Live messages whose author's home is this shard. */
  homeMessageCount(): number;
  isHome(fid: bigint): boolean;
  beginBlock(blockNumber: bigint): void;
  /** Adds a message to its store and its keys to the trie. */
  insert(row: MessageRow): void;
  /** Removes a message by hash from its store and its keys from the trie, where present. */
  remove(row: MessageRow): void;
  mergeOnChainEvent(event: OnChainEvent): void;
  mergeFname(proof: UserNameProof): FnameMerge;
  /** Storage units that a fid may use at a time in unix seconds: its own, plus and minus lends. */
  usableUnits(fid: bigint, unixSeconds: bigint): UnitCounts;
  /** 20 bytes, or empty for an account without leaves. */
  accountRoot(fid: bigint): Uint8Array;
}

/** What a shard's state is made of. */
export interface ShardStateOptions {
  readonly blake3: Blake3;
  readonly placeOf: PlaceOfFid;
}

/** Creates a shard without any data. */
export function createShardState(shardId: number, options: ShardStateOptions): ShardState {
  const { blake3, placeOf } = options;
  const trie = createTrie<Entry>(blake3);
  const stores = createStores();
  const onChain = createOnChainStore();
  const fnames = createFnameStore();
  const lends = createLendBook();
  let homeMessageCount = 0;

  function isHome(fid: bigint): boolean {
    return placeOf(fid).homeShardId === shardId;
  }

  /** A lend has two keys: under the lender, and under the borrower, who is its slot. */
  function trieKeysOf(row: MessageRow): readonly Uint8Array[] {
    const { messageType } = MESSAGE_WIRE_TYPES[row.kind];
    const fids = row.kind === "lendStorage" ? [row.fid, BigInt(row.slot)] : [row.fid];
    return fids.map((fid) => messageKey(placeOf(fid), messageType, row.message.hash));
  }

  function track(row: MessageRow, change: "add" | "remove"): void {
    if (row.kind === "lendStorage") lends[change](row);
    if (isHome(row.fid)) homeMessageCount += change === "add" ? 1 : -1;
  }

  return {
    shardId,
    trie,
    stores,
    onChain,
    fnames,
    channels: createChannelRegistry(),
    lends,
    gaslessKeys: createGaslessKeyMemory(),
    homeMessageCount: () => homeMessageCount,
    isHome,
    beginBlock(blockNumber) {
      for (const store of Object.values(stores)) store.beginBlock(blockNumber);
    },
    insert(row) {
      const store = storeOf(stores, row);
      const present = store?.find(row.fid, row.slot);
      if (present !== undefined) track(present, "remove");
      store?.put(row);
      track(row, "add");
      for (const key of trieKeysOf(row)) trie.insert(key, row);
    },
    remove(row) {
      if (storeOf(stores, row)?.remove(row)) track(row, "remove");
      for (const key of trieKeysOf(row)) trie.delete(key);
    },
    mergeOnChainEvent(event) {
      onChain.merge(event);
      trie.insert(onChainKey(placeOf(event.fid), event), { entry: "onChainEvent", event });
    },
    mergeFname(proof) {
      const merge = fnames.merge(proof);
      if (!merge.merged) return merge;
      if (proof.fid !== 0n) {
        trie.insert(fnameKey(placeOf(proof.fid), proof.name), { entry: "fname", proof });
      }
      // When the same fid proves its name again, this deletes the key just inserted: a node keeps
      // the name in its store and loses it from its trie (docs/protocol.md 2.4).
      const { previous } = merge;
      if (previous !== undefined && previous.fid !== 0n) {
        trie.delete(fnameKey(placeOf(previous.fid), previous.name));
      }
      return merge;
    },
    usableUnits(fid, unixSeconds) {
      const rents = onChain.listMerged(fid, OnChainEventType.EVENT_TYPE_STORAGE_RENT);
      const own = subtractUnits(validUnits(rents, unixSeconds), lends.lentBy(fid));
      return addUnits(own, lends.borrowedBy(fid));
    },
    accountRoot(fid) {
      const node = trie.findNode(toNibbles(placeOf(fid).accountPrefix));
      return node === undefined ? new Uint8Array() : trie.hashOf(node);
    },
  };
}

function createStores(): ShardState["stores"] {
  const create = (name: StoreName) => createMessageStore(SLOT_SCOPES[name]);
  return {
    casts: create("casts"),
    links: create("links"),
    reactions: create("reactions"),
    userData: create("userData"),
    verifications: create("verifications"),
    usernameProofs: create("usernameProofs"),
    storageLends: create("storageLends"),
    keys: create("keys"),
    channelUpdates: create("channelUpdates"),
    channelMembers: create("channelMembers"),
    channelPins: create("channelPins"),
    channelModerations: create("channelModerations"),
  };
}

function storeOf(stores: ShardState["stores"], row: MessageRow): MessageStore | undefined {
  const name = STORE_OF_KIND[row.kind];
  return name === undefined ? undefined : stores[name];
}
