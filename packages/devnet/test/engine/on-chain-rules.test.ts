// On-chain events and what follows from them: docs/protocol.md 6.7, 6.10.
import type { OnChainEvent } from "@snaprag/proto";
import { IdRegisterEventType, SignerEventType, TierType } from "@snaprag/proto";
import { describe, expect, it } from "vitest";
import { createOnChainStore } from "../../src/engine/state/on-chain-store.ts";
import { buildOnChainEvent, createSigner } from "../../src/index.ts";
import { signerBody } from "../../src/traffic/authoring/on-chain-events.ts";
import { cast } from "../support/bodies.ts";
import { createTestNetwork, custodyOf, nameOf, signerOf } from "../support/test-network.ts";

const FID = 1n;
const key = createSigner("a key").publicKey;
const { ADD, REMOVE, ADMIN_RESET } = SignerEventType;
const { REGISTER, TRANSFER, CHANGE_RECOVERY } = IdRegisterEventType;

function signerEvent(eventType: SignerEventType, blockNumber: number, logIndex = 0): OnChainEvent {
  const body = signerBody(key, eventType);
  return buildOnChainEvent({ fid: FID, body, blockNumber, blockTimestamp: 0n, logIndex });
}

function idEvent(eventType: IdRegisterEventType, blockNumber: number, to: bigint): OnChainEvent {
  const value = {
    to: custodyOf(to),
    eventType,
    from: new Uint8Array(),
    recoveryAddress: new Uint8Array(),
  };
  const body = { $case: "idRegisterEventBody", value } as const;
  return buildOnChainEvent({ fid: FID, body, blockNumber, blockTimestamp: 0n });
}

function storeOf(events: readonly OnChainEvent[]) {
  const store = createOnChainStore();
  for (const event of events) store.merge(event);
  return store;
}

describe("signers", () => {
  it.each([
    ["added", [signerEvent(ADD, 1)], true],
    ["removed", [signerEvent(ADD, 1), signerEvent(REMOVE, 2)], false],
    ["removed in a block that came late", [signerEvent(REMOVE, 2), signerEvent(ADD, 1)], false],
    ["added last within a block", [signerEvent(REMOVE, 1), signerEvent(ADD, 1, 1)], true],
    ["reset", [signerEvent(ADD, 1), signerEvent(REMOVE, 2), signerEvent(ADMIN_RESET, 3)], true],
    [
      "reset before the removal",
      [signerEvent(ADD, 1), signerEvent(ADMIN_RESET, 2), signerEvent(REMOVE, 3)],
      false,
    ],
  ])("are active or not by their last event: %s", (_, events, isActive) => {
    const store = storeOf(events);

    expect(store.findSigner(FID, key) !== undefined).toBe(isActive);
    expect(store.listSigners(FID)).toHaveLength(isActive ? 1 : 0);
  });

  it("must be Ed25519 keys", () => {
    const event = signerEvent(ADD, 1);
    if (event.body?.$case === "signerEventBody") event.body.value.keyType = 2;

    expect(storeOf([event]).findSigner(FID, key)).toBeUndefined();
  });

  it("lose their messages nothing when removed, but cannot sign from then on", async () => {
    const network = await createTestNetwork();
    network.register([FID]);
    const kept = network.say(FID, "castAdd", cast("gm"));
    network.block();
    network.onChain(FID, signerBody(signerOf(FID).publicKey, REMOVE));
    const refused = network.say(FID, "castAdd", cast("late"));

    expect(network.block().told(1)).toEqual([
      "chain 1",
      `fail ${nameOf(refused)} bad_request.validation_failure`,
    ]);
    expect(network.holds(1, kept)).toBe(true);
  });
});

describe("custody", () => {
  it.each([
    ["transferred", [idEvent(REGISTER, 1, 5n), idEvent(TRANSFER, 2, 6n)], 6n],
    ["transferred late", [idEvent(TRANSFER, 2, 6n), idEvent(REGISTER, 1, 5n)], 6n],
    ["recovery changed", [idEvent(REGISTER, 1, 5n), idEvent(CHANGE_RECOVERY, 2, 6n)], 5n],
  ])("is with the last owner of the chain: %s", (_, events, owner) => {
    const store = storeOf(events);

    expect(store.findCustody(FID)?.body).toMatchObject({ value: { to: custodyOf(owner) } });
    expect(store.findCustodyByAddress(custodyOf(owner))?.fid).toBe(FID);
    expect(store.registeredFids()).toEqual([FID]);
  });
});

describe("pro subscriptions", () => {
  it("add up, and start anew after a gap", () => {
    const purchase = (blockNumber: number, blockTimestamp: bigint, forDays: bigint) => {
      const value = { tierType: TierType.Pro, forDays, payer: new Uint8Array() };
      const body = { $case: "tierPurchaseEventBody", value } as const;
      return buildOnChainEvent({ fid: FID, body, blockNumber, blockTimestamp });
    };
    const day = 86_400n;

    expect(storeOf([]).proExpiry(FID)).toBe(0n);
    const overlapping = [purchase(1, 1000n, 30n), purchase(2, 2000n, 10n)];
    expect(storeOf(overlapping).proExpiry(FID)).toBe(1000n + 40n * day);
    expect(storeOf(overlapping.toReversed()).proExpiry(FID)).toBe(1000n + 40n * day);
    const apart = [purchase(1, 1000n, 1n), purchase(2, 1000n + 9n * day, 1n)];
    expect(storeOf(apart).proExpiry(FID)).toBe(1000n + 10n * day);
  });
});

describe("merging on-chain events", () => {
  it("goes by the chain's order within a transaction", async () => {
    const network = await createTestNetwork();
    network.register([FID]);
    const removed = network.onChain(FID, signerBody(key, REMOVE), { blockNumber: 900 });
    const added = network.onChain(FID, signerBody(key, ADD), { blockNumber: 899 });
    const block = network.block();

    const merged = block.events(1).map(({ body }) => body?.value);
    expect(merged).toEqual([{ onChainEvent: added }, { onChainEvent: removed }]);
    expect(network.shard(1).state.onChain.findSigner(FID, key)).toBeUndefined();
  });

  it("announces an event again when it is merged again, and changes nothing", async () => {
    const network = await createTestNetwork();
    network.register([FID]);
    const event = network.onChain(FID, signerBody(key, ADD));
    network.block();
    const leafCount = network.shard(1).state.trie.leafCount;
    network.network.mempool.add({ kind: "onChainEvent", event });

    expect(network.block().told(1)).toEqual(["chain 1"]);
    expect(network.shard(1).state.trie.leafCount).toBe(leafCount);
  });

  it("happens on the fid's home shard and on shard 0, nowhere else", async () => {
    const network = await createTestNetwork();
    network.register([2n]);

    expect(network.shard(1).state.trie.leafCount).toBe(0);
    expect(network.shard(2).state.trie.leafCount).toBe(3);
    expect(network.network.blockShard.state.trie.leafCount).toBe(3);
  });
});
