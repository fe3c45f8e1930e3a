// Accounts of which no page can be served, at home and on the other shard.
import type { NodeClient } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import { homeShardOf, virtualShardOf } from "@snaprag/verify";
import { afterEach, describe, expect, it } from "vitest";
import type { FetchedAccount } from "../../../src/historical/accounts/fetch-account.ts";
import { fetchAccount } from "../../../src/historical/accounts/fetch-account.ts";
import { accountPrefix, readTrieNode } from "../../../src/proof/node/trie-node.ts";
import { startDevnet } from "../../support/mirrors.ts";

const { signal } = new AbortController();

let devnet: Devnet;
let client: NodeClient;

afterEach(async () => {
  await client.close();
  await devnet.stop();
});

/** A user of a devnet whose node serves no page; each has a name, which both shards have. */
async function startWithoutPages(): Promise<bigint> {
  devnet = await startDevnet({ users: 10, messages: 200, trafficPerBlock: 0 });
  client = createNodeClient({ endpoint: devnet.endpoint });
  const message = "Failed to get transactions: Invalid message type for FID 1: KeyAdd";
  devnet.setFaults({ rpcErrors: [{ method: "GetShardTransactions", code: 13, message }] });
  for (const entry of devnet.listLive()) if (entry.kind === "fname") return entry.proof.fid;
  throw new TypeError("Expected a user with a name");
}

async function fetchOn(shardId: number, fid: bigint): Promise<FetchedAccount> {
  const snapshot = await client.findNewestSnapshot(shardId, { signal });
  const isForeign = homeShardOf(fid, 2) !== shardId;
  const place = { shardId, height: snapshot?.height ?? 0n, virtualShard: virtualShardOf(fid) };
  const prefix = accountPrefix(place.virtualShard, fid);
  const live = await readTrieNode(client, { shardId, prefix }, signal);
  return fetchAccount(client, { ...place, fid, isForeign }, { live, signal });
}

describe("fetchAccount() without pages", () => {
  it("reads an account at home by calls", async () => {
    const fid = await startWithoutPages();

    const { entries, unreadable } = await fetchOn(homeShardOf(fid, 2), fid);

    expect(entries.length).toBeGreaterThan(0);
    expect(unreadable).not.toContain(0);
  });

  it("takes nothing of the account's home for what another shard has of it", async () => {
    const fid = await startWithoutPages();

    const { entries, unreadable, live } = await fetchOn(3 - homeShardOf(fid, 2), fid);

    expect(live?.children.size).toBeGreaterThan(0);
    expect(entries).toEqual([]);
    expect(unreadable).toEqual([...(live?.children.keys() ?? [])]);
  });
});
