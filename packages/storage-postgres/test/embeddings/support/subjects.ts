// The databases that every case of embeddings is held against: a server without pgvector, and the
// embedded one with it, whose session the embedder is a guest of. Each is opened once for a file, and
// each test has a schema of its own in it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe } from "vitest";
import { copyEmbeddedDatabase } from "../../../../../test/support/embedded-template.ts";
import { createTestDatabase } from "../../../../../test/support/test-database.ts";
import { openEmbeddedDatabase } from "../../../src/connection/embedded/index.ts";
import type { PostgresEmbeddingStore } from "../../../src/embeddings/index.ts";
import { createEmbeddingStore } from "../../../src/embeddings/index.ts";
import type { PostgresStoreOptions } from "../../../src/index.ts";
import { createPostgresStore } from "../../../src/index.ts";
import { batchOf, changesOf } from "../../support/stores.ts";

type HubEvent = Parameters<typeof changesOf>[1][number];
type Place = Pick<PostgresStoreOptions, "connectionString" | "connection" | "backend">;

interface OpenDatabase extends AsyncDisposable {
  readonly store: Place;
  readonly embeddings: Place;
}

/** A mirror of shard 1, and the store of its vectors. */
export interface EmbeddedMirror extends AsyncDisposable {
  readonly schema: string;
  readonly embeddings: PostgresEmbeddingStore;
  /** Another store of the same vectors. */
  openEmbeddings(): PostgresEmbeddingStore;
  /** Applies a block of these events. */
  merge(...events: readonly HubEvent[]): Promise<void>;
  select(text: string): Promise<pg.QueryResult["rows"]>;
}

/** A database to hold cases against. */
export interface Subject {
  readonly hasPgvector: boolean;
  /** The mirror of a test, in a schema of its own. */
  openMirror(fidPartitions?: number): Promise<EmbeddedMirror>;
}

async function openServer(): Promise<OpenDatabase> {
  const database = await createTestDatabase();
  const place = { connectionString: database.url };
  return { store: place, embeddings: place, [Symbol.asyncDispose]: database[Symbol.asyncDispose] };
}

async function openEmbedded(): Promise<OpenDatabase> {
  const root = await mkdtemp(join(tmpdir(), "snaprag-embeddings-"));
  await copyEmbeddedDatabase(join(root, "db"));
  const database = await openEmbeddedDatabase({ folder: join(root, "db"), holder: "a test" });
  return {
    store: database.storeOptions,
    embeddings: { ...database.storeOptions, backend: "embeddedGuest" },
    async [Symbol.asyncDispose]() {
      await database.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function openMirror(
  { store: place, embeddings: embeddingsPlace }: OpenDatabase,
  { schema, fidPartitions }: { readonly schema: string; readonly fidPartitions?: number },
): Promise<EmbeddedMirror> {
  const store = createPostgresStore({ ...place, schema, fidPartitions });
  await store.migrate();
  await store.bindNetwork({ network: 1, shardCount: 2 });
  await store.startRealtime(1, 0n);
  const client = new pg.Client(place.connection ?? place.connectionString);
  await client.connect();
  await client.query(`set search_path to ${schema}`);
  const openEmbeddings = () => createEmbeddingStore({ ...embeddingsPlace, schema });
  const embeddings = openEmbeddings();
  let block = 0n;
  return {
    schema,
    embeddings,
    openEmbeddings,
    async merge(...events) {
      block += 1n;
      await store.applyBlocks(batchOf(block, changesOf(block, events)));
    },
    select: async (text) => (await client.query(text)).rows,
    async [Symbol.asyncDispose]() {
      await embeddings.close();
      await client.end();
      await store.close();
    },
  };
}

const DATABASES = [
  ["a server without pgvector", false, openServer],
  ["PGlite with pgvector", true, openEmbedded],
] as const;

/** Describes cases that hold of every database. */
export function describeEach(title: string, cases: (subject: Subject) => void): void {
  describe.each(DATABASES)(`${title}, on %s`, (_, hasPgvector, open) => {
    let database: OpenDatabase | undefined;
    let count = 0;
    beforeAll(async () => {
      database = await open();
    });
    afterAll(async () => database?.[Symbol.asyncDispose]());
    cases({
      hasPgvector,
      openMirror(fidPartitions) {
        if (database === undefined) throw new Error("A database is there only while a test runs");
        count += 1;
        const layout = fidPartitions === undefined ? {} : { fidPartitions };
        return openMirror(database, { schema: `mirror_${count}`, ...layout });
      },
    });
  });
}
