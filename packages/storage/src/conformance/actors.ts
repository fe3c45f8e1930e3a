// The small world that conformance scenarios play in: few accounts, few messages of every kind, so
// that random histories keep meeting the same rows.
import type { EventContext } from "@snaprag/processors";
import type { aMergeMessageEvent } from "@snaprag/processors/testing";
import {
  aCastAdd,
  aCastRemove,
  aChannelRegisterEvent,
  aChannelUpdate,
  aLendStorage,
  aLinkAdd,
  aLinkCompactState,
  aLinkRemove,
  anEventContext,
  anFnameProof,
  anIdRegisterEvent,
  aReactionAdd,
  aReactionRemove,
  aSignerEvent,
  aStorageRentEvent,
  aTierPurchaseEvent,
  aUserDataAdd,
  aUsernameProof,
  aVerificationAdd,
  aVerificationRemove,
} from "@snaprag/processors/testing";

type Message = Parameters<typeof aMergeMessageEvent>[0];
type OnChainEvent = ReturnType<typeof aSignerEvent>;
type UserNameProof = ReturnType<typeof anFnameProof>;

/** Accounts whose home is shard 1 of two, with their virtual shards (docs/protocol.md 3.5, 7). */
export const VIRTUAL_SHARDS: ReadonlyMap<bigint, number> = new Map([
  [0n, 152],
  [1n, 168],
  [1234n, 248],
]);

/** An account whose home is shard 2. */
const FOREIGN_FID = 42n;

/** Virtual shard of an account of this world; 141 is that of {@link FOREIGN_FID}. */
export function virtualShardOf(fid: bigint): number {
  return VIRTUAL_SHARDS.get(fid) ?? 141;
}

/** Home shard of an account of this world. */
export function homeShardOf(fid: bigint): number {
  return VIRTUAL_SHARDS.has(fid) ? 1 : 2;
}

/** A devnet seen from shard 1, or from another shard. */
export function contextAt(at: Date, shardId = 1): EventContext {
  return anEventContext({ shardId, homeShardOf, at, network: 3 });
}

const T = 100_000_000;

function messagesOf(fid: bigint): readonly Message[] {
  const at = (seconds: number, seed = 0) => ({ fid, timestamp: T + seconds, seed });
  const follow = (targetFid: bigint) => ({
    type: "follow",
    target: { $case: "targetFid" as const, value: targetFid },
  });
  const bio = (value: string) => ({ type: 3 as const, value });
  return [
    aCastAdd({ text: "gm" }, at(1)),
    aCastAdd({ text: "a\0b" }, at(2)),
    aCastRemove({}, at(3)),
    aReactionAdd({}, at(4)),
    aReactionAdd({}, at(5, 1)),
    aReactionRemove({}, at(6)),
    aLinkAdd(follow(7n), at(10)),
    aLinkAdd(follow(8n), at(20)),
    aLinkAdd({ ...follow(7n), type: "block" }, at(10)),
    aLinkRemove(follow(9n), at(15)),
    aLinkCompactState({ type: "follow", targetFids: [7n] }, at(15)),
    aLinkCompactState({ type: "follow", targetFids: [] }, at(30)),
    aVerificationAdd({}, at(8)),
    aVerificationRemove({}, at(9)),
    aUserDataAdd(bio("first"), at(11)),
    aUserDataAdd(bio("second"), at(12)),
    aUserDataAdd({ type: 6, value: "alice" }, at(13)),
    aUsernameProof({}, at(14)),
    aLendStorage({}, at(16)),
    aChannelUpdate({}, at(17)),
  ];
}

/** Messages that histories are made of: of two accounts at home here and one that is not. */
export const MESSAGES: readonly Message[] = [1n, 1234n, FOREIGN_FID].flatMap(messagesOf);

/** On-chain events that histories are made of: every type. */
export const ON_CHAIN_EVENTS: readonly OnChainEvent[] = [1n, 1234n].flatMap((fid) => [
  anIdRegisterEvent({}, { fid, blockNumber: 100 }),
  anIdRegisterEvent({ eventType: 2 }, { fid, blockNumber: 101, seed: 1 }),
  aSignerEvent({}, { fid }),
  aStorageRentEvent({}, { fid }),
  aTierPurchaseEvent({}, { fid }),
  aChannelRegisterEvent({}, { seed: Number(fid) }),
]);

/** Registry proofs that histories are made of: one name that moves, and ends. */
export const FNAME_PROOFS: readonly UserNameProof[] = [1n, 1234n, 0n].map((fid, index) =>
  anFnameProof({ fid, timestamp: 1_700_000_000n + BigInt(index) }),
);
