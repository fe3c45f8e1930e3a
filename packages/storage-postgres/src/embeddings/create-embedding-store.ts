import type {
  CastSearchStore,
  EmbeddingSet,
  EmbeddingSetStatus,
  EmbeddingStore,
} from "@snaprag/embeddings";
import type { Connections } from "../connection/connections.ts";
import { createConnections } from "../connection/connections.ts";
import type { PostgresStoreOptions } from "../connection/postgres-store-options.ts";
import { resolvePostgresStoreOptions } from "../connection/postgres-store-options.ts";
import { encodeArray } from "../tables/binary-values.ts";
import { bytea } from "../tables/column-types.ts";
import { createKeys } from "../write/loading/keys.ts";
import { claim } from "./queue/claim.ts";
import { finish } from "./queue/finish.ts";
import { release, renew } from "./queue/leases.ts";
import { readStatus } from "./read-status.ts";
import { readCasts } from "./search/read-casts.ts";
import { searchByVector } from "./search/search-by-vector.ts";
import { searchByWords } from "./search/search-by-words.ts";
import type { TextIndexChoice } from "./search/text-indexes.ts";
import { buildTextIndexes } from "./search/text-indexes.ts";
import { complete } from "./sets/complete.ts";
import { forget } from "./sets/forget.ts";
import { takeUp, toEmbeddingSet } from "./sets/take-up.ts";
import { readVectorColumn } from "./sets/vector-column.ts";

/** Options of {@link createEmbeddingStore}. One of the first two says where the database is. */
export interface PostgresEmbeddingStoreOptions
  extends Pick<
    PostgresStoreOptions,
    | "connectionString"
    | "connection"
    | "schema"
    | "statementTimeoutMs"
    | "connectTimeoutMs"
    | "backend"
  > {
  /** @default 2 */
  readonly maxConnections?: number | undefined;
  /**
   * Name of the connections in the database's own views.
   *
   * @default "snaprag embeddings"
   */
  readonly applicationName?: string | undefined;
}

/** Vectors beside the casts of a mirror, to be made and to be searched. */
export interface PostgresEmbeddingStore extends EmbeddingStore, CastSearchStore, AsyncDisposable {
  /**
   * How far every set is; empty when nothing was ever embedded. Only reads, also in a session that
   * belongs to another process.
   *
   * @throws {StorageError} with `sqlState` 42P01 when the database is not migrated
   */
  readStatus(): Promise<readonly EmbeddingSetStatus[]>;
  /** Has casts looked at again whose text was refused to the current set; returns how many. */
  retryRefused(): Promise<number>;
  /** Drops every set, with its vectors, and what notes changes, as if nothing had been embedded. */
  forget(): Promise<void>;
  /**
   * Builds the chosen indexes over the text of casts without blocking writes, where they are missing. On
   * a server, the signal breaks that off, and it rejects with the signal's reason.
   *
   * @throws {EmbeddingError} `extension_missing` when trigrams are wanted, and pg_trgm cannot be had
   */
  buildTextIndexes(choice: TextIndexChoice, signal?: AbortSignal): Promise<void>;
}

/**
 * Somebody who is alive leads the shard, or downloads a part of it. What an earlier sync of other
 * shards has left, or a fault of a shard that nobody mirrors, is no reason to wait.
 */
const IS_LOADING = `
select exists (
  select from sync_progress join sync_leases l using (shard_id)
  where phase = 'historical' and sync_is_alive(l.member_id)
) as is_loading`;

async function hasCasts({ query }: Connections): Promise<boolean> {
  const { rows } = await query("select exists (select from casts) as has_casts");
  return rows[0]?.has_casts === true;
}

const FIND_VECTORS = `
select distinct on (content_hash) content_hash, embedding::real[] as vector
from cast_embeddings where set_id = $1 and content_hash = any($2::bytea[])
order by content_hash`;

const RECORD_ERROR = `
update embedding_sets
set error_count = error_count + 1, last_error = $2, last_error_at = clock_timestamp()
where set_id = $1`;

