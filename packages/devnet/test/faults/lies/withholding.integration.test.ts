// A node that keeps messages back, over real gRPC: docs/protocol.md 2.3, 3.4, 8.4.
import type { Message } from "@snaprag/proto";
import { MessageType } from "@snaprag/proto";
import { checkShardChunk, loadBlake3, loadEd25519 } from "@snaprag/verify";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Devnet, LiveEntry } from "../../../src/index.ts";
import { buildMessage, createDevnet } from "../../../src/index.ts";
import { cast } from "../../support/bodies.ts";
import { toHex } from "../../support/bytes.ts";
import { fingerprint } from "../../support/fingerprint.ts";
import { readAllEvents } from "../../support/mirror.ts";
import type { SeenSnapshot } from "../../support/read-snapshot.ts";
import { hashEntries, readNewest } from "../../support/read-snapshot.ts";
import type { RpcClient } from "../../support/rpc-client.ts";
import { connect } from "../../support/rpc-client.ts";

type LiveMessage = Extract<LiveEntry, { kind: "message" }>;

const blake3 = await loadBlake3();
const ed25519 = await loadEd25519();
const SHARDS = [1, 2] as const;

let devnet: Devnet;
let client: RpcClient;

beforeAll(async () => {
  devnet = createDevnet({ blockMs: 0, messages: 1500, users: 30, gaslessKeys: false });
  await devnet.start();
  client = connect(devnet.port);
  devnet.takeSnapshot();
});
afterEach(() => devnet.setFaults({}));
afterAll(async () => {
  client.close();
  await devnet.stop();
});

function liveMessages(): LiveMessage[] {
  return [...devnet.listLive()].flatMap((entry) => (entry.kind === "message" ? [entry] : []));
}

function firstOfType(type: MessageType): LiveMessage {
  return liveMessages().find(({ messageType }) => messageType === type)!;
}

function withheld(): ReadonlySet<string> {
  return new Set(devnet.listLies().get("withhold"));
}

/** The messages of a snapshot, in hex of their keys and of their hashes. */
function listHashes({ messages }: SeenSnapshot): [string, string][] {
  return [...messages].map(([key, { hash }]) => [key, toHex(hash)]);
}

/** Everything that can be read of a fid, by the calls that answer with messages. */
async function readByFid(fid: bigint): Promise<Message[]> {
  const { hub } = client;
  const pages = await Promise.all([
    hub.getCastsByFid({ fid }),
    hub.getReactionsByFid({ fid }),
    hub.getLinksByFid({ fid }),
    hub.getUserDataByFid({ fid }),
    hub.getVerificationsByFid({ fid }),
    hub.getLinkCompactStateMessageByFid({ fid }),
    hub.getAllCastMessagesByFid({ fid }),
    hub.getAllReactionMessagesByFid({ fid }),
    hub.getAllLinkMessagesByFid({ fid }),
    hub.getAllUserDataMessagesByFid({ fid }),
    hub.getAllVerificationMessagesByFid({ fid }),
    hub.getAllLendStorageMessagesByFid({ fid }),
  ]);
  return pages.flatMap(({ messages }) => messages);
}

function rootAt(shardId: number) {
  return client.hub.getTrieMetadataByPrefix({ shardId, prefix: new Uint8Array() });
}

/** What a client may see beside pages and reads by fid, of both shards. */
async function readTheRest(): Promise<string> {
  const answers = await Promise.all(
    SHARDS.map(async (shardId) => ({
      root: await rootAt(shardId),
      events: await readAllEvents(client, shardId),
      chunks: await client.hub.getShardChunks({ shardId, startBlockNumber: 1n }),
      metadata: await client.replication.getShardSnapshotMetadata({ shardId }),
      info: await client.hub.getInfo({}),
    })),
  );
  return fingerprint(answers);
}

async function readBoth(): Promise<SeenSnapshot[]> {
  return Promise.all(SHARDS.map((shardId) => readNewest(client, shardId)));
}

