// Wrong bytes, over real gRPC: docs/protocol.md 4.1.
import type { HubEvent, Message } from "@snaprag/proto";
import { hashedBytes } from "@snaprag/proto";
import { loadBlake3 } from "@snaprag/verify";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Devnet } from "../../src/index.ts";
import { createDevnet } from "../../src/index.ts";
import { toHex } from "../support/bytes.ts";
import { collect } from "../support/collect.ts";
import { downloadVirtualShard, readAllEvents } from "../support/mirror.ts";
import type { RpcClient } from "../support/rpc-client.ts";
import { connect } from "../support/rpc-client.ts";

const blake3 = await loadBlake3();
/** For a machine that is busy with other things. */
const PATIENT = { timeout: 30_000 };
const ALL_TYPES = [1, 2, 3, 6, 9, 10, 11, 12] as const;

let devnet: Devnet;
let client: RpcClient;

beforeAll(async () => {
  devnet = createDevnet({ blockMs: 0, messages: 1500, users: 30, gaslessKeys: false });
  await devnet.start();
  client = connect(devnet.port);
});
afterEach(() => devnet.setFaults({}));
afterAll(async () => {
  client.close();
  await devnet.stop();
});

function isWhole(message: Message): boolean {
  return toHex(blake3.hash20(hashedBytes(message))) === toHex(message.hash);
}

/** Hash and bytes of the messages whose bytes do not fit their hash. */
function wrongOf(messages: readonly Message[]): ReadonlyMap<string, string> {
  const wrong = messages.filter((message) => !isWhole(message));
  return new Map(wrong.map((message) => [toHex(message.hash), toHex(hashedBytes(message))]));
}

function messagesOf(events: readonly HubEvent[]): Message[] {
  return events.flatMap(({ body }) => {
    switch (body?.$case) {
      case "mergeMessageBody":
        return [body.value.message!, ...body.value.deletedMessages];
      case "pruneMessageBody":
      case "revokeMessageBody":
      case "mergeFailure":
        return [body.value.message!];
      case "mergeUsernameProofBody":
        return [
          body.value.usernameProofMessage ?? [],
          body.value.deletedUsernameProofMessage ?? [],
        ].flat();
      default:
        return [];
    }
  });
}

async function readSnapshot(): Promise<Message[]> {
  const { snapshots } = await client.replication.getShardSnapshotMetadata({ shardId: 1 });
  const { height } = snapshots[0]!;
  const messages: Message[] = [];
  for (let trieVirtualShard = 0; trieVirtualShard < 256; trieVirtualShard++) {
    const request = { shardId: 1, height, trieVirtualShard };
    const { entries } = await downloadVirtualShard(client, request);
    for (const { trieMessage } of entries) {
      if (trieMessage?.$case === "userMessage") messages.push(trieMessage.value);
    }
  }
  return messages;
}

async function readChunks(): Promise<Message[]> {
  const { shardChunks } = await client.hub.getShardChunks({ shardId: 1, startBlockNumber: 1n });
  return shardChunks
    .flatMap(({ transactions }) => transactions)
    .flatMap(({ userMessages }) => userMessages);
}

describe("corrupt", () => {
  it("spoils one message of an answer by one bit, and that once", async () => {
    const right = await readSnapshot();
    expect(wrongOf(right).size).toBe(0);
    devnet.setFaults({ corrupt: { after: 2, times: 1 } });
    const spoiled = wrongOf(await readSnapshot());
    const again = await readSnapshot();

    expect(spoiled.size).toBe(1);
    expect(again).toEqual(right);
    expect(devnet.faultCounts().get("corrupt")).toBe(1);
    expect(devnet.listCorrupted()).toEqual([]);
    const [[hash, bytes]] = [...spoiled] as [[string, string]];
    const original = toHex(hashedBytes(right.find((message) => toHex(message.hash) === hash)!));
    const bits = BigInt(`0x${original}`) ^ BigInt(`0x${bytes}`);
    expect(bits.toString(2).replaceAll("0", "")).toBe("1");
  });

  it("spoils events, too, live ones and stored ones", async () => {
    const stream = client.hub.subscribe({ eventTypes: [...ALL_TYPES], shardIndex: 1 });
    const { items, accepted } = collect(stream);
    await accepted;
    devnet.setFaults({ corrupt: {} });
    await devnet.produceBlock(3);
    const tip = devnet.heights().get(1)!;
    const { events } = await client.hub.getEvents({ startId: (tip - 2n) << 14n, shardIndex: 1 });
    // All of what was published is there when as many events are as the log has.
    await expect.poll(() => items.length, PATIENT).toBe(events.length);

    expect(wrongOf(messagesOf(events)).size).toBe(1);
    const spoiled = items.filter((event) => wrongOf(messagesOf([event])).size > 0);
    expect(spoiled).toHaveLength(items.filter((event) => messagesOf([event]).length > 0).length);
    stream.cancel();
  });
});

describe("corruptMessages", () => {
  it("spoils the same messages in the same way, whatever call they are read by", async () => {
    devnet.setFaults({ corruptMessages: { chance: 0.05 } });
    const paged = wrongOf(await readSnapshot());
    const logged = wrongOf(messagesOf(await readAllEvents(client, 1)));
    const chunked = wrongOf(await readChunks());

    expect(paged.size).toBeGreaterThan(10);
    const all = new Map([...logged, ...chunked]);
    for (const [hash, bytes] of paged) expect(all.get(hash)).toBe(bytes);
    for (const [hash, bytes] of chunked) expect(logged.get(hash) ?? bytes).toBe(bytes);
    expect(wrongOf(await readSnapshot())).toEqual(paged);
    expect(devnet.listCorrupted()).toEqual([...new Set([...paged.keys(), ...all.keys()])].sort());
  });

  it("ends with its plan: what the network has was never touched", async () => {
    devnet.setFaults({ corruptMessages: {} });
    const spoiled = await readSnapshot();
    // Lends are there twice, under the keys of both users.
    const hashes = new Set(spoiled.map((message) => toHex(message.hash)));
    expect(wrongOf(spoiled).size).toBe(hashes.size);
    devnet.setFaults({});

    expect(wrongOf(await readSnapshot()).size).toBe(0);
    const live = [...devnet.listLive()].flatMap((entry) =>
      entry.kind === "message" ? [entry.message] : [],
    );
    expect(wrongOf(live).size).toBe(0);
  });
});
