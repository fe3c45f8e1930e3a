// What a block will execute, and in which order (docs/protocol.md 6.1).
import type { OnChainEvent, TypedMessage, ValidatorMessage } from "@snaprag/proto";
import { UserDataType } from "@snaprag/proto";
import { compareChainPosition } from "../state/on-chain-store.ts";

/** One fid's part of a block, before it is executed. */
export interface TransactionPlan {
  readonly fid: bigint;
  readonly systemMessages: readonly ValidatorMessage[];
  readonly userMessages: readonly TypedMessage[];
}

/** On-chain events in the order of their chain, then everything else as listed. */
export function orderSystemMessages(
  messages: readonly ValidatorMessage[],
): readonly ValidatorMessage[] {
  const onChain = messages.filter(hasOnChainEvent);
  const others = messages.filter((message) => !hasOnChainEvent(message));
  return [
    ...onChain.sort((a, b) => compareChainPosition(a.onChainEvent, b.onChainEvent)),
    ...others,
  ];
}

/** Messages that others depend on first, then by timestamp. */
export function orderUserMessages(messages: readonly TypedMessage[]): readonly TypedMessage[] {
  return messages.toSorted((a, b) => classOf(a) - classOf(b) || a.timestamp - b.timestamp);
}

function hasOnChainEvent(
  message: ValidatorMessage,
): message is ValidatorMessage & { readonly onChainEvent: OnChainEvent } {
  return message.onChainEvent !== undefined;
}

function classOf(message: TypedMessage): number {
  switch (message.type) {
    case "verificationAdd":
      return 1;
    case "usernameProof":
      return 2;
    case "userDataAdd":
      return isDependent(message.body.type) ? 3 : 4;
    default:
      return 5;
  }
}

function isDependent(type: UserDataType): boolean {
  return (
    type === UserDataType.USERNAME ||
    type === UserDataType.USER_DATA_PRIMARY_ADDRESS_ETHEREUM ||
    type === UserDataType.USER_DATA_PRIMARY_ADDRESS_SOLANA
  );
}
