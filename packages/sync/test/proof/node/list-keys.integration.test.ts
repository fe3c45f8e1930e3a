// Gasless keys of an account by what shard 0 told, of which the account's own shard may have refused one.
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import { createSigner } from "@snaprag/devnet";
import type { Message } from "@snaprag/proto";
import { MessageType, narrowMessage } from "@snaprag/proto";
import { homeShardOf, loadBlake3, messageTrieKey, trieNodeHash } from "@snaprag/verify";
import { afterEach, describe, expect, it } from "vitest";
import { GASLESS_KEY_NIBBLE } from "../../../src/historical/accounts/account-token.ts";
import { createNodeReading } from "../../../src/proof/node/create-node-reading.ts";
import { listKeys } from "../../../src/proof/node/list-keys.ts";
import { PART_DEPTH } from "../../../src/proof/node/list-part.ts";
import { findFid, register } from "../../support/accounts.ts";
import { addKey, removeKey, submissionsOf } from "../../support/gasless-keys.ts";
import { newStore, startDevnet, sync } from "../../support/mirrors.ts";

const blake3 = await loadBlake3();
const fid = findFid(() => true);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

let devnet: Devnet;

afterEach(() => devnet.stop());

/** What is listed of an account of which shard 0 tells some messages, and whose shard has others. */
async function list(told: readonly Message[], held: readonly Message[]) {
  devnet = await startDevnet({ users: 10, messages: 0, trafficPerBlock: 0 });
  devnet.submit(...register(fid, createSigner("an owner")));
  await devnet.produceBlock();
  const store = newStore();
  await sync(devnet, store);
  for (const message of told) {
    devnet.submit(...submissionsOf(message));
    await devnet.produceBlock();
  }
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  const reading = await createNodeReading({ client, store });
  const keys = held.map((message) => {
    const isAdd = narrowMessage(message).type === "keyAdd";
    const type = isAdd ? MessageType.KEY_ADD : MessageType.KEY_REMOVE;
    return messageTrieKey(fid, type, message.hash);
  });
  const hash = trieNodeHash(keys.sort(Buffer.compare), PART_DEPTH, blake3);
  const part = { shardId: homeShardOf(fid, 2), fid, nibble: GASLESS_KEY_NIBBLE };
  const live = { hash, leafCount: keys.length };
  const found = await listKeys(reading, { ...part, live, findKnown: () => undefined });
  return found?.map(({ message }) => hex(message.hash)).sort();
}

function hashesOf(...messages: readonly Message[]): readonly string[] {
  return messages.map(({ hash }) => hex(hash)).sort();
}

const other = addKey({ fid, name: "another key", nonce: 1 });
const added = addKey({ fid, name: "a key", nonce: 2 });
const addedAgain = addKey({ fid, name: "a key", nonce: 3 });
const removed = removeKey({ fid, name: "a key", nonce: 4 });

describe("listKeys()", () => {
  it("lists the keys in use and every remove", async () => {
    const found = await list([other, added, addedAgain, removed], [other, removed]);
    expect(found).toEqual(hashesOf(other, removed));
  });

  it("keeps an add whose key was not added again after all", async () => {
    expect(await list([other, added, addedAgain], [other, added])).toEqual(hashesOf(other, added));
  });

  it("keeps an add whose key was not removed after all", async () => {
    const found = await list([other, added, addedAgain, removed], [other, addedAgain]);
    expect(found).toEqual(hashesOf(other, addedAgain));
  });

  it("lists no remove of a key that was not added after all", async () => {
    expect(await list([other, added, removed], [other])).toEqual(hashesOf(other));
  });

  it("lists nothing when the account's shard has what shard 0 does not tell", async () => {
    expect(await list([other, removed], [other, added])).toBeUndefined();
  });
});
