// Gasless keys come by shard 0: data shards neither store their events nor serve their leaves
// (docs/protocol.md 1.6, 2.5, 2.6).
import type { Change, ProcessContext } from "@snaprag/processors";
import { firstPositionOf, fromFarcasterTime } from "@snaprag/processors";
import type { Block, BlockEvent, Message } from "@snaprag/proto";
import { narrowMessage } from "@snaprag/proto";
import type { QuarantinedMessage } from "@snaprag/storage";
import type { MessageChecks } from "../../proof/messages/message-checks.ts";
import { findFault } from "../../proof/messages/message-checks.ts";
import { processCarrier } from "../../run/quarantine/process-carrier.ts";

/** What the gasless keys of a shard-0 block amount to. */
export interface ProcessedKeyBlock {
  readonly changes: readonly Change[];
  readonly quarantined: readonly QuarantinedMessage[];
  /** Messages among the quarantined that do not fit their hashes or signatures. */
  readonly spoiltCount: number;
}

/** The message of a block event, if it is of one. */
function findMessage({ data }: BlockEvent): Message | undefined {
  return data?.body?.$case === "mergeMessageEventBody" ? data.body.value.message : undefined;
}

function isKeyMessage(message: Message): boolean {
  const { type } = narrowMessage(message);
  return type === "keyAdd" || type === "keyRemove";
}

/** All key messages of a block, with the places of their events. */
export function listKeyMessages({
  events,
}: Block): readonly { readonly index: number; readonly message: Message }[] {
  return events.flatMap((event, index) => {
    const message = findMessage(event);
    return message !== undefined && isKeyMessage(message) ? [{ index, message }] : [];
  });
}

/** Block number of a shard-0 block; undefined without a header. */
export function blockNumberOf({ header }: Block): bigint | undefined {
  return header?.height?.blockNumber;
}

/** Time of a shard-0 block. */
export function blockTimeOf({ header }: Block): Date {
  return fromFarcasterTime(header?.timestamp ?? 0n);
}

/** Turns the gasless keys of a shard-0 block into changes, at positions by their order in it. */
export function processKeyBlock(
  block: Block,
  context: ProcessContext,
  checks: MessageChecks,
): ProcessedKeyBlock {
  const changes: Change[] = [];
  const quarantined: QuarantinedMessage[] = [];
  let spoiltCount = 0;
  const first = firstPositionOf(blockNumberOf(block) ?? 0n);
  for (const [index, event] of block.events.entries()) {
    const message = findMessage(event);
    // Data shards replay whatever else shard 0 has. What does not fit its hash may have been a key.
    const concernsKeys = message && (isKeyMessage(message) || findFault(message, checks));
    if (!message || !concernsKeys) continue;
    const place = { ...context, at: blockTimeOf(block), eventId: first + BigInt(index) + 1n };
    const processed = processCarrier({ kind: "message", message }, place, checks);
    changes.push(...processed.changes);
    quarantined.push(...processed.quarantined);
    spoiltCount += processed.spoiltCount;
  }
  return { changes, quarantined, spoiltCount };
}
