import type { FnameTransfer, Transaction, TypedMessage, ValidatorMessage } from "@snaprag/proto";
import { UserDataType } from "@snaprag/proto";
import {
  failureContent,
  fnameContent,
  mergeContent,
  onChainContent,
  revokeContent,
} from "../events/event-contents.ts";
import { findAuthorProblem } from "../rules/check-author.ts";
import { judgeMerge } from "../rules/merge-rules.ts";
import { userDataSlot } from "../rules/profile-rules.ts";
import { applyMerge } from "./apply-merge.ts";
import { replayBlockEvent } from "./replay-block-event.ts";
import type { BlockExecution, TransactionEffects } from "./settle-transaction.ts";
import { createTransactionEffects } from "./settle-transaction.ts";
import type { TransactionPlan } from "./transaction-plan.ts";
import { orderSystemMessages, orderUserMessages } from "./transaction-plan.ts";

/** Executes one fid's part of a data shard's block, in the order of docs/protocol.md 6.1. */
export function executeTransaction(plan: TransactionPlan, execution: BlockExecution): Transaction {
  const effects = createTransactionEffects(execution);
  for (const message of orderSystemMessages(plan.systemMessages)) {
    executeSystemMessage(message, execution, effects);
  }
  for (const message of orderUserMessages(plan.userMessages)) {
    executeUserMessage(message, execution, effects);
  }
  effects.settle();
  return {
    fid: plan.fid,
    userMessages: plan.userMessages.map(({ envelope }) => envelope),
    systemMessages: [...plan.systemMessages],
    accountRoot: execution.state.accountRoot(plan.fid),
  };
}

function executeSystemMessage(
  { onChainEvent, fnameTransfer, blockEvent }: ValidatorMessage,
  execution: BlockExecution,
  effects: TransactionEffects,
): void {
  if (onChainEvent !== undefined) {
    execution.state.mergeOnChainEvent(onChainEvent);
    execution.recorder.record(onChainContent(onChainEvent));
  }
  if (fnameTransfer !== undefined) executeFnameTransfer(fnameTransfer, execution);
  if (blockEvent !== undefined) replayBlockEvent(blockEvent, execution, effects);
}

function executeUserMessage(
  message: TypedMessage,
  execution: BlockExecution,
  effects: TransactionEffects,
): void {
  const verdict = findAuthorProblem(message, execution) ?? judgeMerge(message, execution);
  if (!verdict.accepted) {
    execution.recorder.record(failureContent(message, verdict));
    return;
  }
  const row = applyMerge(message, verdict, execution);
  execution.recorder.record(mergeContent(row, verdict.deleted));
  effects.note(row, verdict.deleted);
}

/** The fid that gave a name away loses its username field, whatever name that holds (6.6). */
function executeFnameTransfer(
  { fromFid, proof }: FnameTransfer,
  { state, recorder }: BlockExecution,
): void {
  if (proof === undefined) return;
  const { merged, previous } = state.mergeFname(proof);
  if (merged) recorder.record(fnameContent(proof, previous));
  if (fromFid === 0n) return;
  const username = state.stores.userData.find(fromFid, userDataSlot(UserDataType.USERNAME));
  if (username === undefined) return;
  state.remove(username);
  recorder.record(revokeContent(username));
}
