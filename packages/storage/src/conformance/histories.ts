// Random histories of shard 1: blocks of events as a node would send them.
import type { Change } from "@snaprag/processors";
import { firstPositionOf, processHubEvent } from "@snaprag/processors";
import {
  aMergeMessageEvent,
  aMergeOnChainEvent,
  aMergeUsernameProofEvent,
  aPruneMessageEvent,
  aRevokeMessageEvent,
} from "@snaprag/processors/testing";
import * as fc from "fast-check";
import type { BlockBatch } from "../store.ts";
import { contextAt, FNAME_PROOFS, MESSAGES, ON_CHAIN_EVENTS } from "./actors.ts";

type HubEvent = ReturnType<typeof aMergeMessageEvent>;

/** A block: its number and what its events do. */
export interface Block {
  readonly blockNumber: bigint;
  readonly at: Date;
  readonly changes: readonly Change[];
}

const BLOCK_ONE_MS = Date.UTC(2024, 5, 1);

/** Time of a block: one second for each. */
export function timeOfBlock(blockNumber: bigint): Date {
  return new Date(BLOCK_ONE_MS + Number(blockNumber) * 1000);
}

const message = fc.constantFrom(...MESSAGES);
const proof = fc.constantFrom(...FNAME_PROOFS);

/** One event, its place still open. Deletions name any message, also ones never merged. */
const event: fc.Arbitrary<HubEvent> = fc.oneof(
  { weight: 6, arbitrary: message.map((merged) => aMergeMessageEvent(merged)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(message, fc.array(message, { minLength: 1, maxLength: 2 }))
      .map(([merged, deleted]) =>
        aMergeMessageEvent(
          merged,
          deleted.filter((each) => each !== merged),
        ),
      ),
  },
  { weight: 2, arbitrary: message.map((pruned) => aPruneMessageEvent(pruned)) },
  { weight: 1, arbitrary: message.map((revoked) => aRevokeMessageEvent(revoked)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...ON_CHAIN_EVENTS).map((each) => aMergeOnChainEvent(each)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(proof, fc.option(proof, { nil: undefined }))
      .map(([usernameProof, deletedUsernameProof]) =>
        aMergeUsernameProofEvent({
          usernameProof,
          deletedUsernameProof:
            deletedUsernameProof === usernameProof ? undefined : deletedUsernameProof,
        }),
      ),
  },
);

function toBlock(blockNumber: bigint, events: readonly HubEvent[]): Block {
  const at = timeOfBlock(blockNumber);
  const first = firstPositionOf(blockNumber);
  const changes = events.flatMap((each, index) => {
    return processHubEvent({ ...each, id: first + BigInt(index + 1) }, contextAt(at)).changes;
  });
  return { blockNumber, at, changes };
}

/** Blocks 11, 12, 13 and so on. */
export const history: fc.Arbitrary<readonly Block[]> = fc
  .array(fc.array(event, { maxLength: 5 }), { minLength: 1, maxLength: 8 })
  .map((blocks) => blocks.map((events, index) => toBlock(11n + BigInt(index), events)));

/** Blocks as one batch. */
export function toBatch(blocks: readonly Block[]): BlockBatch {
  const [first] = blocks;
  const last = blocks.at(-1);
  if (first === undefined || last === undefined) throw new TypeError("Expected a block");
  const changes = blocks.flatMap((block) => block.changes);
  return {
    shardId: 1,
    previousBlock: first.blockNumber - 1n,
    blockNumber: last.blockNumber,
    blockTime: last.at,
    eventId: firstPositionOf(last.blockNumber + 1n) - 1n,
    changes,
    messageCount: changes.length,
    quarantined: [],
  };
}
