// Random happenings that derived relations follow from, on both shards of a small world.
import type { Change } from "@snaprag/processors";
import { firstPositionOf, fromFarcasterTime, processHubEvent } from "@snaprag/processors";
import {
  aChannelMember,
  aChannelPin,
  aChannelRegisterEvent,
  aChannelUpdate,
  aLendStorage,
  aMergeMessageEvent,
  aMergeOnChainEvent,
  aMergeUsernameProofEvent,
  anEventContext,
  anFnameProof,
  anIdRegisterEvent,
  aPruneMessageEvent,
  aRevokeMessageEvent,
  aSignerEvent,
  aStorageRentEvent,
  aTierPurchaseEvent,
  aUserDataAdd,
  aUsernameProof,
  aVerificationAdd,
} from "@snaprag/processors/testing";
import * as fc from "fast-check";

type Message = Parameters<typeof aMergeMessageEvent>[0];
type HubEvent = ReturnType<typeof aMergeMessageEvent>;

/** A change, and the shard whose log it is in. */
export interface PlacedChange {
  readonly shardId: number;
  readonly change: Change;
}

/** Accounts by home shard of two (docs/protocol.md 7). */
const HOMES: ReadonlyMap<bigint, number> = new Map([
  [0n, 1],
  [1n, 1],
  [1234n, 1],
  [42n, 2],
]);
const FIDS = [1n, 1234n, 42n];
const SHARD_IDS = [1, 2];
/** Farcaster seconds of the first block; each takes one. */
const START = 150_000_000;

const channelId = new Uint8Array(32).fill(7);
const address = new Uint8Array(20).fill(9);
const ens = (name: string) => ({ name: new TextEncoder().encode(name), type: 2 as const });

/** Some of the past, some of the blocks' own time, some ahead of it. */
function messagesOf(fid: bigint): readonly Message[] {
  const at = (seconds: number, seed = 0) => ({ fid, timestamp: START + seconds, seed });
  return [
    aUserDataAdd({ type: 3, value: "first" }, at(-50)),
    aUserDataAdd({ type: 3, value: "second" }, at(4)),
    aUserDataAdd({ type: 3, value: "" }, at(5)),
    aUserDataAdd({ type: 3, value: "ahead" }, at(400)),
    aUserDataAdd({ type: 6, value: "alice" }, at(4)),
    aUserDataAdd({ type: 6, value: "bob.eth" }, at(6)),
    aUsernameProof(ens("bob.eth"), at(2)),
    aUsernameProof(ens("bob.eth"), at(7)),
    aLendStorage({ toFid: 1n, numUnits: 2n, unitType: 2 }, at(1)),
    aLendStorage({ toFid: 42n, numUnits: 1n, unitType: 1 }, at(3)),
    aChannelUpdate({ channelId, name: `by ${fid}` }, at(Number(fid % 7n))),
    aChannelMember({ channelId, fid: 5n, action: 3 }, at(Number(fid % 5n))),
    aChannelPin({ channelId, castHash: new Uint8Array(20).fill(Number(fid % 9n)) }, at(2)),
    aVerificationAdd({ address }, at(1)),
  ];
}

const MESSAGES = FIDS.flatMap(messagesOf);

const ON_CHAIN_EVENTS = FIDS.flatMap((fid) => {
  const at = (blockNumber: number, seed = blockNumber) => ({
    fid,
    blockNumber,
    seed,
    blockTimestamp: 1_740_000_000n + BigInt(blockNumber) * 10_000_000n,
  });
  const key = new Uint8Array(32).fill(3);
  return [
    anIdRegisterEvent({ eventType: 1 }, at(1)),
    anIdRegisterEvent({ eventType: 2, to: address }, at(2)),
    anIdRegisterEvent({ eventType: 3 }, at(2, 9)),
    aSignerEvent({ key, eventType: 1 }, at(1)),
    aSignerEvent({ key, eventType: 2 }, at(2)),
    aSignerEvent({ key, eventType: 3, keyType: 0 }, at(3)),
    aStorageRentEvent({ units: 3 }, at(1)),
    aStorageRentEvent({ units: 5 }, at(4)),
    aTierPurchaseEvent({ forDays: 30n }, at(1)),
    aTierPurchaseEvent({ forDays: 300n }, at(2)),
    aTierPurchaseEvent({ forDays: 30n }, at(3)),
  ];
});

const CHANNEL_EVENTS = ([1, 2, 3, 1] as const).map((eventType, place) =>
  aChannelRegisterEvent(
    {
      label: channelId,
      channelKey: "memes",
      eventType,
      expiry: BigInt(1_800_000_000 + place),
      ownerAddress: place === 2 ? address : new Uint8Array(20).fill(place),
    },
    { blockNumber: place, seed: place },
  ),
);

const PROOFS = [1n, 42n, 0n, 1234n, 1n].map((fid, index) =>
  anFnameProof({ fid, timestamp: 1_700_000_000n + BigInt(index >> 1) }),
);

const message = fc.constantFrom(...MESSAGES);
const proof = fc.constantFrom(...PROOFS);

/** Nothing says that a node would send these in this order, or together. */
const event: fc.Arbitrary<HubEvent> = fc.oneof(
  { weight: 6, arbitrary: message.map((merged) => aMergeMessageEvent(merged)) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(message, message)
      .filter(([merged, deleted]) => merged !== deleted)
      .map(([merged, deleted]) => aMergeMessageEvent(merged, [deleted])),
  },
  { weight: 2, arbitrary: message.map((pruned) => aPruneMessageEvent(pruned)) },
  { weight: 2, arbitrary: message.map((revoked) => aRevokeMessageEvent(revoked)) },
  {
    weight: 5,
    arbitrary: fc.constantFrom(...ON_CHAIN_EVENTS).map((each) => aMergeOnChainEvent(each)),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(...CHANNEL_EVENTS).map((each) => aMergeOnChainEvent(each)),
  },
  {
    weight: 3,
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

function place(events: readonly HubEvent[]): readonly PlacedChange[] {
  return events.flatMap((each, index) =>
    SHARD_IDS.flatMap((shardId) => {
      const context = anEventContext({
        shardId,
        homeShardOf: (fid) => HOMES.get(fid) ?? 1,
        at: fromFarcasterTime(START + index),
      });
      const id = firstPositionOf(BigInt(index + 1)) + 1n;
      const { changes } = processHubEvent({ ...each, id }, context);
      return changes.map((change) => ({ shardId, change }));
    }),
  );
}

/** What 20 to 60 events do, one event in each block, both shards telling of each. */
export const placedChanges: fc.Arbitrary<readonly PlacedChange[]> = fc
  .array(event, { minLength: 20, maxLength: 60 })
  .map(place);
