import type { BlockEvent, Message, OnChainEvent, UserNameProof } from "@snaprag/proto";
import { MESSAGE_WIRE_TYPES } from "@snaprag/proto";
import type { Blake3 } from "@snaprag/verify";
import type { TrieView } from "../trie/create-trie.ts";
import type { BlockShard } from "./blocks/block-shard.ts";
import { createBlockShard } from "./blocks/block-shard.ts";
import type { ValidatorSet } from "./blocks/commits.ts";
import type { CommittedChunk, DataShard } from "./blocks/data-shard.ts";
import { createDataShard, witnessOf } from "./blocks/data-shard.ts";
import type { Mempool } from "./mempool.ts";
import { createMempool, dataShardIds } from "./mempool.ts";
import type { PlaceOfFid } from "./state/fid-places.ts";
import { createFidPlaces } from "./state/fid-places.ts";
import type { Entry } from "./state/shard-state.ts";

/** Something a mirror of the network must hold as live. */
export type LiveEntry =
  | {
      readonly kind: "message";
      /** `MessageType` number. */
      readonly messageType: number;
      readonly fid: bigint;
      /** 20 bytes. */
      readonly hash: Uint8Array;
      readonly homeShardId: number;
      readonly message: Message;
    }
  | {
      readonly kind: "onChainEvent";
      readonly event: OnChainEvent;
      readonly homeShardId: number;
    }
  | {
      readonly kind: "fname";
      readonly proof: UserNameProof;
      readonly homeShardId: number;
    };

/** All shards of the network. */
export interface Network {
  readonly blake3: Blake3;
  readonly mempool: Mempool;
  readonly blockShard: BlockShard;
  /** By shard id. */
  readonly dataShards: ReadonlyMap<number, DataShard>;
  readonly validators: ValidatorSet;
  /**
   * One block of shard 0 and then one chunk of each data shard, with what shard 0 decided so many
   * blocks before.
   */
  produce(timestamp: bigint, replayDelayBlocks?: number): readonly CommittedChunk[];
  /** One chunk of one data shard, ahead of the others. */
  produceChunk(shardId: number, timestamp: bigint): CommittedChunk;
  /** Live messages, each counted on its author's home shard. */
  liveMessageCount(): number;
  /**
   * Everything that is live when this is called, each thing once: what foreign shards replicate is
   * left out.
   */
  listLive(): Iterable<LiveEntry>;
}

/** What a network is made of. */
export interface NetworkOptions {
  readonly blake3: Blake3;
  readonly validators: ValidatorSet;
}

/** Creates a network without blocks. */
export function createNetwork({ blake3, validators }: NetworkOptions): Network {
  const placeOf = createFidPlaces();
  const mempool = createMempool(placeOf);
  const shardOptions = { blake3, validators, placeOf };
  const blockShard = createBlockShard(shardOptions);
  const dataShards = new Map(dataShardIds().map((id) => [id, createDataShard(id, shardOptions)]));
  let unwitnessed: CommittedChunk[] = [];
  const unreplayed: (readonly BlockEvent[])[] = [];

  function commitChunk(shard: DataShard, timestamp: bigint): CommittedChunk {
    const committed = shard.produce(mempool.take(shard.shardId), timestamp);
    unwitnessed.push(committed);
    return committed;
  }

  return {
    blake3,
    mempool,
    blockShard,
    dataShards,
    validators,
    produce(timestamp, replayDelayBlocks = 0) {
      const witnesses = unwitnessed.map(witnessOf);
      unwitnessed = [];
      unreplayed.push(blockShard.produce(mempool.take(0), { timestamp, witnesses }).events);
      const dueCount = Math.max(0, unreplayed.length - replayDelayBlocks);
      const events = unreplayed.splice(0, dueCount).flat();
      return [...dataShards.values()].map((shard) => {
        mempool.addBlockEvents(shard.shardId, events);
        return commitChunk(shard, timestamp);
      });
    },
    produceChunk(shardId, timestamp) {
      const shard = dataShards.get(shardId);
      if (shard === undefined) throw new RangeError(`Expected a data shard, got ${shardId}`);
      return commitChunk(shard, timestamp);
    },
    liveMessageCount() {
      let count = 0;
      for (const { state } of dataShards.values()) count += state.homeMessageCount();
      return count;
    },
    listLive() {
      return readLive([...dataShards.values()].map(captureShard), placeOf);
    },
  };
}

interface CapturedShard {
  readonly shardId: number;
  readonly view: TrieView<Entry>;
  readonly fnames: readonly UserNameProof[];
}

/** A shard as it is now, which blocks that come while it is being read leave alone. */
function captureShard({ shardId, state }: DataShard): CapturedShard {
  // Names from the store, as the trie loses one that the same fid proves again.
  return { shardId, view: state.trie.snapshot(), fnames: state.fnames.live() };
}

function* readLive(shards: readonly CapturedShard[], placeOf: PlaceOfFid): Generator<LiveEntry> {
  for (const { shardId, view, fnames } of shards) {
    const isHome = (fid: bigint) => placeOf(fid).homeShardId === shardId;
    for (const { key, value } of view.leaves()) {
      const live = toLiveEntry(key, value, shardId);
      if (live?.kind === "onChainEvent" || (live?.kind === "message" && isHome(live.fid)))
        yield live;
    }
    for (const proof of fnames) {
      if (isHome(proof.fid)) yield { kind: "fname", proof, homeShardId: shardId };
    }
  }
}

function toLiveEntry(key: Uint8Array, entry: Entry, homeShardId: number): LiveEntry | undefined {
  if (entry.entry === "onChainEvent") {
    return { kind: "onChainEvent", event: entry.event, homeShardId };
  }
  if (entry.entry === "fname") return undefined;
  const { fid, kind, message } = entry;
  if (!isKeyOf(key, fid)) return undefined;
  const { messageType } = MESSAGE_WIRE_TYPES[kind];
  return { kind: "message", messageType, fid, hash: message.hash, homeShardId, message };
}

/** False for the second key of a storage lend, which is the borrower's. */
function isKeyOf(key: Uint8Array, fid: bigint): boolean {
  return Buffer.from(key).readUInt32BE(1) === Number(fid & 0xffffffffn);
}
