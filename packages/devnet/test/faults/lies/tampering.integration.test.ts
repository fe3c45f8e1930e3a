// A node that puts messages together wrongly, over real gRPC: docs/protocol.md 2.3, 3.1, 4.1.
import type { HubEvent, Message } from "@snaprag/proto";
import { MessageType } from "@snaprag/proto";
import {
  checkMessageHash,
  checkMessageSignature,
  loadBlake3,
  loadEd25519,
  readTrieKeyHead,
} from "@snaprag/verify";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Devnet, LieName } from "../../../src/index.ts";
import { buildMessage, createDevnet } from "../../../src/index.ts";
import { cast } from "../../support/bodies.ts";
import { toHex } from "../../support/bytes.ts";
import { collect } from "../../support/collect.ts";
import { fingerprint } from "../../support/fingerprint.ts";
import { readAllEvents } from "../../support/mirror.ts";
import type { SeenSnapshot } from "../../support/read-snapshot.ts";
import { readNewest } from "../../support/read-snapshot.ts";
import type { RpcClient } from "../../support/rpc-client.ts";
import { connect } from "../../support/rpc-client.ts";

const blake3 = await loadBlake3();
const ed25519 = await loadEd25519();
/** For a machine that is busy with other things. */
const PATIENT = { timeout: 30_000 };
const SHARDS = [1, 2] as const;

let devnet: Devnet;
let client: RpcClient;
/** Both shards without lies. */
let right: SeenSnapshot[];
let counted: number;

beforeAll(async () => {
  devnet = createDevnet({ blockMs: 0, messages: 1500, users: 30, gaslessKeys: false });
  await devnet.start();
  client = connect(devnet.port);
});
beforeEach(async () => {
  devnet.takeSnapshot();
  right = await readBoth();
});
afterEach(async () => {
  devnet.setFaults({});
  expect(fingerprint(await readBoth())).toBe(fingerprint(right));
});
afterAll(async () => {
  client.close();
  await devnet.stop();
});

async function readBoth(): Promise<SeenSnapshot[]> {
  return Promise.all(SHARDS.map((shardId) => readNewest(client, shardId)));
}

function lie(name: LieName, value: object): ReadonlySet<string> {
  counted = devnet.faultCounts().get(name) ?? 0;
  devnet.setFaults({ [name]: value });
  return new Set(devnet.listLies().get(name));
}

/** How often the lie was told since the plan. */
function told(name: LieName): number {
  return (devnet.faultCounts().get(name) ?? 0) - counted;
}

/** The entries that are not as they should be: trie key in hex, what it should hold, what it holds. */
function differences(seen: readonly SeenSnapshot[]): [string, Message, Message][] {
  return seen.flatMap(({ messages }, index) => {
    const expected = right[index]!.messages;
    expect([...messages.keys()]).toEqual([...expected.keys()]);
    return [...messages].flatMap(([key, message]): [string, Message, Message][] => {
      const known = expected.get(key)!;
      return fingerprint(known) === fingerprint(message) ? [] : [[key, known, message]];
    });
  });
}

function hashesOf(found: [string, Message, Message][]): ReadonlySet<string> {
  return new Set(found.map(([, expected]) => toHex(expected.hash)));
}

/** All but the messages: nothing of it is ever different. */
function restOf(seen: readonly SeenSnapshot[]): string {
  return fingerprint(seen.map(({ metadata, accounts }) => ({ metadata, accounts })));
}

function messagesOf({ body }: HubEvent): Message[] {
  switch (body?.$case) {
    case "mergeMessageBody":
      return [body.value.message!, ...body.value.deletedMessages];
    case "mergeUsernameProofBody":
      return [
        body.value.usernameProofMessage ?? [],
        body.value.deletedUsernameProofMessage ?? [],
      ].flat();
    case "pruneMessageBody":
    case "revokeMessageBody":
      return [body.value.message!];
    default:
      return [];
  }
}

function hasValidSignature(message: Message): boolean {
  return checkMessageSignature(message, ed25519) === "valid";
}

describe("swapBodies", () => {
  it("gives two messages of an account and type each other's bytes", async () => {
    const hashes = lie("swapBodies", { pairs: 4 });
    const seen = await readBoth();
    const found = differences(seen);

    expect(hashes.size).toBe(8);
    expect(hashesOf(found)).toEqual(hashes);
    expect(told("swapBodies")).toBe(found.length);
    expect(restOf(seen)).toBe(restOf(right));
    for (const [key, expected, message] of found) {
      const { data, dataBytes, ...rest } = message;
      expect(rest).toEqual({ ...rest, hash: expected.hash, signature: expected.signature });
      expect(hasValidSignature(message)).toBe(true);
      expect(checkMessageHash(message, blake3)).toBe("mismatch");
      const partner = found.find(
        ([, other]) => toHex(other.data) === toHex(data) && other !== expected,
      )!;
      expect(partner[0].slice(0, 12)).toBe(key.slice(0, 12));
      expect(partner[2].data).toEqual(expected.data);
      expect(dataBytes).toEqual(partner[1].dataBytes);
    }
  });

  it("keeps to pages", async () => {
    const [hash] = lie("swapBodies", {});
    const events = (await Promise.all(SHARDS.map((id) => readAllEvents(client, id)))).flat();
    const published = events.flatMap(messagesOf).filter((each) => toHex(each.hash) === hash);

    expect(published.length).toBeGreaterThan(0);
    for (const message of published) expect(checkMessageHash(message, blake3)).toBe("match");
  });
});