describe("withhold", () => {
  it("leaves messages out of pages, and nothing else of what is told with them", async () => {
    const right = await readBoth();
    const rest = await readTheRest();
    const count = () => devnet.faultCounts().get("withhold") ?? 0;
    const before = count();
    devnet.setFaults({ withhold: { count: 5 } });
    const hashes = withheld();
    const told = await readBoth();

    expect(hashes.size).toBe(5);
    let leftOut = 0;
    for (const [index, seen] of told.entries()) {
      const original = right[index]!;
      const kept = listHashes(original).filter(([, hash]) => !hashes.has(hash));
      leftOut += original.messages.size - kept.length;
      expect(listHashes(seen)).toEqual(kept);
      expect(seen.accounts).toEqual(original.accounts);
      expect(hashEntries(original.entries, blake3)).toEqual({
        root: toHex(original.metadata.shardChunk!.header!.shardRoot),
        accounts: original.accounts,
      });
    }
    expect(leftOut).toBeGreaterThanOrEqual(5);
    expect(count() - before).toBe(leftOut);
    expect(await readTheRest()).toBe(rest);

    devnet.setFaults({});
    expect(fingerprint(await readBoth())).toBe(fingerprint(right));
  });

  it("leaves them out of what is read by fid", async () => {
    const types = [
      MessageType.CAST_ADD,
      MessageType.CAST_REMOVE,
      MessageType.REACTION_ADD,
      MessageType.LINK_ADD,
      MessageType.LINK_COMPACT_STATE,
      MessageType.USER_DATA_ADD,
      MessageType.VERIFICATION_ADD_ETH_ADDRESS,
      MessageType.LEND_STORAGE,
    ];
    const chosen = types.map(firstOfType);
    const right = await Promise.all(chosen.map(({ fid }) => readByFid(fid)));
    devnet.setFaults({ withhold: { hashes: chosen.map(({ hash }) => toHex(hash)) } });
    const told = await Promise.all(chosen.map(({ fid }) => readByFid(fid)));

    const hashes = withheld();
    expect(hashes).toEqual(new Set(chosen.map(({ hash }) => toHex(hash))));
    for (const [index, messages] of told.entries()) {
      const before = right[index]!;
      const kept = before.filter(({ hash }) => !hashes.has(toHex(hash)));
      expect(kept.length).toBeLessThan(before.length);
      expect(fingerprint(messages)).toBe(fingerprint(kept));
    }
  });

  it("leaves out the proof of a name that a withheld message brought, and no other", async () => {
    const { fid, hash } = firstOfType(MessageType.USERNAME_PROOF);
    const names = async () =>
      (await client.hub.getUserNameProofsByFid({ fid })).proofs.map(
        ({ name, type }) => `${type} ${toHex(name)}`,
      );
    const right = await names();
    devnet.setFaults({ withhold: { hashes: [toHex(hash)] } });
    const told = await names();

    expect(told.length).toBeLessThan(right.length);
    expect(right).toEqual(expect.arrayContaining(told));
    const gone = new Set(right.filter((name) => !told.includes(name)));
    expect(gone.size).toBe(1);
  });

  it("takes hashes in any case, of messages yet to come, and more by number", async () => {
    const { fid } = firstOfType(MessageType.CAST_ADD);
    const signer = devnet.findSigner(fid)!;
    const body = cast("withheld before it was written");
    const message = buildMessage({ type: "castAdd", fid, timestamp: 1, body, signer });
    const hash = toHex(message.hash);
    devnet.setFaults({ withhold: { hashes: [hash.toUpperCase()], count: 2 } });
    const hashes = withheld();
    devnet.submit({ kind: "message", message });
    await devnet.produceBlock();

    expect(hashes.size).toBe(3);
    expect(liveMessages().map((live) => toHex(live.hash))).toContain(hash);
    expect((await readByFid(fid)).map((read) => toHex(read.hash))).not.toContain(hash);
    expect(withheld()).toEqual(hashes);
    devnet.takeSnapshot();
    const seen = (await readBoth()).flatMap((snapshot) => listHashes(snapshot));
    expect(seen.filter(([, each]) => hashes.has(each))).toEqual([]);
  });

  it("draws the same messages for the same seed and network", async () => {
    const plan = { withhold: { count: 20 } };
    devnet.setFaults(plan);
    const first = withheld();
    devnet.setFaults({});
    devnet.setFaults({ withhold: { count: 20 } });

    expect(first.size).toBe(20);
    expect(withheld()).toEqual(first);
  });

  it("never takes gasless keys, which no page holds anyway", async () => {
    const withKeys = createDevnet({ blockMs: 0, messages: 600, users: 20 });
    await withKeys.start();
    withKeys.setFaults({ withhold: { count: 1_000_000 } });
    const messages = [...withKeys.listLive()].flatMap((entry) =>
      entry.kind === "message" ? [entry] : [],
    );
    const keyTypes: readonly number[] = [MessageType.KEY_ADD, MessageType.KEY_REMOVE];
    const keys = messages.filter(({ messageType }) => keyTypes.includes(messageType));

    expect(keys.length).toBeGreaterThan(0);
    expect(withKeys.listLies().get("withhold")).toHaveLength(messages.length - keys.length);
    await withKeys.stop();
  });
});

