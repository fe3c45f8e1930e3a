import type {
  HubEvent,
  Message,
  MessageBodies,
  MessageKind,
  OnChainEvent,
  ShardChunk,
  UserNameProof,
} from "@snaprag/proto";
import { UserNameType } from "@snaprag/proto";
import type { Blake3 } from "@snaprag/verify";
import { loadBlake3 } from "@snaprag/verify";
import { createValidatorSet } from "../../src/engine/blocks/commits.ts";
import type { DataShard } from "../../src/engine/blocks/data-shard.ts";
import { toUnixSeconds } from "../../src/engine/farcaster-time.ts";
import type { Network } from "../../src/engine/network.ts";
import { createNetwork } from "../../src/engine/network.ts";
import type { MessageSigner, OnChainDraft } from "../../src/index.ts";
import {
  buildMessage,
  buildOnChainEvent,
  buildRegistration,
  createSigner,
} from "../../src/index.ts";

/** Farcaster seconds of the first block; in the time of 2025 units that last a year. */
export const START = 181_353_600;

export function custodyOf(fid: bigint): Uint8Array {
  return Buffer.from(fid.toString(16).padStart(40, "0"), "hex");
}

export function signerOf(fid: bigint): MessageSigner {
  return createSigner(`test/${fid}`);
}

/** What a block of the test network did. */
interface TestBlock {
  chunk(shardId: number): ShardChunk;
  stored(shardId: number): readonly HubEvent[];
  /** All events that live subscribers get, BLOCK_CONFIRMED aside. */
  events(shardId: number): readonly HubEvent[];
  /** The same, in short. */
  told(shardId: number): readonly string[];
}

interface SayOptions {
  readonly timestamp?: number;
  readonly signer?: MessageSigner;
}

/** A network without traffic, one block a second, and words to fill the blocks with. */
export interface TestNetwork {
  readonly network: Network;
  readonly blake3: Blake3;
  /** Farcaster seconds of the next block. */
  now(): number;
  skip(seconds: number): void;
  /** Registers fids, in a block of their own. */
  register(fids: readonly bigint[], units?: number): TestBlock;
  build<Kind extends MessageKind>(
    fid: bigint,
    type: Kind,
    body: MessageBodies[Kind],
    options?: SayOptions,
  ): Message;
  say<Kind extends MessageKind>(
    fid: bigint,
    type: Kind,
    body: MessageBodies[Kind],
    options?: SayOptions,
  ): Message;
  submitMessage(message: Message): Message;
  onChain(fid: bigint, body: OnChainDraft["body"], options?: Partial<OnChainDraft>): OnChainEvent;
  fname(name: string, fid: bigint, options?: { fromFid?: bigint; at?: number }): UserNameProof;
  /** Makes a block of each shard. */
  block(): TestBlock;
  shard(shardId: number): DataShard;
  /** Whether a data shard's trie has a leaf of a message. */
  holds(shardId: number, message: Message): boolean;
}

