// What a node answers about everything that a mirror derives.
import type { NodeClient } from "@snaprag/client";
import type { OnChainEvent } from "@snaprag/proto";
import { IdRegisterEventType, narrowMessage, OnChainEventType, SignerSource } from "@snaprag/proto";
import type { FactBook, Facts } from "./facts.ts";
import { createFactBook, quoted, toHex } from "./facts.ts";

type Hub = NodeClient["hub"];

/** Who and what to ask about. */
export interface Subjects {
  readonly fids: readonly bigint[];
  readonly names: readonly string[];
}

/** Calls that are under way at a time. */
const PARALLEL_CALLS = 16;

async function forEach<Item>(items: Iterable<Item>, work: (item: Item) => Promise<void>) {
  // One iterator for all workers, so that each item is taken once.
  const queue = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: PARALLEL_CALLS }, worker));
}

/** The answer, or undefined when the node says that there is none. */
async function findAnswer<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "not_found") return undefined;
    throw error;
  }
}

/** Every account that the node knows to be registered. */
export async function listFidsOfNode({ hub }: NodeClient): Promise<readonly bigint[]> {
  const { numShards } = await hub.getInfo({});
  const fids: bigint[] = [];
  for (let shardId = 1; shardId <= numShards; shardId++) {
    let pageToken: Uint8Array | undefined;
    do {
      const page = await hub.getFids({ shardId, pageToken });
      fids.push(...page.fids);
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined && pageToken.length > 0);
  }
  return fids;
}

function compareOnChain(a: OnChainEvent, b: OnChainEvent): number {
  return a.blockNumber - b.blockNumber || a.logIndex - b.logIndex;
}

async function noteAccount(hub: Hub, fid: bigint, { note }: FactBook): Promise<void> {
  const { messages } = await hub.getUserDataByFid({ fid });
  for (const envelope of messages) {
    const message = narrowMessage(envelope);
    if (message.type !== "userDataAdd") throw new Error(`${message.type} among user data`);
    note(`profile ${fid} ${message.body.type}`, quoted(message.body.value));
  }
  const custody = await findAnswer(hub.getIdRegistryOnChainEvent({ fid }));
  if (custody?.body?.$case === "idRegisterEventBody") {
    note(`custody ${fid}`, toHex(custody.body.value.to));
  }
  const { EVENT_TYPE_ID_REGISTER } = OnChainEventType;
  const { events } = await hub.getOnChainEvents({ fid, eventType: EVENT_TYPE_ID_REGISTER });
  const registrations = events.toSorted(compareOnChain).flatMap(({ body, blockTimestamp }) => {
    return body?.$case === "idRegisterEventBody" ? [{ ...body.value, blockTimestamp }] : [];
  });
  const { REGISTER, TRANSFER } = IdRegisterEventType;
  const recovery = registrations.findLast(({ eventType }) => eventType !== TRANSFER);
  if (recovery) note(`recovery ${fid}`, toHex(recovery.recoveryAddress));
  const first = registrations.find(({ eventType }) => eventType === REGISTER);
  if (first) note(`registered ${fid}`, first.blockTimestamp);
}

async function noteSigners(hub: Hub, fid: bigint, { note }: FactBook): Promise<void> {
  let pageToken: Uint8Array | undefined;
  do {
    const page = await hub.getSignersByFid({ fid, pageToken });
    for (const { source, key, keyType, addedAt, ttl, scopes } of page.signers) {
      const kind = source === SignerSource.ONCHAIN ? "onchain" : "gasless";
      note(`signer ${fid} ${kind} ${toHex(key)}`, keyType, addedAt, ttl, scopes.join(","));
    }
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined && pageToken.length > 0);
  const { events } = await hub.getOnChainSignersByFid({ fid });
  for (const { body, blockTimestamp } of events) {
    if (body?.$case !== "signerEventBody") throw new Error("Another event among signers");
    note(`on-chain signer ${fid} ${toHex(body.value.key)}`, blockTimestamp);
  }
}

