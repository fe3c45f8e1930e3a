import type { Connections } from "../../connection/connections.ts";
import { CHANGE_SETS } from "./lock-sets.ts";
import { removeTriggers } from "./triggers.ts";
import { underLock } from "./under-lock.ts";

const NEAREST_INDEXES = `
select quote_ident(indexname) as name from pg_indexes
where schemaname = current_schema() and indexname like 'cast\\_embeddings\\_nearest\\_%'`;

const TABLES = "cast_embeddings, embedding_queue, embedding_refusals, embedding_sets";

/**
 * Forgets every vector and everything about them, as if nothing had ever been embedded. Casts stay,
 * and so do extensions.
 */
export async function forget(connections: Connections): Promise<void> {
  await underLock(connections, async (client) => {
    await client.query(CHANGE_SETS);
    await removeTriggers(client);
    const { rows } = await client.query(NEAREST_INDEXES);
    for (const { name } of rows) await client.query(`drop index ${name}`);
    // Numbers of sets are not given again, so that no embedder of before takes a new one for its own.
    await client.query(`truncate ${TABLES}`);
    for (const change of ["type real[] using embedding::real[]", "set storage external"]) {
      await client.query(`alter table cast_embeddings alter column embedding ${change}`);
    }
  });
}