/** Creates the network, with shards that know nobody. */
export async function createTestNetwork(): Promise<TestNetwork> {
  const blake3 = await loadBlake3();
  const validators = createValidatorSet([0, 1, 2, 3].map((index) => createSigner(`v${index}`)));
  const network = createNetwork({ blake3, validators });
  let time = START;
  let chainBlock = 1;

  function submitMessage(message: Message): Message {
    network.mempool.add({ kind: "message", message });
    return message;
  }

  function onChain(
    fid: bigint,
    body: OnChainDraft["body"],
    options: Partial<OnChainDraft> = {},
  ): OnChainEvent {
    chainBlock++;
    const blockTimestamp = toUnixSeconds(BigInt(time));
    const event = buildOnChainEvent({
      fid,
      body,
      blockNumber: chainBlock,
      blockTimestamp,
      ...options,
    });
    network.mempool.add({ kind: "onChainEvent", event });
    return event;
  }

  function build<Kind extends MessageKind>(
    fid: bigint,
    type: Kind,
    body: MessageBodies[Kind],
    options: SayOptions = {},
  ): Message {
    const { timestamp = time, signer = signerOf(fid) } = options;
    return buildMessage({ type, fid, timestamp, body, signer });
  }

  function block(): TestBlock {
    const chunks = network.produce(BigInt(time));
    time++;
    const byShard = new Map(chunks.map((chunk) => [chunk.shardId, chunk]));
    const eventsOf = (shardId: number) => byShard.get(shardId)!.events;
    return {
      chunk: (shardId) => byShard.get(shardId)!.chunk,
      stored: (shardId) => eventsOf(shardId).stored,
      events: (shardId) => eventsOf(shardId).broadcast.slice(1),
      told: (shardId) => eventsOf(shardId).broadcast.slice(1).map(tell),
    };
  }

  return {
    network,
    blake3,
    now: () => time,
    skip(seconds) {
      time += seconds;
    },
    register(fids, units = 1) {
      for (const fid of fids) {
        chainBlock++;
        const events = buildRegistration({
          fid,
          signer: signerOf(fid).publicKey,
          custody: custodyOf(fid),
          units,
          blockNumber: chainBlock,
          blockTimestamp: toUnixSeconds(BigInt(time)),
        });
        for (const event of events) network.mempool.add({ kind: "onChainEvent", event });
      }
      return block();
    },
    build,
    say: (fid, type, body, options) => submitMessage(build(fid, type, body, options)),
    submitMessage,
    onChain,
    fname(name, fid, options = {}) {
      const { at = time, fromFid = 0n } = options;
      const proof = {
        timestamp: toUnixSeconds(BigInt(at)),
        name: Buffer.from(name),
        owner: custodyOf(fid),
        signature: new Uint8Array(65).fill(Number(fid & 0xffn)),
        fid,
        type: UserNameType.USERNAME_TYPE_FNAME,
      };
      network.mempool.add({ kind: "fnameTransfer", transfer: { id: 1n, fromFid, proof } });
      return proof;
    },
    block,
    shard: (shardId) => network.dataShards.get(shardId)!,
    holds(shardId, message) {
      const hash = Buffer.from(message.hash);
      const { trie } = network.dataShards.get(shardId)!.state;
      return [...trie.leaves()].some(({ key }) => hash.equals(key.subarray(6)));
    },
  };
}

/** An event in few words: what it is and which messages it names, by the start of their hashes. */
function tell(event: HubEvent): string {
  const { body } = event;
  switch (body?.$case) {
    case "mergeMessageBody": {
      const deleted = body.value.deletedMessages.map(nameOf);
      return ["merge", nameOf(body.value.message), ...deleted.map((name) => `-${name}`)].join(" ");
    }
    case "pruneMessageBody":
      return `prune ${nameOf(body.value.message)}`;
    case "revokeMessageBody":
      return `revoke ${nameOf(body.value.message)}`;
    case "mergeFailure":
      return `fail ${nameOf(body.value.message)} ${body.value.code}`;
    case "mergeOnChainEventBody":
      return `chain ${body.value.onChainEvent?.type}`;
    case "mergeUsernameProofBody": {
      const { usernameProof, deletedUsernameProof, ...messages } = body.value;
      const gained = usernameProof && `${Buffer.from(usernameProof.name)}=${usernameProof.fid}`;
      const lost =
        deletedUsernameProof &&
        `-${Buffer.from(deletedUsernameProof.name)}=${deletedUsernameProof.fid}`;
      const isMessage = messages.usernameProofMessage ?? messages.deletedUsernameProofMessage;
      return [isMessage ? "ens" : "fname", gained, lost].filter(Boolean).join(" ");
    }
    case "channelOwnerChangeHintBody":
      return `hint ${body.value.channelKey} ${body.value.cause}`;
    default:
      return `event ${event.type}`;
  }
}

/** How {@link tell} names a message. */
export function nameOf(message: Message | undefined): string {
  return Buffer.from(message?.hash ?? [])
    .toString("hex")
    .slice(0, 8);
}

/** Counts that a block's BLOCK_CONFIRMED claims, by event type. */
export function claimedCounts(events: readonly HubEvent[]): Record<number, bigint> {
  const body = events[0]?.body;
  return body?.$case === "blockConfirmedBody" ? body.value.eventCountsByType : {};
}
