import type { Block, BlockEvent, ShardChunkWitness, Transaction } from "@snaprag/proto";
import {
  BlockEventData,
  BlockEventType,
  BlockHeader,
  FarcasterNetwork,
  ShardWitness,
} from "@snaprag/proto";
import type { Blake3 } from "@snaprag/verify";
import { findAuthorProblem } from "../rules/check-author.ts";
import { judgeAdmission } from "../rules/merge-rules.ts";
import type { MergeContext } from "../rules/verdict.ts";
import type { ShardState } from "../state/shard-state.ts";
import { createShardState } from "../state/shard-state.ts";
import { applyMerge, endsLend } from "./apply-merge.ts";
import type { ShardOptions } from "./data-shard.ts";
import type { TransactionPlan } from "./transaction-plan.ts";
import { orderSystemMessages, orderUserMessages } from "./transaction-plan.ts";

const ENGINE_VERSION = 21;
/** Devnet's interval; other networks wait for 100 blocks. */
const HEARTBEAT_INTERVAL_BLOCKS = 5n;
const GENESIS_SENTENCE = "A network in one process, for trying out and for testing.";

/** Shard 0: it orders what every data shard has to know, and witnesses their chunks. */
export interface BlockShard {
  readonly state: ShardState;
  /** Number of the last block; 0 before the first. */
  height(): bigint;
  findBlock(blockNumber: bigint): Block | undefined;
  /** Farcaster seconds of the last block; 0 before the first. */
  lastTimestamp(): bigint;
  /** Executes and commits the next block. */
  produce(plans: readonly TransactionPlan[], tip: BlockTip): Block;
}

/** What a block takes note of beside its transactions. */
interface BlockTip {
  /** Farcaster seconds. */
  readonly timestamp: bigint;
  /** The chunks committed since the last block. */
  readonly witnesses: readonly ShardChunkWitness[];
}

type BlockEventBody = Pick<BlockEventData, "type" | "body">;

/** Creates shard 0 without blocks. */
export function createBlockShard(options: ShardOptions): BlockShard {
  const { blake3, validators } = options;
  const state = createShardState(0, options);
  const blocks: Block[] = [];
  let lastSeqnum = 0n;

  function toBlockEvents(bodies: readonly BlockEventBody[], blockTimestamp: bigint): BlockEvent[] {
    const blockNumber = BigInt(blocks.length + 1);
    return bodies.map(({ type, body }, index) => {
      lastSeqnum++;
      const eventIndex = BigInt(index);
      const data = { seqnum: lastSeqnum, type, blockNumber, eventIndex, blockTimestamp, body };
      return { hash: blake3.hash32(BlockEventData.encode(data).finish()), data };
    });
  }

  return {
    state,
    height: () => BigInt(blocks.length),
    findBlock: (blockNumber) => (blockNumber < 1n ? undefined : blocks[Number(blockNumber) - 1]),
    lastTimestamp: () => blocks.at(-1)?.header?.timestamp ?? 0n,
    produce(plans, { timestamp, witnesses }) {
      const blockNumber = BigInt(blocks.length + 1);
      state.beginBlock(blockNumber);
      const context = { state, blockNumber, blockTimestamp: timestamp };
      const bodies: BlockEventBody[] = [];
      const transactions = plans.map((plan) => executePlan(plan, context, bodies));
      if (blockNumber % HEARTBEAT_INTERVAL_BLOCKS === 0n) {
        const body = { $case: "heartbeatEventBody", value: {} } as const;
        bodies.push({ type: BlockEventType.HEARTBEAT, body });
      }
      const events = toBlockEvents(bodies, timestamp);
      const shardWitness = { shardChunkWitnesses: [...witnesses] };
      const height = { shardIndex: 0, blockNumber };
      const header: BlockHeader = {
        height,
        timestamp,
        version: ENGINE_VERSION,
        chainId: FarcasterNetwork.DEVNET,
        shardWitnessesHash: blake3.hash32(ShardWitness.encode(shardWitness).finish()),
        parentHash: blocks.at(-1)?.hash ?? Buffer.from(GENESIS_SENTENCE, "ascii"),
        stateRoot: state.trie.rootHash(),
        eventsHash: hashOfEvents(events, blake3),
      };
      const hash = blake3.hash32(BlockHeader.encode(header).finish());
      const commits = validators.commit(height, hash);
      const block: Block = { header, hash, shardWitness, commits, transactions, events };
      blocks.push(block);
      return block;
    },
  };
}

/** Executes one fid's part of a block and adds what the data shards must replay. */
function executePlan(
  plan: TransactionPlan,
  context: MergeContext,
  bodies: BlockEventBody[],
): Transaction {
  for (const { onChainEvent } of orderSystemMessages(plan.systemMessages)) {
    if (onChainEvent === undefined) continue;
    context.state.mergeOnChainEvent(onChainEvent);
    if (onChainEvent.body?.$case !== "channelRegisterEventBody") continue;
    context.state.channels.merge(onChainEvent);
    const body = { $case: "mergeOnChainEventEventBody", value: { onChainEvent } } as const;
    bodies.push({ type: BlockEventType.MERGE_ON_CHAIN_EVENT, body });
  }
  for (const message of orderUserMessages(plan.userMessages)) {
    const verdict = findAuthorProblem(message, context) ?? judgeAdmission(message, context);
    if (!verdict.accepted) continue;
    const row = applyMerge(message, verdict, context);
    if (endsLend(message)) context.state.remove(row);
    const body = {
      $case: "mergeMessageEventBody",
      value: { message: message.envelope },
    } as const;
    bodies.push({ type: BlockEventType.MERGE_MESSAGE, body });
  }
  return {
    fid: plan.fid,
    userMessages: plan.userMessages.map(({ envelope }) => envelope),
    systemMessages: [...plan.systemMessages],
    accountRoot: context.state.accountRoot(plan.fid),
  };
}

function hashOfEvents(events: readonly BlockEvent[], blake3: Blake3): Uint8Array {
  if (events.length === 0) return new Uint8Array();
  return blake3.hash32(Buffer.concat(events.map(({ hash }) => hash)));
}
