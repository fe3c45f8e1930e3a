// Storage: limits, pruning, expiry and lends. docs/protocol.md 6.4, 6.8, 6.10.
import { HubEventType, OnChainEventType } from "@snaprag/proto";
import { describe, expect, it } from "vitest";
import { toUnixSeconds } from "../../src/engine/farcaster-time.ts";
import { limitOf, readRent } from "../../src/engine/state/storage/storage-units.ts";
import { buildOnChainEvent } from "../../src/index.ts";
import { cast, compact, lend, link } from "../support/bodies.ts";
import type { TestNetwork } from "../support/test-network.ts";
import { createTestNetwork, nameOf, START } from "../support/test-network.ts";

const YEAR = 365n * 86_400n;

function rentAt(blockTimestamp: bigint) {
  const value = { payer: new Uint8Array(), units: 3, expiry: 1 };
  const body = { $case: "storageRentEventBody", value } as const;
  return readRent(buildOnChainEvent({ fid: 1n, body, blockNumber: 1, blockTimestamp }));
}

/** Fills a fid's casts to the limit of one unit; returns them oldest first. */
function fillCasts(network: TestNetwork, fid: bigint) {
  const casts = Array.from({ length: 100 }, (_, index) =>
    network.say(fid, "castAdd", cast(`cast ${index}`), { timestamp: START - 1000 + index }),
  );
  network.block();
  return casts;
}

describe("rented units", () => {
  it.each([
    ["legacy", 1_724_889_599n, 0, 4n],
    ["2024, from its first second", 1_724_889_600n, 1, 3n],
    ["2024, to its last second", 1_752_425_999n, 1, 3n],
    ["2025", 1_752_426_000n, 2, 2n],
    ["2025, to its last second", 1_781_283_599n, 2, 2n],
    ["later", 1_781_283_600n, 2, 1n],
  ])("last by when they were rented, whatever the event says: %s", (_, time, unitType, years) => {
    expect(rentAt(time)).toEqual({ unitType, units: 3, expiresAt: time + years * YEAR });
  });

  it.each([
    ["casts", [5000, 2000, 100]],
    ["links", [2500, 1000, 200]],
    ["reactions", [2500, 1000, 200]],
    ["userData", [50, 50, 25]],
    ["verifications", [25, 25, 5]],
    ["usernameProofs", [5, 5, 2]],
  ] as const)("hold so many %s", (store, limits) => {
    expect([
      limitOf(store, [1, 0, 0]),
      limitOf(store, [0, 1, 0]),
      limitOf(store, [0, 0, 1]),
    ]).toEqual(limits);
    expect(limitOf(store, [2, 1, 3])).toBe(2 * limits[0] + limits[1] + 3 * limits[2]);
  });
});

describe("pruning", () => {
  it("deletes the oldest by timestamp, adds and removes alike, down to the limit", async () => {
    const network = await createTestNetwork();
    network.register([1n]);
    const casts = fillCasts(network, 1n);
    const removal = network.say(1n, "castRemove", { targetHash: casts[50]!.hash });
    expect(network.block().told(1)).toEqual([`merge ${nameOf(removal)} -${nameOf(casts[50])}`]);

    const first = network.say(1n, "castAdd", cast("one more"));
    const second = network.say(1n, "castAdd", cast("and one more"), {
      timestamp: network.now() + 1,
    });
    expect(network.block().told(1)).toEqual([
      `merge ${nameOf(first)}`,
      `merge ${nameOf(second)}`,
      `prune ${nameOf(casts[0])}`,
      `prune ${nameOf(casts[1])}`,
    ]);
  });

  it("reaches a removal once it is the oldest", async () => {
    const network = await createTestNetwork();
    network.register([1n]);
    const removal = network.say(
      1n,
      "castRemove",
      { targetHash: new Uint8Array(20) },
      { timestamp: START - 5000 },
    );
    network.block();
    fillCasts(network, 1n);
    const cause = network.say(1n, "castAdd", cast("last"));

    expect(network.block().told(1)[1]).not.toBe(`prune ${nameOf(removal)}`);
    expect(network.holds(1, removal)).toBe(false);
    expect(network.holds(1, cause)).toBe(true);
  });

  it("spares what the block itself merged, and may name what the block has deleted", async () => {
    const network = await createTestNetwork();
    network.register([1n]);
    const casts = fillCasts(network, 1n);
    const oldest = casts[0];
    const removal = network.say(1n, "castRemove", { targetHash: oldest!.hash });
    const older = network.say(1n, "castAdd", cast("older than all"), { timestamp: START - 9000 });

    // Usage is 101, and the walk over the committed casts begins with the one that was just removed:
    // once for each type that was merged.
    expect(network.block().told(1)).toEqual([
      `merge ${nameOf(older)}`,
      `merge ${nameOf(removal)} -${nameOf(oldest)}`,
      `prune ${nameOf(oldest)}`,
      `prune ${nameOf(oldest)}`,
    ]);
    expect(network.shard(1).state.stores.casts.count(1n)).toBe(101);
  });

  it("counts link compact states but never deletes them", async () => {
    const network = await createTestNetwork();
    network.register([1n]);
    const targets = Array.from({ length: 199 }, (_, index) => BigInt(index + 10));
    const at = { timestamp: START - 500 };
    const state = network.say(1n, "linkCompactState", compact(targets), { timestamp: START - 900 });
    network.block();
    const links = targets.map((fid) => network.say(1n, "linkAdd", link(fid), at));
    network.block();
    const last = network.say(1n, "linkAdd", link(5000n), { timestamp: START });
    const oldest = links.sort((a, b) => Buffer.compare(a.hash, b.hash))[0];

    expect(network.block().told(1)).toEqual([`merge ${nameOf(last)}`, `prune ${nameOf(oldest)}`]);
    expect(network.holds(1, state)).toBe(true);
  });

  it("waits for the next merge when storage expires", async () => {
    const network = await createTestNetwork();
    network.register([1n]);
    const kept = network.say(1n, "castAdd", cast("gm"));
    network.block();
    network.skip(Number(YEAR) + 10);
    expect(network.block().told(1)).toEqual([]);

    const removal = network.say(1n, "castRemove", { targetHash: new Uint8Array(20) });
    expect(network.block().told(1)).toEqual([`merge ${nameOf(removal)}`, `prune ${nameOf(kept)}`]);
  });

  it("does not start for a message that failed", async () => {
    const network = await createTestNetwork();
    network.register([1n]);
    const message = network.say(1n, "castAdd", cast("gm"));
    network.block();
    network.skip(Number(YEAR) + 10);
    network.submitMessage(message);

    expect(network.block().told(1)).toEqual([`fail ${nameOf(message)} bad_request.duplicate`]);
  });
});

