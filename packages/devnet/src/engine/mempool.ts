import type {
  BlockEvent,
  FnameTransfer,
  Message,
  OnChainEvent,
  TypedMessage,
  ValidatorMessage,
} from "@snaprag/proto";
import { narrowMessage } from "@snaprag/proto";
import type { TransactionPlan } from "./blocks/transaction-plan.ts";
import { goesThroughShardZero } from "./rules/merge-rules.ts";
import type { PlaceOfFid } from "./state/fid-places.ts";
import { DATA_SHARD_COUNT } from "./state/fid-places.ts";

/** Most user messages in one block, which leaves event ids for what follows from them. */
const MAX_USER_MESSAGES_PER_BLOCK = 4000;

/** Longest name that has a trie key. */
const MAX_FNAME_BYTES = 20;

const NO_SYSTEM_MESSAGE: ValidatorMessage = {
  onChainEvent: undefined,
  fnameTransfer: undefined,
  blockEvent: undefined,
};

/** Something for the next block. */
export type Submission =
  | { readonly kind: "message"; readonly message: Message }
  | { readonly kind: "onChainEvent"; readonly event: OnChainEvent }
  | { readonly kind: "fnameTransfer"; readonly transfer: FnameTransfer };

/** What waits for the next block of each shard (docs/protocol.md 7). */
export interface Mempool {
  /**
   * Routes a submission to its shards.
   *
   * @throws {TypeError} when a message cannot be read, or a name has no trie key
   */
  add(submission: Submission): void;
  /** Hands what shard 0 decided to a data shard. */
  addBlockEvents(shardId: number, blockEvents: readonly BlockEvent[]): void;
  /** Takes a block's worth, grouped by fid. */
  take(shardId: number): readonly TransactionPlan[];
  /** Messages that wait for a block of this shard. */
  size(shardId: number): number;
}

interface PendingSystemMessage {
  readonly fid: bigint;
  readonly message: ValidatorMessage;
}

interface Pending {
  systemMessages: PendingSystemMessage[];
  userMessages: TypedMessage[];
}

/** Creates an empty mempool for shard 0 and the data shards. */
export function createMempool(placeOf: PlaceOfFid): Mempool {
  const pending = new Map<number, Pending>();
  for (let shardId = 0; shardId <= DATA_SHARD_COUNT; shardId++) {
    pending.set(shardId, { systemMessages: [], userMessages: [] });
  }

  function addSystemMessage(shardIds: readonly number[], item: PendingSystemMessage): void {
    for (const shardId of shardIds) pending.get(shardId)?.systemMessages.push(item);
  }

  return {
    add(submission) {
      switch (submission.kind) {
        case "message": {
          const message = readMessage(submission.message);
          const { homeShardId } = placeOf(message.fid);
          const shardId = goesThroughShardZero(message.type) ? 0 : homeShardId;
          pending.get(shardId)?.userMessages.push(message);
          return;
        }
        case "onChainEvent": {
          const { event } = submission;
          const message = { ...NO_SYSTEM_MESSAGE, onChainEvent: event };
          const shardIds = [0, placeOf(event.fid).homeShardId];
          addSystemMessage(shardIds, { fid: event.fid, message });
          return;
        }
        case "fnameTransfer": {
          const fnameTransfer = checkTransfer(submission.transfer);
          const message = { ...NO_SYSTEM_MESSAGE, fnameTransfer };
          addSystemMessage(dataShardIds(), { fid: fnameTransfer.proof?.fid ?? 0n, message });
          return;
        }
        default:
          submission satisfies never;
      }
    },
    addBlockEvents(shardId, blockEvents) {
      for (const blockEvent of blockEvents) {
        addSystemMessage([shardId], { fid: 0n, message: { ...NO_SYSTEM_MESSAGE, blockEvent } });
      }
    },
    take(shardId) {
      const queue = pending.get(shardId);
      if (queue === undefined) return [];
      const systemMessages = queue.systemMessages;
      queue.systemMessages = [];
      return groupByFid(systemMessages, queue.userMessages.splice(0, MAX_USER_MESSAGES_PER_BLOCK));
    },
    size: (shardId) => pending.get(shardId)?.userMessages.length ?? 0,
  };
}

/** The data shards' ids. */
export function dataShardIds(): readonly number[] {
  return Array.from({ length: DATA_SHARD_COUNT }, (_, index) => index + 1);
}

function readMessage(envelope: Message): TypedMessage {
  const message = narrowMessage(envelope);
  if (message.type === "unreadable") {
    throw new TypeError(`Expected a readable message, got one that is ${message.reason}`);
  }
  return message;
}

function checkTransfer(transfer: FnameTransfer): FnameTransfer {
  const length = transfer.proof?.name.length ?? 0;
  if (length === 0 || length > MAX_FNAME_BYTES) {
    throw new TypeError(`Expected a name of 1 to ${MAX_FNAME_BYTES} bytes, got ${length}`);
  }
  return transfer;
}

/** Fid 0 comes first: it carries the block events, on which user messages may depend. */
function groupByFid(
  systemMessages: readonly PendingSystemMessage[],
  userMessages: readonly TypedMessage[],
): readonly TransactionPlan[] {
  const plans = new Map<bigint, { system: ValidatorMessage[]; user: TypedMessage[] }>();
  const planOf = (fid: bigint) => {
    const known = plans.get(fid);
    if (known !== undefined) return known;
    const plan = { system: [], user: [] };
    plans.set(fid, plan);
    return plan;
  };
  if (systemMessages.some(({ fid }) => fid === 0n)) planOf(0n);
  for (const { fid, message } of systemMessages) planOf(fid).system.push(message);
  for (const message of userMessages) planOf(message.fid).user.push(message);
  return [...plans].map(([fid, { system, user }]) => ({
    fid,
    systemMessages: system,
    userMessages: user,
  }));
}
