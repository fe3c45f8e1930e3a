// What was set aside, processed again: by what its bytes are, and where it was.
import { firstPositionOf, lastPositionOf } from "@snaprag/processors";
import {
  aCastAdd,
  aLinkAdd,
  aLinkCompactState,
  aMergeMessageEvent,
  aMergeOnChainEvent,
  anFnameProof,
  aPruneMessageEvent,
  aSignerEvent,
} from "@snaprag/processors/testing";
import {
  HubEvent,
  Message,
  MessageData,
  OnChainEvent,
  ShardTrieEntryWithMessage,
  UserNameProof,
} from "@snaprag/proto";
import type { QuarantinedMessage, QuarantineRecord } from "@snaprag/storage";
import { createMemoryStore, StorageError } from "@snaprag/storage";
import type { Blake3 } from "@snaprag/verify";
import { loadBlake3, messageTrieKey, virtualShardOf } from "@snaprag/verify";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RetryQuarantinedOptions } from "../../src/index.ts";
import { retryQuarantined } from "../../src/index.ts";
import type { MessageChecks } from "../../src/proof/messages/message-checks.ts";
import { processCarrier } from "../../src/run/quarantine/process-carrier.ts";

const AT = new Date("2026-06-01T00:00:00Z");
const BLOCK = 11n;
const EVENT_ID = firstPositionOf(BLOCK) + 3n;

let blake3: Blake3;
beforeAll(async () => {
  blake3 = await loadBlake3();
});

/** The message with the hash of its bytes. */
function hashed(message: Message): Message {
  return { ...message, hash: blake3.hash20(message.data) };
}

/** A message of a type that no version knows. */
function ofTheFuture(): Message {
  const known = MessageData.decode(aCastAdd().data);
  return hashed({ ...aCastAdd(), data: MessageData.encode({ ...known, type: 99 as 1 }).finish() });
}

const newStore = () => createMemoryStore({ virtualShardOf, homeShardOf: () => 1 });
let store: ReturnType<typeof newStore>;

beforeEach(async () => {
  store = newStore();
  await store.bindNetwork({ network: 1, shardCount: 1 });
  await store.startRealtime(1, nextBlock - 1n);
});

function setAside(given: Partial<QuarantinedMessage>): QuarantinedMessage {
  return {
    shardId: 1,
    fid: 1n,
    hash: Uint8Array.of(1),
    messageType: 1,
    rawKind: "event",
    raw: new Uint8Array(),
    eventId: EVENT_ID,
    at: AT,
    retireReason: null,
    // As an older version would have said, or a database that takes it now.
    reason: "unknown_type",
    detail: null,
    ...given,
  };
}

let nextBlock = 11n;

async function keep(...quarantined: readonly QuarantinedMessage[]): Promise<void> {
  await store.applyBlocks({
    shardId: 1,
    previousBlock: nextBlock - 1n,
    blockNumber: nextBlock,
    blockTime: AT,
    eventId: lastPositionOf(nextBlock),
    changes: [],
    messageCount: 0,
    quarantined,
  });
  nextBlock += 1n;
}

async function retry(
  options: Partial<RetryQuarantinedOptions> = {},
): Promise<readonly QuarantineRecord[]> {
  const records: QuarantineRecord[] = [];
  for await (const record of retryQuarantined({ store, ...options })) records.push(record);
  return records;
}

async function castsIn() {
  const casts: (readonly [string, bigint, string | null])[] = [];
  for await (const { row, state } of store.listRows("casts")) {
    casts.push([row.text, state.eventId, state.deletedReason]);
  }
  return casts;
}

const encodeEvent = (event: HubEvent) => HubEvent.encode({ ...event, id: EVENT_ID }).finish();

