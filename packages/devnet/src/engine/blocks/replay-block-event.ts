import type { BlockEvent, Message, OnChainEvent, TypedMessage } from "@snaprag/proto";
import { ChannelOwnerChangeCause, narrowMessage, Protocol } from "@snaprag/proto";
import {
  isUnstoredKind,
  mergeContent,
  ownerHintContent,
  pruneContent,
} from "../events/event-contents.ts";
import { judgeMerge } from "../rules/merge-rules.ts";
import { applyMerge, endsLend } from "./apply-merge.ts";
import type { BlockExecution, TransactionEffects } from "./settle-transaction.ts";

/** Most channels that one verification is announced for. */
const MAX_HINTS_PER_VERIFICATION = 256;

/**
 * Replays on a data shard what shard 0 has decided (docs/protocol.md 2.6, 6.8).
 *
 * A message that this shard cannot merge leaves no trace: a gasless key of a fid that is not
 * registered here, for one.
 */
export function replayBlockEvent(
  { data }: BlockEvent,
  execution: BlockExecution,
  effects: TransactionEffects,
): void {
  switch (data?.body?.$case) {
    case "mergeMessageEventBody":
      replayMessage(data.body.value.message, execution, effects);
      return;
    case "mergeOnChainEventEventBody":
      replayChannelRegister(data.body.value.onChainEvent, execution);
      return;
    default:
      // A heartbeat moves nothing but the sequence number.
      return;
  }
}

function replayMessage(
  envelope: Message | undefined,
  execution: BlockExecution,
  effects: TransactionEffects,
): void {
  const message = envelope === undefined ? undefined : narrowMessage(envelope);
  if (message === undefined || message.type === "unreadable") return;
  const verdict = judgeMerge(message, execution);
  if (!verdict.accepted) return;
  const row = applyMerge(message, verdict, execution);
  const content = mergeContent(row, verdict.deleted);
  if (isUnstoredKind(message.type)) execution.recorder.recordUnstored(content);
  else execution.recorder.record(content);
  hintAtOwners(message, execution);
  if (endsLend(message)) {
    execution.state.remove(row);
    execution.recorder.record(pruneContent(row));
    return;
  }
  effects.note(row, verdict.deleted);
}

/** Keeps the owner; the event itself is merged on the home shard of fid 0 only, like any other. */
function replayChannelRegister(
  onChainEvent: OnChainEvent | undefined,
  { state, recorder }: BlockExecution,
): void {
  if (onChainEvent === undefined) return;
  const change = state.channels.merge(onChainEvent);
  if (change !== undefined) recorder.record(ownerHintContent(change));
}

function hintAtOwners(message: TypedMessage, { state, recorder }: BlockExecution): void {
  if (message.type !== "verificationAdd" && message.type !== "verificationRemove") return;
  if (message.body.protocol !== Protocol.ETHEREUM) return;
  const cause =
    message.type === "verificationAdd"
      ? ChannelOwnerChangeCause.VERIFICATION_ADD
      : ChannelOwnerChangeCause.VERIFICATION_REMOVE;
  const owned = state.channels.listOwnedBy(message.body.address);
  for (const channel of owned.slice(0, MAX_HINTS_PER_VERIFICATION)) {
    recorder.record(ownerHintContent({ channel, cause }));
  }
}
