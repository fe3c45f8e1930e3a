// Who holds an account, who signs for it, and how long it is a pro one.
import { createHash } from "node:crypto";
import { firstPositionOf, processMessage } from "@snaprag/processors";
import {
  aKeyAdd,
  aKeyRemove,
  aMergeOnChainEvent,
  anEventContext,
  anIdRegisterEvent,
  aSignerEvent,
  aTierPurchaseEvent,
} from "@snaprag/processors/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Mirror } from "../support/open-mirror.ts";
import { openMirror } from "../support/open-mirror.ts";
import { BLOCK_TIME, batchOf } from "../support/stores.ts";

let mirror: Mirror;

beforeEach(async () => {
  mirror = await openMirror();
});
afterEach(() => mirror[Symbol.asyncDispose]());

const bytes = (seed: number, length: number) => Uint8Array.from({ length }, () => seed);

describe("fids", () => {
  it("follows custody and recovery by the order of events on the chain", async () => {
    await mirror.merge(
      aMergeOnChainEvent(
        anIdRegisterEvent(
          { eventType: 2, to: bytes(2, 20), recoveryAddress: new Uint8Array() },
          { blockNumber: 20, seed: 1 },
        ),
      ),
      aMergeOnChainEvent(
        anIdRegisterEvent(
          { eventType: 1, to: bytes(1, 20), recoveryAddress: bytes(8, 20) },
          { blockNumber: 10 },
        ),
      ),
      aMergeOnChainEvent(
        anIdRegisterEvent(
          { eventType: 3, to: new Uint8Array(), recoveryAddress: bytes(9, 20) },
          { blockNumber: 30, seed: 2 },
        ),
      ),
    );

    const [account] = await mirror.select("select * from fids where fid = 1");

    expect(account).toMatchObject({
      shard_id: 1,
      virtual_shard: 168,
      custody_address: Buffer.from(bytes(2, 20)),
      recovery_address: Buffer.from(bytes(9, 20)),
    });
    expect(account.registered_at).toBeInstanceOf(Date);
  });

  it("are at home where the protocol's vectors say", async () => {
    const homes = [0n, 1n, 2n, 3n, 42n, 100n, 1000n, 1001n, 1003n, 1234n, 12_345n];

    const rows = await mirror.select("select home_shard_of(unnest($1::int8[]), 2) as home", homes);

    expect(rows.map(({ home }) => home)).toEqual([1, 1, 2, 1, 2, 2, 1, 1, 2, 1, 2]);
  });

  it("are at home by a digest of the fid, in any number of shards", async () => {
    const fids = [1n, 2n, 3n, 1_500_000n, 4_294_967_295n];
    const digests = fids.map((fid) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(Number(fid));
      return createHash("sha256").update(bytes).digest();
    });

    const rows = await mirror.select(
      "select home_shard_of(fid, 1000003) as home, virtual_shard_of(fid) as virtual from unnest($1::int8[]) as fid",
      fids,
    );

    expect(rows).toEqual(
      digests.map((digest) => ({
        home: (digest.readUInt32BE() % 1_000_003) + 1,
        virtual: digest.readUInt8(3),
      })),
    );
  });
});

describe("signers", () => {
  const signer = (eventType: 1 | 2 | 3, seed: number, blockNumber: number, keyType = 1) =>
    aMergeOnChainEvent(
      aSignerEvent(
        { key: bytes(seed, 32), eventType, keyType },
        {
          blockNumber,
          seed: blockNumber * 10 + seed,
          blockTimestamp: 1_700_000_000n + BigInt(blockNumber),
        },
      ),
    );
  const at = (blockNumber: number) => new Date((1_700_000_000 + blockNumber) * 1000);

  it("are active when added last, or reset by the administrator after an addition", async () => {
    await mirror.merge(
      signer(1, 1, 10),
      signer(1, 2, 10),
      signer(2, 2, 20),
      signer(1, 3, 10),
      signer(2, 3, 20),
      // The contract's event of a reset says nothing of the kind of key.
      signer(3, 3, 30, 0),
      signer(3, 4, 30),
      // A key to log in with, not to sign with.
      signer(1, 5, 10, 2),
    );

    const rows = await mirror.select("select * from signers order by key");
    const shown = rows.map(({ key, is_active, added_at, removed_at }) => {
      return [key[0], is_active, added_at, removed_at];
    });

    expect(shown).toEqual([
      [1, true, at(10), null],
      [2, false, at(10), at(20)],
      [3, true, at(10), null],
      [4, false, null, null],
      [5, false, at(10), null],
    ]);
  });

  it("are gasless keys too, until they are removed", async () => {
    const { store, select } = mirror;
    const context = anEventContext({ shardId: 0, homeShardOf: () => 1, at: BLOCK_TIME });
    const add = (seed: number, nonce: number) =>
      aKeyAdd({ key: bytes(seed, 32), nonce, ttl: 100 }, { timestamp: nonce });
    const messages = [add(1, 1), add(2, 2), add(1, 3), aKeyRemove({ key: bytes(2, 32), nonce: 4 })];
    await store.startRealtime(0, 0n);
    const changes = messages.flatMap((message, index) => {
      return processMessage(message, context, firstPositionOf(1n) + BigInt(index) + 1n).changes;
    });
    for (const [index, change] of changes.entries()) {
      const batch = batchOf(BigInt(index + 1), [change]);
      await store.applyBlocks({ ...batch, shardId: 0 });
    }

    const rows = await select("select * from signers order by key");

    expect(rows).toMatchObject([
      { source: "gasless", is_active: true, removed_at: null, ttl_seconds: "100" },
      { source: "gasless", is_active: false, removed_at: BLOCK_TIME },
    ]);
    expect(rows[0].added_at).toEqual(new Date("2021-01-01T00:00:03Z"));
  });
});

describe("tier_periods", () => {
  it("begin when bought, or when the time bought before has passed", async () => {
    const day = 86_400;
    const buy = (atDay: number, forDays: bigint) =>
      aMergeOnChainEvent(
        aTierPurchaseEvent(
          { forDays },
          {
            blockNumber: atDay,
            seed: atDay,
            blockTimestamp: BigInt(1_700_000_000 + atDay * day),
          },
        ),
      );
    // Out of order: the chain decides.
    await mirror.merge(buy(100, 30n), buy(20, 30n), buy(0, 30n));

    const rows = await mirror.select(
      "select extract(epoch from starts_at)::int as starts, extract(epoch from expires_at)::int as ends from tier_periods order by purchased_at",
    );

    expect(
      rows.map(({ starts, ends }) => [starts, ends].map((time) => (time - 1_700_000_000) / day)),
    ).toEqual([
      [0, 30],
      [30, 60],
      [100, 130],
    ]);
  });

  it("can be queried whatever number of days was bought", async () => {
    const days = [2n ** 64n - 1n, 2n ** 63n - 1n];
    await mirror.merge(
      ...days.map((forDays, seed) => aMergeOnChainEvent(aTierPurchaseEvent({ forDays }, { seed }))),
    );

    const rows = await mirror.select("select expires_at from tier_periods");

    expect(rows).toEqual(days.map(() => ({ expires_at: new Date("9999-12-31T23:59:59Z") })));
  });
});
