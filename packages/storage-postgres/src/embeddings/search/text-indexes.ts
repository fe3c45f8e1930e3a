// Indexes over what casts say. They take a tenth of the casts' own space or more, and are built when
// somebody wants to search by words.
import type { Client } from "pg";
import type { Connections } from "../../connection/connections.ts";
import type { IndexDefinition } from "../../write/indexes.ts";
import { buildMissing, buildMissingAtOnce, findMissing } from "../../write/indexes.ts";
import { whileNobodyBuilds } from "../../write/loading/build-turns.ts";
import { buildKeys } from "../../write/loading/keys.ts";
import type { Queryable } from "../extensions.ts";
import { ensureExtension, findExtensionSchema } from "../extensions.ts";

/** Which indexes over the text of casts are wanted. */
export interface TextIndexChoice {
  /** For all of some words. */
  readonly fullText: boolean;
  /** For words that are similar: needs the extension pg_trgm. */
  readonly trigram: boolean;
}

/** The words of a cast: a query that says it otherwise is not served by the index. */
export const WORDS = "to_tsvector('simple', text)";

const WORD_INDEX: IndexDefinition = [
  "casts_by_words",
  `casts using gin (${WORDS}) where deleted_at is null`,
];

const TRIGRAM_INDEX_NAME = "casts_by_trigrams";

function trigramIndex(schema: string): IndexDefinition {
  return [
    TRIGRAM_INDEX_NAME,
    `casts using gin (text ${schema}.gin_trgm_ops) where deleted_at is null`,
  ];
}

/** The schema of pg_trgm, quoted, where casts are indexed by trigrams; undefined elsewhere. */
export async function findTrigramSchema(session: Queryable): Promise<string | undefined> {
  const { rows } = await session.query(
    `select 1 from pg_index where indisvalid and indexrelid = to_regclass('${TRIGRAM_INDEX_NAME}')`,
  );
  return rows.length === 0 ? undefined : findExtensionSchema(session, "pg_trgm");
}

async function chooseIndexes(
  connections: Connections,
  { fullText, trigram }: TextIndexChoice,
): Promise<readonly IndexDefinition[]> {
  const obstacle = trigram ? await ensureExtension(connections, "pg_trgm") : undefined;
  if (obstacle !== undefined) throw obstacle;
  const schema = trigram ? await findExtensionSchema(connections, "pg_trgm") : undefined;
  return [
    ...(fullText ? [WORD_INDEX] : []),
    ...(schema === undefined ? [] : [trigramIndex(schema)]),
  ];
}

/**
 * Builds the indexes over the text of casts that are wanted and missing, without blocking writes. One
 * that an interrupted build left is built again. On a server, the signal ends a wait for another process
 * that builds, and breaks off what this one does.
 *
 * @throws {EmbeddingError} `extension_missing` when trigrams are wanted, and pg_trgm cannot be had
 */
export async function buildTextIndexes(
  connections: Connections,
  choice: TextIndexChoice,
  signal?: AbortSignal,
): Promise<void> {
  const indexes = await chooseIndexes(connections, choice);
  if (indexes.length === 0) return;
  if (connections.backend !== "server") {
    return connections.transact((client) => buildMissingAtOnce(client, indexes));
  }
  const build = async (session: Client) => {
    if ((await findMissing(session, indexes)).length === 0) return;
    // A first load that was broken off has yet to build keys, and cannot meanwhile.
    await buildKeys(session);
    await buildMissing(session, indexes);
    // Statistics of an index's words come with those of its table.
    await session.query("analyze casts");
  };
  await whileNobodyBuilds(connections, build, signal);
}
