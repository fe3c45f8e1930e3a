// How the database looks for what a load needs, whatever it has seen of the relations before.
import { expect, it } from "vitest";
import { createPostgresStore } from "../../src/index.ts";
import { useDatabase } from "../support/each-database.ts";
import { pageOf } from "../support/stores.ts";

const own = useDatabase();
const HEIGHT = 5n;
/** After a few uses of a prepared statement, a session keeps its plan. */
const USES = 8;
/** Accounts that come after that, of another partition than those that are finished. */
const ACCOUNTS = 20_000;

const FILL = `
insert into fids (fid, shard_id, virtual_shard) select i, 1, 255 from generate_series(1, ${ACCOUNTS}) i;
insert into onchain_events (fid, type, transaction_hash, log_index, block_timestamp, block_hash,
  block_number, tx_index, version, chain_id, event_id)
select i, 3, '', 0, now(), '', 1, 0, 0, 10, 1 from generate_series(1, ${ACCOUNTS}) i;
insert into user_data_changes (fid, hash, "timestamp", signer, signature, user_data_type, value, event_id)
select i, '', now(), '', '', 1, '', 1 from generate_series(1, ${ACCOUNTS}) i`;

const ROWS_READ_IN_ORDER = `
select coalesce(sum(seq_tup_read), 0)::int as count from pg_stat_user_tables
where relname in ('fids', 'onchain_events', 'user_data_changes')`;

const SESSIONS = "select from pg_stat_activity where application_name = 'loading'";

it("reads no relation from end to end for a partition, also if they were vacuumed while empty", async () => {
  const virtualShards = Array.from({ length: USES + 1 }, (_, index) => index);
  const options = { connectionString: own.database.url, applicationName: "loading" };
  // One session, whose plans are those of all pages.
  const store = createPostgresStore({ ...options, maxConnections: 1 });
  await store.migrate();
  await store.bindNetwork({ network: 1, shardCount: 1 });
  await store.planSnapshot({ shardId: 1, height: HEIGHT, virtualShards });
  await own.client.query("vacuum analyze");
  const finish = (virtualShard: number) => store.applyPage({ ...pageOf(HEIGHT, []), virtualShard });
  for (const virtualShard of virtualShards.slice(0, USES)) await finish(virtualShard);
  await own.client.query(FILL);

  await finish(USES);
  await store.close();

  // A session tells what it has read when it ends.
  await expect.poll(async () => (await own.client.query(SESSIONS)).rowCount).toBe(0);
  const { rows } = await own.client.query(ROWS_READ_IN_ORDER);
  expect(rows[0].count).toBeLessThan(ACCOUNTS);
});
