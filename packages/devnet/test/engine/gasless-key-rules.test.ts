// Gasless keys: docs/protocol.md 1.6, 2.4, 6.9.
import { describe, expect, it } from "vitest";
import { createSigner } from "../../src/index.ts";
import { cast, keyAdd, keyRemove } from "../support/bodies.ts";
import { claimedCounts, createTestNetwork, nameOf } from "../support/test-network.ts";

const FID = 1n;
const key = createSigner("key");
const signedByKey = { signer: key };

async function networkOfOne() {
  const network = await createTestNetwork();
  network.register([FID]);
  return network;
}

describe("gasless keys", () => {
  it("are announced live without an id, counted, and never stored", async () => {
    const network = await networkOfOne();
    const added = network.say(FID, "keyAdd", keyAdd(key.publicKey, 1), signedByKey);
    const block = network.block();

    expect(block.told(1)).toEqual([`merge ${nameOf(added)}`]);
    expect(block.events(1)).toMatchObject([{ id: 0n, blockNumber: 0n, shardIndex: 1 }]);
    expect(block.stored(1)).toHaveLength(1);
    expect(claimedCounts(block.stored(1))).toEqual({ 1: 1n, 11: 1n });
    expect(network.holds(1, added)).toBe(true);
  });

  it("are known on the home shard only, while every shard takes note of the block event", async () => {
    const network = await networkOfOne();
    network.say(FID, "keyAdd", keyAdd(key.publicKey, 1), signedByKey);
    const block = network.block();

    expect(block.told(2)).toEqual([]);
    expect(block.stored(2)[0]?.body).toMatchObject({ value: { maxBlockEventSeqnum: 1n } });
  });

  it("replace the record when the same fid adds its key again", async () => {
    const network = await networkOfOne();
    const first = network.say(FID, "keyAdd", keyAdd(key.publicKey, 1), signedByKey);
    network.block();
    const second = network.say(FID, "keyAdd", keyAdd(key.publicKey, 2), signedByKey);

    expect(network.block().told(1)).toEqual([`merge ${nameOf(second)} -${nameOf(first)}`]);
    expect(network.holds(1, first)).toBe(false);
  });

  it("leave only a trie key behind when removed", async () => {
    const network = await networkOfOne();
    const added = network.say(FID, "keyAdd", keyAdd(key.publicKey, 1), signedByKey);
    network.block();
    const removed = network.say(FID, "keyRemove", keyRemove(key.publicKey, 2), signedByKey);
    const block = network.block();

    expect(block.told(1)).toEqual([`merge ${nameOf(removed)} -${nameOf(added)}`]);
    expect(block.events(1)).toMatchObject([{ id: 0n }]);
    expect([network.holds(1, added), network.holds(1, removed)]).toEqual([false, true]);
    const live = [...network.network.listLive()].filter((entry) => entry.kind === "message");
    expect(live).toMatchObject([{ messageType: 17, hash: removed.hash }]);
  });

  it.each([
    ["a nonce that was used", 1n, keyAdd(createSigner("b").publicKey, 1)],
    ["a key of another fid", 3n, keyAdd(key.publicKey, 1)],
    ["a deadline that has passed", 3n, { ...keyAdd(createSigner("b").publicKey, 1), deadline: 9 }],
    ["too long a time to live", 3n, { ...keyAdd(createSigner("b").publicKey, 1), ttl: 7_776_001 }],
    ["no time to live", 3n, { ...keyAdd(createSigner("b").publicKey, 1), ttl: 0 }],
  ])("are refused without a trace: %s", async (_, fid, body) => {
    const network = await networkOfOne();
    network.register([3n]);
    network.say(FID, "keyAdd", keyAdd(key.publicKey, 1), signedByKey);
    network.block();
    const refused = network.say(fid, "keyAdd", body, signedByKey);

    expect(network.block().told(1)).toEqual([]);
    expect(network.holds(1, refused)).toBe(false);
  });

  it("cannot be removed when they are not there", async () => {
    const network = await networkOfOne();
    const removed = network.say(FID, "keyRemove", keyRemove(key.publicKey, 1), signedByKey);
    network.block();

    expect(network.holds(1, removed)).toBe(false);
  });

  it("sign what their scopes allow, until they have not been used for too long", async () => {
    const network = await networkOfOne();
    network.say(FID, "keyAdd", { ...keyAdd(key.publicKey, 1), ttl: 100 }, signedByKey);
    network.block();
    const allowed = network.say(FID, "castAdd", cast("gm"), signedByKey);
    const outOfScope = network.say(FID, "castRemove", { targetHash: allowed.hash }, signedByKey);
    expect(network.block().told(1)).toEqual([
      `merge ${nameOf(allowed)}`,
      `fail ${nameOf(outOfScope)} bad_request.validation_failure`,
    ]);

    network.skip(90);
    const inTime = network.say(FID, "castAdd", cast("again"), signedByKey);
    expect(network.block().told(1)).toEqual([`merge ${nameOf(inTime)}`]);

    network.skip(110);
    const tooLate = network.say(FID, "castAdd", cast("late"), signedByKey);
    expect(network.block().told(1)).toEqual([
      `fail ${nameOf(tooLate)} bad_request.validation_failure`,
    ]);
  });
});
