// Messages of every type that @farcaster/core knows, judged by its own validators.
import { Message as CoreMessage, validations } from "@farcaster/core";
import type { HubEvent, Message } from "@snaprag/proto";
import { hashedBytes, narrowMessage, Protocol, Message as WireMessage } from "@snaprag/proto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Devnet } from "../../src/index.ts";
import { createDevnet } from "../../src/index.ts";
import { readAllEvents } from "../support/mirror.ts";
import { connect } from "../support/rpc-client.ts";

const NOW = Date.UTC(2026, 9, 1);
const SAMPLES_PER_TYPE = 25;
const CORE_KINDS = [
  "castAdd",
  "castRemove",
  "reactionAdd",
  "reactionRemove",
  "linkAdd",
  "linkRemove",
  "linkCompactState",
  "verificationAdd",
  "verificationRemove",
  "userDataAdd",
  "usernameProof",
  "frameAction",
  "lendStorage",
  "keyAdd",
  "keyRemove",
] as const;

let devnet: Devnet;
let samples: Map<string, Message[]>;

beforeAll(async () => {
  // Lends may not be older than ten minutes, so the validators must live in the devnet's time.
  vi.useFakeTimers({ now: NOW + 300_000, toFake: ["Date"] });
  devnet = createDevnet({ blockMs: 0, messages: 3000, users: 60, now: () => NOW });
  await devnet.start();
  await devnet.produceBlock(150);
  const client = connect(devnet.port);
  const events = await Promise.all([1, 2].map((shardId) => readAllEvents(client, shardId)));
  const messages: Message[] = events.flat().flatMap(messagesOf);
  for await (const block of client.hub.getBlocks({ startBlockNumber: 1n })) {
    for (const { userMessages } of block.transactions) messages.push(...userMessages);
  }
  client.close();
  samples = new Map();
  for (const message of messages) {
    const { type } = narrowMessage(message);
    samples.set(type, [...(samples.get(type) ?? []), message]);
  }
});
afterAll(async () => {
  await devnet.stop();
  vi.useRealTimers();
});

function messagesOf({ body }: HubEvent): readonly Message[] {
  if (body?.$case === "mergeMessageBody") return [body.value.message!];
  if (body?.$case === "mergeUsernameProofBody")
    return [body.value.usernameProofMessage ?? []].flat();
  // The one type that is never merged.
  if (body?.$case !== "mergeFailure") return [];
  const message = body.value.message!;
  return narrowMessage(message).type === "frameAction" ? [message] : [];
}

/** Every so many of a list, so that different users and times are among them. */
function spread<Item>(items: readonly Item[]): readonly Item[] {
  const step = Math.max(1, Math.floor(items.length / SAMPLES_PER_TYPE));
  return items.filter((_, index) => index % step === 0).slice(0, SAMPLES_PER_TYPE);
}

/**
 * Hands over the bytes that were signed. Without `data_bytes` the validators would encode the data
 * again, in an encoding that is not the network's: real messages fail them in the same way.
 */
function toCore(message: Message): CoreMessage {
  const dataBytes = hashedBytes(message);
  return CoreMessage.decode(WireMessage.encode({ ...message, dataBytes }).finish());
}

describe("@farcaster/core finds valid", () => {
  it.each(CORE_KINDS)("%s", async (kind) => {
    // A lend of genesis is older than ten minutes by now.
    const all = (samples.get(kind) ?? []).filter(
      (message) => kind !== "lendStorage" || isRecent(message),
    );
    expect(all.length).toBeGreaterThan(0);

    for (const message of spread(all)) {
      const result = await validations.validateMessage(toCore(message));
      const problem = result.isErr() ? result.error.message : undefined;
      expect(problem).toBeUndefined();
    }
  });

  it.each([Protocol.ETHEREUM, Protocol.SOLANA])(
    "claims of addresses, protocol %d",
    async (protocol) => {
      const claims = samples.get("verificationAdd")!.filter((message) => {
        const typed = narrowMessage(message);
        return typed.type === "verificationAdd" && typed.body.protocol === protocol;
      });
      expect(claims.length).toBeGreaterThan(0);

      for (const message of spread(claims)) {
        expect((await validations.validateMessage(toCore(message))).isOk()).toBe(true);
      }
    },
  );

  it("but not once a byte has changed", async () => {
    const [message] = samples.get("verificationAdd")!;
    const changed = { ...message!, hash: Uint8Array.from(message!.hash).fill(0) };

    expect((await validations.validateMessage(toCore(changed))).isErr()).toBe(true);
  });
});

function isRecent(message: Message): boolean {
  const typed = narrowMessage(message);
  const limit = (NOW - 200_000) / 1000 - 1_609_459_200;
  return typed.type !== "unreadable" && typed.timestamp > limit;
}
