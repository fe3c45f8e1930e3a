// Leaves that come and go with events, and those of rows, are together the set of keys that
// docs/protocol.md 3.2 makes of the same events.
import { firstPositionOf, processHubEvent } from "@snaprag/processors";
import {
  aBlockConfirmedEvent,
  aMergeFailureEvent,
  aMergeMessageEvent,
  aMergeOnChainEvent,
  aMergeUsernameProofEvent,
  anFnameProof,
  aPruneMessageEvent,
  aRevokeMessageEvent,
  aSignerEvent,
} from "@snaprag/processors/testing";
import type { HubEvent, Message } from "@snaprag/proto";
import { FarcasterNetwork, UserNameType } from "@snaprag/proto";
import { homeShardOf, loadBlake3 } from "@snaprag/verify";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leafChangesOf } from "../../../src/proof/leaves/leaf-changes.ts";
import type { RowOfTable } from "../../../src/proof/rows/row-leaf.ts";
import { leafOfRow } from "../../../src/proof/rows/row-leaf.ts";
import { aHashedMessage, KINDS } from "../../support/hashed-messages.ts";
import { keyTextOfEvent, keyTextsOfMessage, keyTextsOfProof } from "../../support/trie-keys.ts";

const blake3 = await loadBlake3();
const network = FarcasterNetwork.MAINNET;

/** Two at home on each of two shards (docs/protocol.md 7). */
const FIDS = [1n, 3n, 2n, 42n] as const;
/** Frame actions are nowhere, and rows of gasless keys come from shard 0. */
const NOT_OF_EVENTS = ["frameAction", "keyAdd", "keyRemove"];

const MESSAGES: readonly Message[] = KINDS.filter((kind) => !NOT_OF_EVENTS.includes(kind))
  .flatMap((kind) => FIDS.map((fid) => aHashedMessage(kind, { fid })))
  .concat(
    FIDS.flatMap((fid) =>
      FIDS.map((toFid) => aHashedMessage("lendStorage", { fid, body: { toFid } })),
    ),
  );
const ENS = MESSAGES.filter((message) => keyTextsOfMessage(message)[0]?.slice(10, 12) === "60");

const message = fc.constantFrom(...MESSAGES);
const ens = fc.option(fc.constantFrom(...ENS), { nil: undefined });
const fname = fc
  .record({
    name: fc.constantFrom("alice", "bob", "a".repeat(20), "a".repeat(21)),
    fid: fc.constantFrom(0n, ...FIDS),
  })
  .map(anFnameProof);
const otherName = fname.map((proof) => ({ ...proof, type: UserNameType.USERNAME_TYPE_BASENAME }));
const anyProof = fc.option(fc.oneof(fname, otherName), { nil: undefined });

/** An event of a shard, whose on-chain events are of accounts at home there. */
function arbitraryEvent(shardId: number): fc.Arbitrary<HubEvent> {
  const residents = FIDS.filter((fid) => homeShardOf(fid, 2) === shardId);
  return fc.oneof(
    { weight: 4, arbitrary: arbitraryMerge },
    { weight: 1, arbitrary: message.map((each) => aPruneMessageEvent(each)) },
    { weight: 1, arbitrary: message.map((each) => aRevokeMessageEvent(each)) },
    { weight: 3, arbitrary: arbitraryNameEvent },
    {
      weight: 1,
      arbitrary: fc
        .record({ fid: fc.constantFrom(...residents), seed: fc.nat(2) })
        .map((options) => aMergeOnChainEvent(aSignerEvent({}, options))),
    },
    { weight: 1, arbitrary: message.map((each) => aMergeFailureEvent({ message: each })) },
    { weight: 1, arbitrary: fc.constant(aBlockConfirmedEvent()) },
  );
}

/** A message never replaces itself. */
const arbitraryMerge = fc
  .tuple(message, fc.array(message, { maxLength: 3 }))
  .map(([merged, replaced]) =>
    aMergeMessageEvent(
      merged,
      replaced.filter((each) => each !== merged),
    ),
  );