describe("retryQuarantined()", () => {
  it("makes the row of an event that this version can process, in its place", async () => {
    const event = aMergeMessageEvent(hashed(aCastAdd({ text: "late" })));
    await keep(setAside({ raw: encodeEvent(event) }));

    expect(await retry()).toMatchObject([{ status: "resolved", attempts: 1 }]);
    expect(await castsIn()).toEqual([["late", EVENT_ID, null]]);
    expect(await retry()).toEqual([]);
  });

  it("leaves open what this version cannot process either, with the reason of today", async () => {
    const message = ofTheFuture();
    const event = aMergeMessageEvent(message);
    await keep(setAside({ raw: encodeEvent(event), hash: message.hash, reason: "undecodable" }));

    expect(await retry()).toMatchObject([{ status: "open", attempts: 1, reason: "unknown_type" }]);
    expect(await retry()).toMatchObject([{ status: "open", attempts: 2 }]);
    expect(await castsIn()).toEqual([]);
  });

  it("applies nothing of an event of which a part cannot be processed", async () => {
    const event = aMergeMessageEvent(hashed(aCastAdd()), [ofTheFuture()]);
    await keep(setAside({ raw: encodeEvent(event) }));

    expect(await retry()).toMatchObject([{ status: "open", reason: "unknown_type" }]);
    expect(await castsIn()).toEqual([]);
  });

  it("does not take a forged message", async () => {
    const event = aMergeMessageEvent(aCastAdd());
    await keep(setAside({ raw: encodeEvent(event), reason: "hash_mismatch" }));

    expect(await retry()).toMatchObject([{ status: "open", reason: "hash_mismatch" }]);
    expect(await castsIn()).toEqual([]);
  });

  it("says of bytes that are nothing that they are undecodable", async () => {
    await keep(setAside({ raw: Uint8Array.of(0xff, 0xff, 0xff) }));

    expect(await retry()).toMatchObject([{ status: "open", reason: "undecodable" }]);
  });

  it("takes a snapshot's entry as listed at its height", async () => {
    const message = hashed(aCastAdd({ text: "listed" }));
    const entry: ShardTrieEntryWithMessage = {
      trieKey: messageTrieKey(1n, 1, message.hash),
      trieMessage: { $case: "userMessage", value: message },
    };
    const raw = ShardTrieEntryWithMessage.encode(entry).finish();
    await keep(setAside({ rawKind: "entry", raw, eventId: lastPositionOf(BLOCK) }));

    expect(await retry()).toMatchObject([{ status: "resolved" }]);
    expect(await castsIn()).toEqual([["listed", lastPositionOf(BLOCK), null]]);
  });

  it("takes a message that a database refused: merged, or ended for a reason", async () => {
    const rawKind = "message" as const;
    const merged = hashed(aCastAdd({ text: "merged" }));
    const ended = hashed(aCastAdd({ text: "ended" }));
    await keep(
      setAside({ rawKind, raw: Message.encode(merged).finish() }),
      setAside({ rawKind, raw: Message.encode(ended).finish(), retireReason: "pruned" }),
    );

    expect((await retry()).map(({ status }) => status)).toEqual(["resolved", "resolved"]);
    expect((await castsIn()).sort()).toEqual([
      ["ended", 0n, "pruned"],
      ["merged", EVENT_ID, null],
    ]);
  });

  it("sweeps links for a compact state that was merged, and not for one that was listed", async () => {
    const link = hashed(aLinkAdd({ type: "follow", target: { $case: "targetFid", value: 7n } }));
    const raw = Message.encode(
      hashed(aLinkCompactState({ type: "follow", targetFids: [] })),
    ).finish();
    const liveLinks = async () => (await store.countRows()).get("links")?.live;
    const linkAt = firstPositionOf(BLOCK - 1n);
    const early = { rawKind: "message" as const, eventId: linkAt };
    await keep(setAside({ ...early, raw: Message.encode(link).finish() }));
    await retry();
    expect(await liveLinks()).toBe(1);

    await keep(setAside({ rawKind: "message", raw, eventId: lastPositionOf(BLOCK) }));
    await retry();
    expect(await liveLinks()).toBe(1);

    await keep(setAside({ rawKind: "message", raw }));
    await retry();
    expect(await liveLinks()).toBe(0);
  });

  it("takes on-chain events and registry proofs that a database refused", async () => {
    const event = OnChainEvent.encode(aSignerEvent()).finish();
    const proof = UserNameProof.encode(anFnameProof({ fid: 1n })).finish();
    const ended = UserNameProof.encode(anFnameProof({ fid: 1n, timestamp: 5n })).finish();
    await keep(
      setAside({ rawKind: "onchain_event", raw: event }),
      setAside({ rawKind: "fname_proof", raw: proof }),
      setAside({ rawKind: "fname_proof", raw: ended, retireReason: "superseded" }),
    );
    await retry();

    const counts = await store.countRows();
    expect(counts.get("onchain_events")).toMatchObject({ live: 1 });
    expect(counts.get("fname_transfers")).toMatchObject({ live: 1, total: 2 });
  });

  it("tries what ids name, with everything else that is open of the same accounts", async () => {
    const at = (id: bigint) => ({ eventId: firstPositionOf(BLOCK) + id });
    const merge = aMergeMessageEvent(hashed(aCastAdd({ text: "gone" })));
    const prune = aPruneMessageEvent(hashed(aCastAdd({ text: "gone" })));
    const other = aMergeMessageEvent(hashed(aCastAdd({ text: "other" }, { fid: 2n })));
    await keep(
      setAside({ ...at(1n), raw: encodeEvent(merge) }),
      setAside({ ...at(2n), raw: encodeEvent(prune) }),
      setAside({ ...at(3n), fid: 2n, raw: encodeEvent(other) }),
    );

    const tried = await retry({ ids: [1n] });
    expect(tried.map(({ id, status }) => [id, status])).toEqual([
      [1n, "resolved"],
      [2n, "resolved"],
    ]);
    expect(await castsIn()).toEqual([["gone", firstPositionOf(BLOCK) + 1n, "pruned"]]);
    expect(await retry({ ids: [1n, 99n] })).toEqual([]);
  });

  it("tries again what another writer was in the way of, and not for ever", async () => {
    await keep(setAside({ raw: encodeEvent(aMergeMessageEvent(hashed(aCastAdd()))) }));
    let failures = 2;
    const contended = {
      ...store,
      async applyReplay(replay: Parameters<typeof store.applyReplay>[0]) {
        failures -= 1;
        if (failures >= 0) throw new StorageError("deadlock", "another writer");
        return store.applyReplay(replay);
      },
    };
    expect(await retry({ store: contended })).toMatchObject([{ status: "resolved" }]);

    await keep(setAside({ raw: encodeEvent(aMergeMessageEvent(hashed(aCastAdd()))), fid: 3n }));
    failures = 1000;
    await expect(retry({ store: contended })).rejects.toMatchObject({ code: "deadlock" });
  });

  it("ends at an abort, and yields nothing in a store that mirrors nothing", async () => {
    await keep(setAside({}));

    await expect(retry({ signal: AbortSignal.abort() })).rejects.toThrow();
    expect(await retry({ store: newStore() })).toEqual([]);
  });
});

