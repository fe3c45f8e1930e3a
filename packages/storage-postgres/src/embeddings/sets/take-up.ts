import type { EmbeddingPlan, EmbeddingSet } from "@snaprag/embeddings";
import { EmbeddingError } from "@snaprag/embeddings";
import type { PoolClient, QueryResult } from "pg";
import type { Connections } from "../../connection/connections.ts";
import type { Queryable } from "../extensions.ts";
import { ensureExtension } from "../extensions.ts";
import { toStoredSelection } from "../queue/selection.ts";
import { CHANGE_SETS } from "./lock-sets.ts";
import { installTriggers } from "./triggers.ts";
import { underLock } from "./under-lock.ts";
import type { VectorColumn } from "./vector-column.ts";
import { readVectorColumn } from "./vector-column.ts";

type Row = QueryResult["rows"][number];

const FIND_SET = `
select *, selection is distinct from $4::jsonb as is_selected_otherwise
from embedding_sets where model = $1 and version = $2 and recipe = $3`;

/**
 * Nobody holds any longer what was claimed before: nothing that is made of the old set or the old
 * selection counts for the new one. Nobody claims meanwhile, as sets are being changed.
 */
const TAKE_LEASES_BACK = `
with leased as (
  select fid, hash from embedding_queue where lease_id is not null order by fid, hash for update
)
update embedding_queue q set lease_id = null
from leased where q.fid = leased.fid and q.hash = leased.hash`;

/** One that was never complete serves as long as there is none that was. */
const LEAVE_OTHERS = `
update embedding_sets set is_current = false,
  state = case
    when state = 'building' and exists (select from embedding_sets where state = 'serving')
    then 'retired' else state end
where set_id is distinct from $1 and (is_current or state = 'building')`;

const MAKE_SET = `
insert into embedding_sets
  (is_current, model, version, recipe, dimension, selection, has_parent, has_quotes)
values (true, $1, $2, $3, $4, $5, $6, $7) returning *`;

const RENEW_SET = `
update embedding_sets set is_current = true, selection = $2, has_parent = $3, has_quotes = $4,
  state = case when state = 'retired' then 'building' else state end,
  cursor_fid = case when $5 then null else cursor_fid end,
  cursor_hash = case when $5 then null else cursor_hash end,
  walked_at = case when $5 then null else walked_at end,
  window_started_at = clock_timestamp(), window_casts = 0, last_rate = null
where set_id = $1 returning *`;

/** The type that vectors are to have, with its schema; undefined where there is no pgvector. */
async function findVectorType(session: Queryable): Promise<string | undefined> {
  const { rows } = await session.query(
    `select quote_ident(n.nspname) || '.' || t.typname as type
    from pg_extension e join pg_namespace n on n.oid = e.extnamespace
    join pg_type t on t.typnamespace = n.oid and t.typname in ('halfvec', 'vector')
    where e.extname = 'vector' order by t.typname limit 1`,
  );
  return rows[0]?.type;
}

/** Has vectors kept as pgvector keeps them; those that are there are converted. */
async function useVectorType(client: PoolClient, { storage }: EmbeddingPlan): Promise<void> {
  if (storage === "array" || (await readVectorColumn(client)).type !== "real[]") return;
  const type = await findVectorType(client);
  if (type === undefined) return;
  await client.query("set local statement_timeout to 0");
  await client.query(
    `alter table cast_embeddings alter column embedding type ${type} using embedding::${type}`,
  );
}

/** A set as the embedder knows it. */
export function toEmbeddingSet(row: Row, { type }: VectorColumn): EmbeddingSet {
  const { set_id: setId, model, version, dimension } = row;
  return { setId, model, version, dimension, vectorType: type };
}

/** Writes the set down as the current one. A walk that would not reach everything begins anew. */
async function settleSet(
  client: PoolClient,
  plan: EmbeddingPlan,
  { known, isNoted }: { readonly known: Row | undefined; readonly isNoted: boolean },
): Promise<Row> {
  const { model, version, recipe, dimension, context } = plan;
  const selection = JSON.stringify(toStoredSelection(plan.selection));
  // While another was current, changes were looked at for that one only.
  const isRestarted = !isNoted || !known?.is_current || known.is_selected_otherwise;
  if (isRestarted) await client.query(TAKE_LEASES_BACK);
  await client.query(LEAVE_OTHERS, [known?.set_id]);
  const { hasParent, hasQuotes } = context;
  const { rows } =
    known === undefined
      ? await client.query(MAKE_SET, [
          ...[model, version, recipe, dimension, selection, hasParent, hasQuotes],
        ])
      : await client.query(RENEW_SET, [
          ...[known.set_id, selection, hasParent, hasQuotes, isRestarted],
        ]);
  return rows[0];
}

function wrongDimension({ model, version, dimension }: EmbeddingPlan, stored: number) {
  return new EmbeddingError(
    "wrong_dimension",
    `The vectors of ${model}, version "${version}", have ${stored} numbers in the database, and the provider's have ${dimension}. Use the same model as before, or give this one another version`,
  );
}

async function prepareStorage(connections: Connections, plan: EmbeddingPlan): Promise<void> {
  if (plan.storage === "array") return;
  const obstacle = await ensureExtension(connections, "vector");
  if (obstacle !== undefined && plan.storage === "pgvector") throw obstacle;
}

/**
 * Takes up a set, see `EmbeddingStore`. With the storage `array`, vectors that pgvector keeps already
 * stay with it.
 *
 * @throws {EmbeddingError} `wrong_dimension`, `extension_missing`
 */
export async function takeUp(connections: Connections, plan: EmbeddingPlan): Promise<EmbeddingSet> {
  await prepareStorage(connections, plan);
  const { model, version, recipe, dimension } = plan;
  const selection = JSON.stringify(toStoredSelection(plan.selection));
  const taken = await underLock(connections, async (client) => {
    // First: a set that is being dropped is either gone by then, or stays.
    await client.query(CHANGE_SETS);
    const values = [model, version, recipe, selection];
    const known: Row | undefined = (await client.query(FIND_SET, values)).rows[0];
    if (known !== undefined && known.dimension !== dimension) return known.dimension as number;
    await useVectorType(client, plan);
    const isNoted = !(await installTriggers(client, connections.schema));
    const row = await settleSet(client, plan, { known, isNoted });
    return toEmbeddingSet(row, await readVectorColumn(client));
  });
  if (typeof taken === "number") throw wrongDimension(plan, taken);
  return taken;
}