describe("swapMessages", () => {
  it("puts two messages of an account and type under each other's keys", async () => {
    const hashes = lie("swapMessages", { pairs: 3 });
    const seen = await readBoth();
    const found = differences(seen);

    expect(hashes.size).toBe(6);
    expect(hashesOf(found)).toEqual(hashes);
    expect(told("swapMessages")).toBe(found.length);
    expect(restOf(seen)).toBe(restOf(right));
    for (const [key, expected, message] of found) {
      // Nothing is wrong but the place.
      expect(checkMessageHash(message, blake3)).toBe("match");
      expect(hasValidSignature(message)).toBe(true);
      expect(key.slice(12)).toBe(toHex(expected.hash));
      expect(key.slice(12)).not.toBe(toHex(message.hash));
      const partner = found.find(([, other]) => toHex(other.hash) === toHex(message.hash))!;
      expect(partner[0].slice(0, 12)).toBe(key.slice(0, 12));
      expect(partner[2].hash).toEqual(expected.hash);
    }
  });

  it("goes together with swapped bodies", async () => {
    devnet.setFaults({ swapBodies: { pairs: 200 }, swapMessages: { pairs: 200 } });
    const lies = devnet.listLies();
    const found = differences(await readBoth());

    const all = new Set([...lies.get("swapBodies")!, ...lies.get("swapMessages")!]);
    expect([...hashesOf(found)].sort()).toEqual([...all].sort());
  });

  it("strikes as many pairs as there are, no message twice, and no lends", async () => {
    const hashes = lie("swapMessages", { pairs: 1_000_000 });
    const found = differences(await readBoth());

    expect(hashesOf(found)).toEqual(hashes);
    expect(hashes.size).toBeGreaterThan(500);
    const keyOf = new Map(found.map(([key, expected]) => [toHex(expected.hash), key]));
    for (const [key, , message] of found) {
      expect(keyOf.get(toHex(message.hash))!.slice(0, 12)).toBe(key.slice(0, 12));
      const { typeByte } = readTrieKeyHead(Uint8Array.from(Buffer.from(key, "hex")));
      expect(typeByte >> 3).not.toBe(MessageType.LEND_STORAGE);
    }
  });
});

describe("forgeSignature", () => {
  it("has messages signed by another key, in pages and in events", async () => {
    const hashes = lie("forgeSignature", { count: 5 });
    const seen = await readBoth();
    const found = differences(seen);
    const inPages = told("forgeSignature");

    expect(hashes.size).toBe(5);
    expect(hashesOf(found)).toEqual(hashes);
    expect(inPages).toBe(found.length);
    expect(restOf(seen)).toBe(restOf(right));
    for (const [, expected, message] of found) {
      expect(message.signature).toHaveLength(64);
      expect({ ...message, signature: expected.signature }).toEqual(expected);
      expect(checkMessageHash(message, blake3)).toBe("match");
      expect(checkMessageSignature(message, ed25519)).toBe("invalid");
    }

    const events = (await Promise.all(SHARDS.map((id) => readAllEvents(client, id)))).flat();
    const forged = events.filter((event) => !messagesOf(event).every(hasValidSignature));
    const wrong = forged.flatMap(messagesOf).filter((message) => !hasValidSignature(message));
    expect(new Set(wrong.map(({ hash }) => toHex(hash)))).toEqual(hashes);
    expect(told("forgeSignature")).toBe(inPages + wrong.length);
    const [{ id, shardIndex }] = forged as [HubEvent];
    expect(fingerprint(await client.hub.getEvent({ id, shardIndex }))).toBe(fingerprint(forged[0]));
  });

  it("strikes live events, of messages that are named before they come", async () => {
    const author = [...devnet.listLive()].find(
      (entry) => entry.kind === "message" && entry.messageType === MessageType.CAST_ADD,
    )!;
    const fid = author.kind === "message" ? author.fid : 0n;
    const signer = devnet.findSigner(fid)!;
    const body = cast("forged on its way");
    const message = buildMessage({ type: "castAdd", fid, timestamp: 2, body, signer });
    const hash = toHex(message.hash);
    lie("forgeSignature", { hashes: [hash] });
    const stream = client.hub.subscribe({ eventTypes: [1, 11], shardIndex: author.homeShardId });
    const { items, accepted } = collect(stream);
    await accepted;
    devnet.submit({ kind: "message", message });
    await devnet.produceBlock();
    const arrived = () =>
      items.flatMap(messagesOf).filter((received) => toHex(received.hash) === hash);
    await expect.poll(arrived, PATIENT).toHaveLength(1);
    stream.cancel();

    expect(checkMessageSignature(arrived()[0]!, ed25519)).toBe("invalid");
    const others = items.flatMap(messagesOf).filter((received) => toHex(received.hash) !== hash);
    expect(others.every(hasValidSignature)).toBe(true);
    // Reads by fid tell the truth.
    const read = await client.hub.getCast({ fid, hash: message.hash });
    expect(read.signature).toEqual(message.signature);
  });
});
