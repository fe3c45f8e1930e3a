import type { ShardChunk, ShardChunkWitness, ValidatorMessage } from "@snaprag/proto";
import { ShardHeader } from "@snaprag/proto";
import type { Blake3 } from "@snaprag/verify";
import type { RecordedBlock } from "../events/block-recorder.ts";
import { createBlockRecorder } from "../events/block-recorder.ts";
import type { EventLog } from "../events/event-log.ts";
import { createEventLog } from "../events/event-log.ts";
import type { PlaceOfFid } from "../state/fid-places.ts";
import type { ShardState } from "../state/shard-state.ts";
import { createShardState } from "../state/shard-state.ts";
import type { ValidatorSet } from "./commits.ts";
import { executeTransaction } from "./execute-transaction.ts";
import type { TransactionPlan } from "./transaction-plan.ts";

/** What the first chunk of a shard names as its parent. */
const FIRST_PARENT_HASH = Uint8Array.of(0x00, 0x20);

/** A chunk as it was committed. */
export interface CommittedChunk {
  readonly shardId: number;
  readonly chunk: ShardChunk;
  readonly events: RecordedBlock;
}

/** A data shard: its state, its chunks and its events. */
export interface DataShard {
  readonly shardId: number;
  readonly state: ShardState;
  readonly events: EventLog;
  /** Number of the last chunk; 0 before the first. */
  height(): bigint;
  findChunk(blockNumber: bigint): ShardChunk | undefined;
  /** Farcaster seconds of the last chunk; 0 before the first. */
  lastTimestamp(): bigint;
  /** Executes and commits the next chunk. */
  produce(plans: readonly TransactionPlan[], timestamp: bigint): CommittedChunk;
}

/** What shards are made of. */
export interface ShardOptions {
  readonly blake3: Blake3;
  readonly validators: ValidatorSet;
  readonly placeOf: PlaceOfFid;
}

/** Creates a data shard without chunks. */
export function createDataShard(shardId: number, options: ShardOptions): DataShard {
  const { blake3, validators } = options;
  const state = createShardState(shardId, options);
  const events = createEventLog();
  const chunks: ShardChunk[] = [];
  let maxBlockEventSeqnum = 0n;

  function seal(header: ShardHeader, transactions: ShardChunk["transactions"]): ShardChunk {
    const hash = blake3.hash32(ShardHeader.encode(header).finish());
    const height = { shardIndex: shardId, blockNumber: BigInt(chunks.length + 1) };
    return { header, hash, transactions, commits: validators.commit(height, hash) };
  }

  return {
    shardId,
    state,
    events,
    height: () => BigInt(chunks.length),
    findChunk: (blockNumber) => (blockNumber < 1n ? undefined : chunks[Number(blockNumber) - 1]),
    lastTimestamp: () => chunks.at(-1)?.header?.timestamp ?? 0n,
    produce(plans, timestamp) {
      const blockNumber = BigInt(chunks.length + 1);
      const recorder = createBlockRecorder({ shardId, blockNumber, timestamp });
      state.beginBlock(blockNumber);
      const execution = { state, blockNumber, blockTimestamp: timestamp, recorder };
      const transactions = plans.map((plan) => executeTransaction(plan, execution));
      maxBlockEventSeqnum = lastSeqnum(plans) ?? maxBlockEventSeqnum;
      const header: ShardHeader = {
        height: { shardIndex: shardId, blockNumber },
        timestamp,
        parentHash: chunks.at(-1)?.hash ?? FIRST_PARENT_HASH,
        shardRoot: state.trie.rootHash(),
      };
      const chunk = seal(header, transactions);
      const recorded = recorder.finish({ blockHash: chunk.hash, maxBlockEventSeqnum });
      chunks.push(chunk);
      events.append(blockNumber, recorded.stored);
      return { shardId, chunk, events: recorded };
    },
  };
}

/** What shard 0 says about a chunk. */
export function witnessOf({ chunk }: CommittedChunk): ShardChunkWitness {
  return {
    height: chunk.header?.height,
    shardRoot: chunk.header?.shardRoot ?? new Uint8Array(),
    shardHash: chunk.hash,
  };
}

/** Block events come in the order of their sequence numbers. */
function lastSeqnum(plans: readonly TransactionPlan[]): bigint | undefined {
  return plans
    .flatMap(({ systemMessages }) => systemMessages)
    .findLast(({ blockEvent }: ValidatorMessage) => blockEvent !== undefined)?.blockEvent?.data
    ?.seqnum;
}