describe("storage lends", () => {
  const LENDER = 1n;
  const BORROWER = 2n;

  async function networkOfTwo() {
    const network = await createTestNetwork();
    network.register([LENDER, BORROWER], 5);
    return network;
  }

  function keysOf(network: TestNetwork, shardId: number): bigint[] {
    const leaves = [...network.shard(shardId).state.trie.leaves()];
    return leaves
      .filter(({ key }) => key[5] === 0x78)
      .map(({ key }) => BigInt(Buffer.from(key).readUInt32BE(1)))
      .sort();
  }

  it("stand on every data shard, under the lender and the borrower", async () => {
    const network = await networkOfTwo();
    const message = network.say(LENDER, "lendStorage", lend(BORROWER, 2n));
    const block = network.block();

    expect([block.told(1), block.told(2)]).toEqual([
      [`merge ${nameOf(message)}`],
      [`merge ${nameOf(message)}`],
    ]);
    expect([keysOf(network, 1), keysOf(network, 2)]).toEqual([
      [LENDER, BORROWER],
      [LENDER, BORROWER],
    ]);
    const live = [...network.network.listLive()].filter((entry) => entry.kind === "message");
    expect(live).toMatchObject([{ fid: LENDER, homeShardId: 1 }]);
  });

  it("move units from the lender to the borrower", async () => {
    const network = await networkOfTwo();
    network.say(LENDER, "lendStorage", lend(BORROWER, 2n));
    network.block();
    const now = toUnixSeconds(BigInt(network.now()));
    const unitsOf = (shardId: number, fid: bigint) =>
      network.shard(shardId).state.usableUnits(fid, now);

    expect([unitsOf(1, LENDER), unitsOf(2, BORROWER)]).toEqual([
      [0, 0, 3],
      [0, 0, 7],
    ]);
  });

  it("are replaced by a later lend to the same borrower", async () => {
    const network = await networkOfTwo();
    const first = network.say(LENDER, "lendStorage", lend(BORROWER, 2n));
    network.block();
    const second = network.say(LENDER, "lendStorage", lend(BORROWER, 5n));

    expect(network.block().told(1)).toEqual([`merge ${nameOf(second)} -${nameOf(first)}`]);
    const now = toUnixSeconds(BigInt(network.now()));
    expect(network.shard(1).state.usableUnits(LENDER, now)).toEqual([0, 0, 0]);
  });

  it("end with a lend of nothing, which is merged and pruned at once", async () => {
    const network = await networkOfTwo();
    const first = network.say(LENDER, "lendStorage", lend(BORROWER, 2n));
    network.block();
    const end = network.say(LENDER, "lendStorage", lend(BORROWER, 0n));

    expect(network.block().told(2)).toEqual([
      `merge ${nameOf(end)} -${nameOf(first)}`,
      `prune ${nameOf(end)}`,
    ]);
    expect([keysOf(network, 1), keysOf(network, 2)]).toEqual([[], []]);
    const now = toUnixSeconds(BigInt(network.now()));
    expect(network.shard(1).state.usableUnits(LENDER, now)).toEqual([0, 0, 5]);
  });

  it.each([
    ["of more units than the lender has", lend(BORROWER, 6n), 0],
    ["to oneself", lend(LENDER, 1n), 0],
    ["to nobody", lend(77n, 1n), 0],
    ["of more than ten minutes ago", lend(BORROWER, 1n), 700],
  ])("are turned down by shard 0 without a trace: %s", async (_, body, age) => {
    const network = await networkOfTwo();
    network.say(LENDER, "lendStorage", body, { timestamp: network.now() - age });
    const block = network.block();

    expect([block.told(1), block.told(2)]).toEqual([[], []]);
  });

  it("leave limits alone on shards where a replica was pruned", async () => {
    const network = await networkOfTwo();
    network.say(LENDER, "lendStorage", lend(BORROWER, 2n));
    const block = network.block();

    const pruned = block.stored(1).filter(({ type }) => type === HubEventType.PRUNE_MESSAGE);
    expect(pruned).toEqual([]);
    expect(
      network.shard(2).state.onChain.list(LENDER, OnChainEventType.EVENT_TYPE_STORAGE_RENT),
    ).toEqual([]);
  });
});