describe("withhold, consistently", () => {
  const options = { ed25519, blake3 };

  it("tells tries without the messages, so that only the chunk gives it away", async () => {
    devnet.takeSnapshot();
    const lend = toHex(firstOfType(MessageType.LEND_STORAGE).hash);
    const right = await readBoth();
    const info = await client.hub.getInfo({});
    devnet.setFaults({ withhold: { hashes: [lend], count: 7, isConsistent: true } });
    const hashes = withheld();
    const told = await readBoth();
    const toldInfo = await client.hub.getInfo({});

    expect(hashes.size).toBe(8);
    for (const [index, seen] of told.entries()) {
      const { entries, accounts, metadata } = seen;
      const original = right[index]!;
      const kept = listHashes(original).filter(([, hash]) => !hashes.has(hash));
      // A lend has two keys, on each shard.
      expect(original.messages.size - kept.length).toBeGreaterThanOrEqual(2);
      expect(listHashes(seen)).toEqual(kept);
      const computed = hashEntries(entries, blake3);
      expect(accounts).toEqual(computed.accounts);
      expect(metadata.numItems).toBe(BigInt(entries.length));
      const root = await rootAt(metadata.shardId);
      expect([root.hash, root.numMessages]).toEqual([computed.root, metadata.numItems]);
      const numbers = (each: typeof info) =>
        each.shardInfos.find(({ shardId }) => shardId === metadata.shardId)!.numMessages;
      expect(numbers(toldInfo)).toBe(BigInt(entries.length));
      expect(numbers(info)).toBe(BigInt(original.entries.length));

      expect(metadata.shardChunk).toEqual(original.metadata.shardChunk);
      expect(toHex(metadata.shardChunk!.header!.shardRoot)).not.toBe(computed.root);
      const { validatorSets } = devnet;
      expect(checkShardChunk(metadata.shardChunk!, { ...options, validatorSets })).toMatchObject({
        status: "ok",
      });
    }
  });

  it("goes on with it as the network does, and is over with its plan", async () => {
    const missing = toHex(firstOfType(MessageType.USER_DATA_ADD).hash);
    devnet.setFaults({ withhold: { hashes: [missing], isConsistent: true } });
    for (let block = 0; block < 3; block++) {
      await devnet.produceBlock();
      devnet.takeSnapshot();
      for (const { entries, metadata } of await readBoth()) {
        const { root } = hashEntries(entries, blake3);
        expect((await rootAt(metadata.shardId)).hash).toBe(root);
        expect(metadata.numItems).toBe(BigInt(entries.length));
      }
    }
    expect((await readBoth()).flatMap(listHashes).map(([, hash]) => hash)).not.toContain(missing);

    devnet.setFaults({});
    for (const { entries, metadata } of await readBoth()) {
      const { root } = hashEntries(entries, blake3);
      expect(toHex(metadata.shardChunk!.header!.shardRoot)).toBe(root);
      expect((await rootAt(metadata.shardId)).hash).toBe(root);
    }
  });

  it("leaves them out of what is read by fid, too, and events as they are", async () => {
    const { fid, hash } = firstOfType(MessageType.CAST_ADD);
    const right = await readByFid(fid);
    const events = fingerprint(await readAllEvents(client, 1));
    devnet.setFaults({ withhold: { hashes: [toHex(hash)], isConsistent: true } });
    const told = await readByFid(fid);

    // By two calls.
    expect(told).toHaveLength(right.length - 2);
    expect(fingerprint(await readAllEvents(client, 1))).toBe(events);
  });

  it("leaves the other nodes of the network honest", async () => {
    devnet.takeSnapshot();
    const right = fingerprint(await readBoth());
    const other = await devnet.addNode({ faults: { withhold: { count: 9, isConsistent: true } } });
    other.takeSnapshot();
    const otherClient = connect(other.port);
    const told = await readNewest(otherClient, 1);
    const prefix = new Uint8Array();
    const root = await otherClient.hub.getTrieMetadataByPrefix({ shardId: 1, prefix });

    const { shardChunk, numItems } = told.metadata;
    expect(other.listLies().get("withhold")).toHaveLength(9);
    expect([...devnet.listLies()]).toEqual([]);
    expect(root.hash).not.toBe(toHex(shardChunk!.header!.shardRoot));
    expect(root.numMessages).toBe(numItems);
    expect((await rootAt(1)).hash).toBe(toHex(shardChunk!.header!.shardRoot));
    expect(fingerprint(await readBoth())).toBe(right);
    otherClient.close();
    await other.stop();
  });
});
