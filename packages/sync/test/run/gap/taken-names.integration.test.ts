// Accounts that lost something to another in a gap, which no block tells of them.
import type { Devnet, Submission } from "@snaprag/devnet";
import { buildMessage, createSigner } from "@snaprag/devnet";
import { fromFarcasterTime, toFarcasterTime, toUnixSeconds } from "@snaprag/processors";
import { UserNameType } from "@snaprag/proto";
import type { Store } from "@snaprag/storage";
import { homeShardOf } from "@snaprag/verify";
import { afterEach, expect, it } from "vitest";
import type { Author } from "../../support/accounts.ts";
import { findFid, register } from "../../support/accounts.ts";
import { differences, newStore, startDevnet, sync } from "../../support/mirrors.ts";

let devnet: Devnet;

afterEach(() => devnet.stop());

/** An account at home in shard 1, by the number of it. */
function authorOf(number: number): Author {
  const isHere = (fid: bigint) => homeShardOf(fid, 2) === 1 && fid % 7n === BigInt(number);
  return { fid: findFid(isHere), signer: createSigner(`author ${number}`) };
}

/** A proof of an ENS name, at a time in Farcaster seconds. */
function proveName({ fid, signer }: Author, timestamp: number): Submission {
  const body = {
    timestamp: toUnixSeconds(fromFarcasterTime(timestamp)),
    name: Buffer.from("gap.eth"),
    owner: signer.publicKey.subarray(0, 20),
    signature: new Uint8Array(65),
    fid,
    type: UserNameType.USERNAME_TYPE_ENS_L1,
  };
  const message = buildMessage({ type: "usernameProof", timestamp, body, fid, signer });
  return { kind: "message", message };
}

async function errorCountOf(store: Store): Promise<number> {
  return (await store.listShards()).find(({ shardId }) => shardId === 1)?.errorCount ?? 0;
}

it("are found by the proof of all rows, which is made once more", async () => {
  const [holder, taker] = [authorOf(1), authorOf(2)];
  const timestamp = toFarcasterTime(new Date(Date.UTC(2026, 8, 10)));
  devnet = await startDevnet({ users: 10, messages: 0, trafficPerBlock: 0 });
  for (const { fid, signer } of [holder, taker]) devnet.submit(...register(fid, { ...signer }));
  await devnet.produceBlock();
  devnet.submit(proveName(holder, timestamp));
  await devnet.produceBlock();
  devnet.takeSnapshot();
  const store = newStore();
  await sync(devnet, store);
  const holdersOf = async () => {
    const fids: bigint[] = [];
    for await (const { row, state } of store.listRows("username_proofs")) {
      if (state.isLive) fids.push(row.fid);
    }
    return fids;
  };
  expect(await holdersOf()).toEqual([holder.fid]);
  devnet.submit(proveName(taker, timestamp + 10));
  await devnet.produceBlock(5);
  devnet.takeSnapshot();
  devnet.pruneEvents();
  await devnet.produceBlock();
  const before = await errorCountOf(store);

  await sync(devnet, store);

  expect(await differences(devnet, store)).toEqual([]);
  expect(await holdersOf()).toEqual([taker.fid]);
  // That the events were gone, and whom the proof found.
  expect((await errorCountOf(store)) - before).toBe(2);
});