async function noteStorage(hub: Hub, fid: bigint, { note }: FactBook): Promise<void> {
  const { unitDetails, tierSubscriptions } = await hub.getCurrentStorageLimitsByFid({ fid });
  for (const units of unitDetails) {
    const { purchasedUnitSize, lentUnitSize, borrowedUnitSize, unitSize } = units;
    if (purchasedUnitSize + lentUnitSize + borrowedUnitSize === 0) continue;
    const sizes = [purchasedUnitSize, lentUnitSize, borrowedUnitSize, unitSize];
    note(`storage ${fid} ${units.unitType}`, ...sizes);
  }
  for (const { tierType, expiresAt } of tierSubscriptions) {
    note(`tier ${fid} ${tierType}`, expiresAt);
  }
}

async function noteNames(hub: Hub, fid: bigint, { note }: FactBook): Promise<void> {
  const { proofs } = await hub.getUserNameProofsByFid({ fid });
  const known = new Set<string>();
  for (const { name, type, owner, fid: holder, timestamp } of proofs) {
    const subject = `name ${Buffer.from(name)} ${type} of ${holder}`;
    // A registry name comes once for each shard.
    if (known.has(subject)) continue;
    known.add(subject);
    note(subject, toHex(owner), type === 1 ? timestamp : undefined);
  }
}

async function noteHolder(hub: Hub, name: string, { note }: FactBook): Promise<void> {
  const proof = await findAnswer(hub.getUsernameProof({ name: Buffer.from(name) }));
  if (proof !== undefined) note(`holder of ${name}`, proof.fid);
}

async function noteChannel(hub: Hub, registration: OnChainEvent, { note }: FactBook) {
  if (registration.body?.$case !== "channelRegisterEventBody") return;
  const { channelKey, label: channelId } = registration.body.value;
  const owner = await findAnswer(hub.getChannelOwner({ channelKey }));
  if (owner) note(`channel ${channelKey}`, toHex(owner.ownerAddress), owner.expiry, owner.fid);
  const metadata = await findAnswer(hub.getChannelMetadata({ channelId }));
  if (metadata !== undefined) {
    const { name, description, imageUrl, header, rules, castingMode, membershipMode } = metadata;
    const texts = [name, description, imageUrl, header, rules].map(quoted);
    note(`channel metadata ${channelKey}`, ...texts, castingMode, membershipMode);
  }
  const { pin } = await hub.getChannelPin({ channelId });
  if (pin) note(`channel pin ${channelKey}`, toHex(pin.castHash));
  let pageToken: Uint8Array | undefined;
  do {
    const page = await hub.getChannelMembers({ channelId, pageToken });
    for (const { fid, state } of page.members) note(`channel member ${channelKey} ${fid}`, state);
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined && pageToken.length > 0);
}

/** One event of each channel that was ever registered. */
async function listChannels(hub: Hub): Promise<readonly OnChainEvent[]> {
  const { EVENT_TYPE_CHANNEL_REGISTER } = OnChainEventType;
  const { events } = await hub.getOnChainEvents({
    fid: 0n,
    eventType: EVENT_TYPE_CHANNEL_REGISTER,
  });
  const channels = new Map<string, OnChainEvent>();
  for (const event of events) {
    if (event.body?.$case === "channelRegisterEventBody") {
      channels.set(toHex(event.body.value.label), event);
    }
  }
  return [...channels.values()];
}

/** Asks a node for everything that a mirror derives. */
export async function factsOfNode({ hub }: NodeClient, subjects: Subjects): Promise<Facts> {
  const book = createFactBook();
  await forEach(subjects.fids, async (fid) => {
    await noteAccount(hub, fid, book);
    await noteSigners(hub, fid, book);
    await noteStorage(hub, fid, book);
    await noteNames(hub, fid, book);
  });
  await forEach(subjects.names, (name) => noteHolder(hub, name, book));
  await forEach(await listChannels(hub), (event) => noteChannel(hub, event, book));
  return book.facts;
}