const arbitraryNameEvent = fc.oneof(
  fc
    .record({ usernameProof: anyProof, deletedUsernameProof: anyProof })
    .map((body) => aMergeUsernameProofEvent(body)),
  fc
    .record({ usernameProofMessage: ens, deletedUsernameProofMessage: ens })
    .filter((body) => body.usernameProofMessage !== body.deletedUsernameProofMessage)
    .map((body) => aMergeUsernameProofEvent(body)),
);

/** docs/protocol.md 3.2: insert, then delete. */
function applyToSet(keys: Set<string>, { body }: HubEvent): void {
  const insert = (texts: readonly string[]) => texts.map((text) => keys.add(text));
  const remove = (texts: readonly string[]) => texts.map((text) => keys.delete(text));
  const keysOf = (each: Message | undefined) => (each ? keyTextsOfMessage(each) : []);
  switch (body?.$case) {
    case "mergeMessageBody":
      insert(keysOf(body.value.message));
      remove(body.value.deletedMessages.flatMap(keysOf));
      break;
    case "pruneMessageBody":
    case "revokeMessageBody":
      remove(keysOf(body.value.message));
      break;
    case "mergeOnChainEventBody":
      insert(body.value.onChainEvent ? [keyTextOfEvent(body.value.onChainEvent)] : []);
      break;
    case "mergeUsernameProofBody":
      insert(keysOf(body.value.usernameProofMessage));
      remove(keysOf(body.value.deletedUsernameProofMessage));
      insert(keyTextsOfProof(body.value.usernameProof));
      remove(keyTextsOfProof(body.value.deletedUsernameProof));
      break;
    default:
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** What came and went, each by its key, with the positions of the last time. */
function createSpans<Item>() {
  const spans = new Map<string, { readonly item: Item; come: bigint; go: bigint }>();
  return {
    mark(key: string, item: Item, at: { readonly isPresent: boolean; readonly eventId: bigint }) {
      const span = spans.get(key) ?? { item, come: 0n, go: 0n };
      if (at.isPresent) span.come = at.eventId;
      else span.go = at.eventId;
      spans.set(key, span);
    },
    list: () => [...spans.values()],
  };
}

function nameOfRow({ table, row }: RowOfTable): string {
  const hash = "hash" in row ? row.hash : "transaction_hash" in row && row.transaction_hash;
  return `${table}/${row.fid}/${hex(hash || new Uint8Array())}`;
}

/** Keys that leaf changes and rows of a shard stand for after events. */
function keysOfMirror(events: readonly HubEvent[], shardId: number): readonly string[] {
  const place = { shardId, network, homeShardOf: (fid: bigint) => homeShardOf(fid, 2) };
  const leaves = createSpans<string>();
  const rows = createSpans<RowOfTable>();
  for (const event of events) {
    const eventId = event.id;
    for (const leaf of leafChangesOf({ kind: "event", event }, { ...place, eventId })) {
      leaves.mark(hex(leaf.trieKey), hex(leaf.trieKey), leaf);
    }
    for (const change of processHubEvent(event, { ...place, at: new Date(0) }).changes) {
      // What compact states sweep is listed by these events.
      if (change.kind !== "merge" && change.kind !== "retire") continue;
      // Safety: a change holds the row of its table.
      const source = { table: change.table, row: change.row } as RowOfTable;
      rows.mark(nameOfRow(source), source, { isPresent: change.kind === "merge", eventId });
    }
  }
  const present = leaves.list().filter(({ come, go }) => come > 0n && come >= go);
  const ofRows = rows
    .list()
    .filter(({ come, go }) => come > go)
    .flatMap(({ item }) => leafOfRow(item, { network, blake3 }) ?? []);
  return [...present.map(({ item }) => item), ...ofRows.map(({ trieKey }) => hex(trieKey))].sort();
}

describe("leafChangesOf() and the leaves of rows", () => {
  it.each([1, 2])("make up the keys of shard %d after any events, each once", (shardId) => {
    fc.assert(
      fc.property(fc.array(arbitraryEvent(shardId), { maxLength: 40 }), (history) => {
        const events = history.map((event, index) => ({
          ...event,
          id: firstPositionOf(BigInt(10 + index)) + 1n,
        }));
        const keys = new Set<string>();
        for (const event of events) applyToSet(keys, event);

        expect(keysOfMirror(events, shardId)).toEqual([...keys].sort());
      }),
      { numRuns: 300 },
    );
  });
});
