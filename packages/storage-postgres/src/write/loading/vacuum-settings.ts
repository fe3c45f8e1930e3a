// What a database does to relations by itself as they fill, put off while they are loaded.
import type { ClientBase } from "pg";
import { listPartitions } from "../../tables/fid-partitions.ts";
import { LARGE_TABLES } from "./definitions.ts";

type Session = Pick<ClientBase, "query">;

/** Relations that nearly every page of a first load has rows for. */
const FILLED_TABLES = [
  ...LARGE_TABLES,
  "onchain_events",
  "trie_leaves",
  "user_data_changes",
  "verifications",
] as const;

/**
 * Rows that only come leave nothing to vacuum, and statistics serve as well when a million rows and as
 * many as there were have come.
 * With the stock settings both are made anew each minute, by reading 30,000 rows of each relation and
 * all that came. Rows that end are vacuumed as ever, and so is what a wraparound asks for.
 */
const SETTINGS = {
  autovacuum_vacuum_insert_threshold: "-1",
  autovacuum_analyze_threshold: "1000000",
  autovacuum_analyze_scale_factor: "1",
} as const;

const ASSIGNED = Object.entries(SETTINGS).map((setting) => setting.join("="));

/** Puts it off; for relations that have just been made. */
export async function deferVacuum(session: Session): Promise<void> {
  const partitions = await listPartitions(session);
  for (const table of FILLED_TABLES) {
    // One that is partitioned holds no rows, and takes no such settings.
    for (const relation of partitions.get(table) ?? [table]) {
      await session.query(`alter table ${relation} set (${ASSIGNED.join(", ")})`);
    }
  }
}

const DEFERRED = `
select relname from pg_class
where relnamespace = current_schema()::regnamespace and relkind = 'r'
  and reloptions @> array[${ASSIGNED.map((setting) => `'${setting}'`).join(", ")}]`;

/** Gives back what {@link deferVacuum} put off, and leaves settings that somebody else has made. */
export async function resumeVacuum(session: Session): Promise<void> {
  const { rows } = await session.query(DEFERRED);
  for (const { relname } of rows) {
    await session.query(`alter table "${relname}" reset (${Object.keys(SETTINGS).join(", ")})`);
  }
}