describe("processCarrier()", () => {
  const checks: MessageChecks = {
    get blake3() {
      return blake3;
    },
    forged: new Set(),
  };
  const context = {
    shardId: 1,
    network: 1,
    homeShardOf: () => 1,
    at: AT,
    eventId: EVENT_ID,
  };

  it("keeps an event with a forged message whole, so that a retry has all of it, and processes the rest", async () => {
    const event = aMergeMessageEvent(hashed(aCastAdd({ text: "sound" })), [aCastAdd()]);
    const processed = processCarrier({ kind: "event", event }, context, checks);

    expect(processed).toMatchObject({ changes: [{ kind: "merge" }], spoiltCount: 1 });
    expect(processed.quarantined).toMatchObject([
      { reason: "hash_mismatch", rawKind: "event", eventId: EVENT_ID, at: AT, messageType: 1 },
    ]);
    expect(processed.quarantined[0]?.raw).toEqual(HubEvent.encode(event).finish());
  });

  it("keeps an event that is newer than this version", () => {
    const event: HubEvent = {
      ...aMergeOnChainEvent(aSignerEvent()),
      body: undefined,
      type: 77 as 1,
    };
    const processed = processCarrier({ kind: "event", event }, context, checks);

    expect(processed.quarantined).toMatchObject([
      { reason: "unknown_event", fid: null, messageType: null },
    ]);
  });

  it("processes the rest of an event of which one message cannot be read", () => {
    const event = aMergeMessageEvent(hashed(aCastAdd()), [ofTheFuture()]);
    const processed = processCarrier({ kind: "event", event }, context, checks);

    expect(processed.changes).toHaveLength(1);
    expect(processed.quarantined).toMatchObject([{ reason: "unknown_type", messageType: 99 }]);
  });

  it("keeps a snapshot's entry of an unknown kind under its key", () => {
    const entry: ShardTrieEntryWithMessage = { trieKey: Uint8Array.of(9), trieMessage: undefined };
    const processed = processCarrier({ kind: "entry", entry }, context, checks);

    expect(processed.quarantined).toMatchObject([
      { reason: "unknown_entry", hash: Uint8Array.of(9), rawKind: "entry" },
    ]);
  });
});
