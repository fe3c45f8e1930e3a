// Whatever the wire can carry, through a database and back to the bytes it came as.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Change, MergeOf, MessageTableName, TableName } from "@snaprag/processors";
import {
  encodeMessageRow,
  encodeRow,
  KIND_OF_TABLE,
  processMessage,
  processOnChainEvent,
  TABLE_KEYS,
  toFnameTransferRow,
} from "@snaprag/processors";
import {
  aCastAdd,
  anEventContext,
  anFnameProof,
  aUsernameProof,
} from "@snaprag/processors/testing";
import type { Store } from "@snaprag/storage";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyEmbeddedDatabase } from "../../../test/support/embedded-template.ts";
import { createTestDatabase } from "../../../test/support/test-database.ts";
import {
  anyFnameProof,
  anyOnChainEvent,
} from "../../processors/test/support/arbitrary-on-chain.ts";
import { openEmbeddedDatabase } from "../src/connection/embedded/index.ts";
import { createPostgresStore } from "../src/index.ts";
import type { Message } from "./support/mangled-messages.ts";
import { mangledMessage, signedBytesOf } from "./support/mangled-messages.ts";
import { batchOf, pageOf } from "./support/stores.ts";

type Merge = MergeOf<TableName>;

/** The network of the builders' messages. */
const MAINNET = 1;
const KINDS = Object.values(KIND_OF_TABLE);

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function keyOf(table: TableName, row: object): string {
  const columns = row as Readonly<Record<string, unknown>>;
  const parts = TABLE_KEYS[table].map((column) => {
    const value = columns[column];
    return value instanceof Uint8Array ? toHex(value) : String(value);
  });
  return [table, ...parts].join(" ");
}

/** What it was on the wire: a whole message, event or proof. */
function encodedOf(table: TableName, row: Merge["row"]): string {
  return toHex(encodeRow(table, row, MAINNET).raw);
}

/** What a message does on its author's home shard, and a gasless key on shard 0. */
function changesOf(message: Message): readonly Change[] {
  return [1, 0].flatMap((shardId) => {
    const context = anEventContext({ shardId, homeShardOf: () => 1 });
    return processMessage(message, context, 7n).changes;
  });
}

function mergesOf(changes: readonly Change[]): readonly Merge[] {
  return changes.flatMap((change) => (change.kind === "merge" ? [change as Merge] : []));
}

/** One of each key: where times and names are extreme, different things can share one. */
function withoutRepeats(merges: readonly Merge[]): readonly (Merge & Change)[] {
  const byKey = new Map(
    merges.map((each) => [`${each.table} ${keyOf(each.table, each.row)}`, each]),
  );
  return [...byKey.values()] as readonly (Merge & Change)[];
}

function mergeOfProof(proof: ReturnType<typeof anFnameProof>): Merge & Change {
  const row = toFnameTransferRow(proof);
  return { kind: "merge", table: "fname_transfers", row, eventId: 7n };
}

interface OpenStore extends AsyncDisposable {
  readonly store: Store;
}

async function openOnServer(): Promise<OpenStore> {
  const database = await createTestDatabase();
  const store = createPostgresStore({ connectionString: database.url });
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

async function openEmbedded(): Promise<OpenStore> {
  const folder = await mkdtemp(join(tmpdir(), "snaprag-bytes-"));
  await copyEmbeddedDatabase(join(folder, "db"));
  const database = await openEmbeddedDatabase({ folder: join(folder, "db"), holder: "a test" });
  const store = createPostgresStore(database.storeOptions);
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describe.each([
  ["on a server", openOnServer, 60],
  ["embedded", openEmbedded, 20],
] as const)("the PostgreSQL store %s", (_, open, size) => {
  let opened: OpenStore;
  let height = 0n;
  beforeAll(async () => {
    opened = await open();
    await opened.store.migrate();
    await opened.store.bindNetwork({ network: MAINNET, shardCount: 2 });
    await opened.store.finishLoading();
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  /** Writes changes as a first load, and as blocks that say the same again. */
  async function write(changes: readonly Change[]): Promise<void> {
    const { store } = opened;
    height += 2n;
    await store.planSnapshot({ shardId: 1, height, virtualShards: [0] });
    await store.applyPage(pageOf(height, mergesOf(changes) as readonly Change[]));
    await store.startRealtime(1, height);
    await store.applyBlocks(batchOf(height + 1n, changes));
    for await (const refused of store.listQuarantined()) expect.fail(refused.reason);
  }

  /** Every row of some relations as it was on the wire, by key. */
  async function readBack(merges: readonly Merge[]): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const table of new Set(merges.map((merge) => merge.table))) {
      for await (const { row } of opened.store.listRows(table)) {
        found.set(keyOf(table, row), encodedOf(table, row));
      }
    }
    return found;
  }

  async function expectBack(merges: readonly Merge[]): Promise<void> {
    const found = await readBack(merges);
    for (const { table, row } of merges) {
      expect(found.get(keyOf(table, row)), table).toBe(encodedOf(table, row));
    }
  }

  /** Tries so many samples in one batch: what takes time here is a transaction. */
  async function withSamples<Sample>(
    arbitrary: fc.Arbitrary<Sample>,
    holds: (samples: readonly Sample[]) => Promise<void>,
  ): Promise<void> {
    const samples = fc.array(arbitrary, { minLength: size, maxLength: size, size: "max" });
    await fc.assert(fc.asyncProperty(samples, holds), { numRuns: 1, endOnFailure: true });
  }

  it.each(KINDS)("gives back the signed bytes of any %s", async (kind) => {
    const readable = mangledMessage(kind).filter((message) => changesOf(message).length > 0);
    await withSamples(readable, async (samples) => {
      // Two that say the same before they are mangled have one hash, and so one row.
      const messages = [
        ...new Map(samples.map((message) => [toHex(message.hash), message])).values(),
      ];
      const changes = messages.flatMap(changesOf);
      const merges = mergesOf(changes);
      await write(changes);
      await expectBack(merges);
      const signed = merges.map(({ table, row }) =>
        toHex(encodeMessageRow(table as MessageTableName, row as never, MAINNET)),
      );
      expect(signed).toEqual(messages.map((message) => toHex(signedBytesOf(message))));
    });
  });

  it("gives back any on-chain event", async () => {
    const context = anEventContext({ homeShardOf: () => 1 });
    await withSamples(anyOnChainEvent, async (events) => {
      const changes = events.flatMap((event) => processOnChainEvent(event, context, 7n).changes);
      const merges = withoutRepeats(mergesOf(changes));
      await write(merges);
      await expectBack(merges);
    });
  });

  it("gives back any registry proof", async () => {
    await withSamples(anyFnameProof, async (proofs) => {
      const merges = withoutRepeats(proofs.map(mergeOfProof));
      await write(merges);
      await expectBack(merges);
    });
  });

  it("takes text as long as a message can be where an index is", async () => {
    const long = randomBytes(8000).toString("base64");
    const changes = [
      aCastAdd({ parent: { $case: "parentUrl", value: long } }),
      aUsernameProof({ name: new TextEncoder().encode(long) }),
    ].flatMap(changesOf);
    await write(changes);
    await expectBack(mergesOf(changes));
  });

  it("reads on past a page of names at the last instant there is", async () => {
    const proofs = Array.from({ length: 1001 }, (_, index) =>
      mergeOfProof(anFnameProof({ name: `late${index}`, timestamp: 2n ** 64n - 1n })),
    );
    await write(proofs);
    await expectBack(proofs);
  });
});
