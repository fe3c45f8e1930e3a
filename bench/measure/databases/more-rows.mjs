// Rows of accounts that a network does not have, made of those that it has.
import { pipeline } from "node:stream/promises";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { withClient } from "./database.mjs";

/** The relations that hold nearly everything. */
const TABLES = ["casts", "reactions", "links"];
/** Fids of a devnet, and those of copies, are below it. */
const MAX_FID = 1_500_000;
const SCHEMA = "copied";

const COLUMNS = `
select column_name as name from information_schema.columns
where table_schema = 'public' and table_name = $1 order by ordinal_position`;

/** Brings the rows of a mirror to another database, in relations of their own. Returns what there is. */
export async function stageRows(mirrorUrl, url) {
  return await withClient(mirrorUrl, (source) =>
    withClient(url, async (target) => {
      await target.query(`create schema ${SCHEMA}`);
      const { rows } = await source.query("select fid from fids");
      await target.query(`create table ${SCHEMA}.fids (fid bigint primary key)`);
      await target.query(`insert into ${SCHEMA}.fids select unnest($1::bigint[])`, [
        rows.map(({ fid }) => fid),
      ]);
      let rowCount = 0;
      for (const table of TABLES) {
        await target.query(`create table ${SCHEMA}.${table} (like public.${table})`);
        await pipeline(
          source.query(copyTo(`copy ${table} to stdout (format binary)`)),
          target.query(copyFrom(`copy ${SCHEMA}.${table} from stdin (format binary)`)),
        );
        const counted = await target.query(`select count(*)::int as rows from ${SCHEMA}.${table}`);
        rowCount += counted.rows[0].rows;
      }
      return { rowCount, generation: 0 };
    }),
  );
}

/**
 * Where a copy belongs: anywhere among the fids there can be but for those that the network has, so
 * that what is loaded later finds rows before and after it.
 */
const COPIED_FID = `1 + mod(fid * 7919 + generation * 104729, ${MAX_FID})`;
const COPIED_HASH = "substring(sha256(hash || int4send(generation)) for 20)";

async function copyTable(client, table, generations) {
  const { rows } = await client.query(COLUMNS, [table]);
  const names = rows.map(({ name }) => `"${name}"`);
  const values = names.map((name) => {
    if (name === '"fid"') return COPIED_FID;
    return name === '"hash"' ? COPIED_HASH : name;
  });
  const { rowCount } = await client.query(
    `insert into public.${table} (${names})
     select * from (
       select ${values} from ${SCHEMA}.${table}, generate_series($1::int, $2::int) generation
     ) copies (${names})
     where fid not in (select fid from ${SCHEMA}.fids)
     order by fid, hash`,
    generations,
  );
  return rowCount;
}

/** Adds about so many rows, in whole copies of all that is staged. Returns how many. */
export async function copyRows(url, staged, wanted) {
  const copies = Math.round(wanted / staged.rowCount);
  if (copies < 1) return 0;
  const generations = [staged.generation + 1, staged.generation + copies];
  staged.generation += copies;
  return await withClient(url, async (client) => {
    let added = 0;
    for (const table of TABLES) added += await copyTable(client, table, generations);
    await client.query("vacuum analyze");
    return added;
  });
}
