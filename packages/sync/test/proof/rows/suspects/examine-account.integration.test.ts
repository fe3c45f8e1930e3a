// An account compared part by part, in a store without shard 0: it is not to have gasless keys.
import type { NodeClient } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import { createSigner } from "@snaprag/devnet";
import { MessageType } from "@snaprag/proto";
import { homeShardOf } from "@snaprag/verify";
import { afterEach, describe, expect, it } from "vitest";
import { GASLESS_KEY_NIBBLE } from "../../../../src/historical/accounts/account-token.ts";
import { createNodeReading } from "../../../../src/proof/node/create-node-reading.ts";
import type { NodeReading } from "../../../../src/proof/node/node-reading.ts";
import { readAccounts } from "../../../../src/proof/rows/read-accounts.ts";
import type { AccountUnderExamination } from "../../../../src/proof/rows/suspects/examine-account.ts";
import {
  examineAccount,
  hasSuspectPart,
  readLiveAccount,
} from "../../../../src/proof/rows/suspects/examine-account.ts";
import { findFid, register } from "../../../support/accounts.ts";
import { addKey, submissionsOf } from "../../../support/gasless-keys.ts";
import { newStore, startDevnet, sync } from "../../../support/mirrors.ts";

const shardId = 1;
const fid = findFid((each) => homeShardOf(each, 2) === shardId);
const NOTHING = { missing: [], missingKeys: [], extra: [], altered: [], lostNames: [] };

let devnet: Devnet;
let client: NodeClient;
let historyReads: number;

afterEach(async () => {
  await client.close();
  await devnet.stop();
});

/** An account with a gasless key, in a mirror of some shards, and at the node. */
async function mirrorAccount(shardIds: readonly number[]) {
  devnet = await startDevnet({ users: 10, messages: 0, trafficPerBlock: 0 });
  devnet.submit(...register(fid, createSigner("an owner")));
  // Its own shard replays keys first, and refuses one of a fid that it does not know.
  await devnet.produceBlock();
  devnet.submit(...submissionsOf(addKey({ fid, name: "a key", nonce: 1 })));
  await devnet.produceBlock();
  client = createNodeClient({ endpoint: devnet.endpoint });
  const store = newStore();
  await sync(devnet, store, { shardIds, proofInterval: 0 });
  const found = await createNodeReading({ client, store });
  historyReads = 0;
  const reading: NodeReading = {
    ...found,
    readKeyHistory(signal) {
      historyReads += 1;
      return found.readKeyHistory(signal);
    },
  };
  const { blake3, network, homeShardOf: homeOf } = reading;
  await using view = await store.openView();
  const shards = await view.listShards();
  const blockOf = (id: number) => shards.find((each) => each.shardId === id)?.blockNumber;
  const [stored] = await readAccounts(
    {
      ...{ view, shardId, homeShardOf: homeOf, blake3, network: network.network },
      ...{ ed25519: undefined, wantsRow: () => false },
    },
    [fid],
  );
  if (stored === undefined) throw new TypeError("Expected the account to be in the store");
  const heights = { shardId, blockNumber: blockOf(shardId) ?? 0n, keyBlockNumber: blockOf(0) };
  const live = await readLiveAccount(reading, shardId, fid);
  expect(live?.children.get(GASLESS_KEY_NIBBLE)?.leafCount).toBe(1);
  const account: AccountUnderExamination = { heights, fid, stored, live };
  return { reading, account };
}

describe("examineAccount() in a store without shard 0", () => {
  it("takes the node's gasless keys as they are, and reads no history of them", async () => {
    const { reading, account } = await mirrorAccount([shardId]);
    expect(account.heights.keyBlockNumber).toBeUndefined();

    const found = await examineAccount(reading, account);

    expect(found).toMatchObject({ ...NOTHING, unexplained: [] });
    expect(hasSuspectPart(reading, account)).toBe(false);
    expect(historyReads).toBe(0);
  });

  it("still finds what else is missing", async () => {
    const { reading, account } = await mirrorAccount([shardId]);
    const [missing, ...leaves] = account.stored.leaves;
    const poorer = { ...account, stored: { ...account.stored, leaves } };

    const found = await examineAccount(reading, poorer);

    const trieKey = Uint8Array.from(missing?.trieKey ?? []);
    expect(found).toMatchObject({ ...NOTHING, missing: [{ trieKey }], unexplained: [] });
    expect(hasSuspectPart(reading, poorer)).toBe(true);
  });
});

describe("examineAccount() in a store with shard 0", () => {
  it("finds a gasless key that is missing", async () => {
    const { reading, account } = await mirrorAccount([0, shardId]);
    const typeByte = MessageType.KEY_ADD << 3;
    const leaves = account.stored.leaves.filter(({ trieKey }) => trieKey[5] !== typeByte);
    expect(leaves).toHaveLength(account.stored.leaves.length - 1);
    const poorer = { ...account, stored: { ...account.stored, leaves } };

    const found = await examineAccount(reading, poorer);

    expect(found).toMatchObject({ ...NOTHING, missingKeys: [{}], unexplained: [] });
    expect(historyReads).toBe(1);
  });
});
