// A mirror proved against the node, from its snapshots on, through blocks.
import type { NodeClient } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import type { Store } from "@snaprag/storage";
import { afterEach, describe, expect, it } from "vitest";
import type { ShardVerification, VerifyOptions } from "../../src/index.ts";
import { verifyStore } from "../../src/index.ts";
import { newStore, startDevnet, sync } from "../support/mirrors.ts";

let devnet: Devnet;
let client: NodeClient;

afterEach(async () => {
  await client.close();
  await devnet.stop();
});

async function start(options: Parameters<typeof startDevnet>[0] = {}): Promise<Store> {
  devnet = await startDevnet({ users: 30, messages: 2000, ...options });
  client = createNodeClient({ endpoint: devnet.endpoint });
  const store = newStore();
  await sync(devnet, store);
  return store;
}

async function verify(
  store: Store,
  options: Partial<VerifyOptions> = {},
): Promise<readonly ShardVerification[]> {
  const found: ShardVerification[] = [];
  for await (const shard of verifyStore({ client, store, ...options })) found.push(shard);
  return found;
}

describe("the download", () => {
  it("is proved against the snapshot's block", async () => {
    const store = await start({ gaslessKeys: false });
    const proofs = (await store.listShards()).filter(({ shardId }) => shardId > 0);
    expect(proofs.map(({ proof }) => proof?.status)).toEqual(["proved", "proved"]);
    expect(proofs.map(({ proof }) => proof?.opaqueLeafCount)).toEqual([0n, 0n]);
  });

  it("is proved around gasless keys, which go in by hash", async () => {
    const store = await start({ gaslessKeys: true });
    const proofs = (await store.listShards()).filter(({ shardId }) => shardId > 0);
    expect(proofs.map(({ proof }) => proof?.status)).toEqual(["proved", "proved"]);
    expect(proofs.some(({ proof }) => (proof?.opaqueLeafCount ?? 0n) > 0n)).toBe(true);
  });
});

describe("verifyStore()", () => {
  it("proves every leaf of every shard from the rows", async () => {
    const store = await start();
    for (let round = 0; round < 4; round++) {
      const found = await verify(store);
      expect(
        found.map(({ status, differences, pending }) => [status, differences, pending]),
      ).toEqual([
        ["proved", [], []],
        ["proved", [], []],
      ]);
      await devnet.produceBlock(40);
      await sync(devnet, store);
    }
  });
});