/** The set before the current one serves until that is complete, if it never was so itself. */
const FIND_SERVING = `
select * from embedding_sets where state <> 'retired'
order by (state = 'serving') desc, set_id limit 1`;

const RETRY_REFUSED = `
with retried as (
  delete from embedding_refusals r using embedding_sets s
  where s.set_id = r.set_id and s.is_current returning r.fid, r.hash
), noted as (
  insert into embedding_queue as q (fid, hash) select fid, hash from retried order by 1, 2
  on conflict (fid, hash) do update set version = q.version + 1, lease_id = null
)
select count(*)::int as count from retried`;

async function findVectors(
  { query }: Connections,
  setId: number,
  contentHashes: readonly Uint8Array[],
): Promise<ReadonlyMap<string, Float32Array>> {
  if (contentHashes.length === 0) return new Map();
  const values = [setId, encodeArray(bytea, contentHashes)];
  const { rows } = await query({ text: FIND_VECTORS, values });
  return new Map(
    rows.map(({ content_hash: hash, vector }) => [
      Buffer.from(hash).toString("hex"),
      Float32Array.from(vector),
    ]),
  );
}

async function findServingSet(connections: Connections): Promise<EmbeddingSet | undefined> {
  const [row] = (await connections.query(FIND_SERVING)).rows;
  return row && toEmbeddingSet(row, await readVectorColumn(connections));
}

/** A message as the database can keep it: without NUL, and no longer than anybody reads. */
function toStoredMessage(message: string): string {
  return message.replaceAll("\0", "").slice(0, 2000);
}

/**
 * Creates the store of vectors in PostgreSQL, in the schema of a mirror that was migrated. Inert:
 * connects with the first call. Everything it throws is a `StorageError` or an `EmbeddingError`.
 *
 * Vectors are kept by pgvector where the server has it, and as arrays elsewhere. From the first
 * `takeUp()` on, triggers note every cast that comes, ends or changes; whoever has embedded enough
 * calls `forget()`, or notes are kept for ever.
 *
 * @throws {TypeError} for options that no database could honour
 */
export function createEmbeddingStore(
  options: PostgresEmbeddingStoreOptions,
): PostgresEmbeddingStore {
  const { maxConnections = 2, applicationName = "snaprag embeddings" } = options;
  const resolved = resolvePostgresStoreOptions({ ...options, maxConnections, applicationName });
  const connections = createConnections(resolved.connections);
  const keys = createKeys(connections);
  const { query, transact } = connections;
  return {
    takeUp(plan) {
      // Where a mirror was, there may be another one by now.
      keys.forget();
      return takeUp(connections, plan);
    },
    isLoading: async () => (await query(IS_LOADING)).rows[0]?.is_loading === true,
    async claim(request) {
      // Casts are gone through by their keys, which a first load that was broken off has put off. One that
      // has not begun is left to put them off.
      if (!(await keys.areThere()) && (await hasCasts(connections))) await keys.ensure();
      return claim(connections, request);
    },
    findVectors: (setId, contentHashes) => findVectors(connections, setId, contentHashes),
    finish: (claimed) => transact((client) => finish(client, claimed)),
    renew: (leaseId, leaseMs) => renew(connections, leaseId, leaseMs),
    release: (leaseId) => release(connections, leaseId),
    complete: (setId, signal) => complete(connections, setId, signal),
    async recordError(setId, message) {
      await query({ text: RECORD_ERROR, values: [setId, toStoredMessage(message)] });
    },
    findServingSet: () => findServingSet(connections),
    searchByVector: (question) => searchByVector(connections, question),
    searchByWords: (question) => searchByWords(connections, question),
    readCasts: (keys) => readCasts(connections, keys),
    readStatus: () => readStatus(connections),
    retryRefused: async () => (await query(RETRY_REFUSED)).rows[0]?.count ?? 0,
    forget: () => forget(connections),
    buildTextIndexes: (choice, signal) => buildTextIndexes(connections, choice, signal),
    close: () => connections.close(),
    [Symbol.asyncDispose]: () => connections.close(),
  };
}
