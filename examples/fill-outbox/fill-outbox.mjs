// Mirrors a node and hands every cast on, none left out, however often it is killed:
//
//   node fill-outbox.mjs postgres://localhost/farcaster http://localhost:3383
//
// In a fresh clone, `npm start` has to come first: it installs and builds the packages. A simulated node
// at that address is `npm run -s snaprag -- devnet`.
//
// The sync writes casts into an outbox in the transaction that mirrors them, and wakes whoever listens when
// that commits. What was handed on right before a kill is handed on once more: give it away by its hash.
import { once } from "node:events";
import { createNodeClient } from "@snaprag/client";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { createSyncer } from "@snaprag/sync";
import pg from "pg";

const [connectionString = "postgres://localhost/farcaster", endpoint = "http://localhost:3383"] =
  process.argv.slice(2);
const CASTS_AT_A_TIME = 100;

/** Joins the transaction of every page and block: what it throws takes the rows of the mirror along. */
async function fillOutbox(changes, transaction) {
  const casts = changes
    .filter(({ kind, table }) => kind === "merge" && table === "casts")
    .map(({ row }) => row);
  if (casts.length === 0) return;
  // A page that is listed again brings casts that are there already.
  await transaction.query(
    `insert into cast_outbox (fid, hash, text)
     select * from unnest($1::bigint[], $2::bytea[], $3::text[]) on conflict do nothing`,
    [casts.map(({ fid }) => fid), casts.map(({ hash }) => hash), casts.map(({ text }) => text)],
  );
  await transaction.query("notify cast_outbox");
}

/** Hands casts on that nobody has; returns how many. Others may do the same beside it. */
async function handOn(consumer) {
  await consumer.query("begin");
  const { rows } = await consumer.query(
    `select id, fid, hash, text from cast_outbox where handed_on_at is null
     order by id limit ${CASTS_AT_A_TIME} for update skip locked`,
  );
  for (const { fid, hash, text } of rows) {
    // Your code here: a queue, a webhook, a bot.
    console.log(`@${fid} 0x${hash.toString("hex")} ${JSON.stringify(text)}`);
  }
  const ids = rows.map(({ id }) => id);
  await consumer.query("update cast_outbox set handed_on_at = now() where id = any($1)", [ids]);
  await consumer.query("commit");
  return rows.length;
}

const consumer = new pg.Client({ connectionString });
await consumer.connect();
await consumer.query(
  `create table if not exists cast_outbox (
     id bigint generated always as identity primary key,
     fid bigint not null, hash bytea not null, text text not null,
     handed_on_at timestamptz,
     unique (fid, hash));
   create index if not exists cast_outbox_waiting on cast_outbox (id) where handed_on_at is null;
   listen cast_outbox`,
);

const store = createPostgresStore({ connectionString, onChanges: fillOutbox });
await store.migrate();
const client = createNodeClient({ endpoint });
const syncer = createSyncer({ client, store, holder: `fill-outbox, pid ${process.pid}` });
const syncing = syncer.run({});

async function handOnForEver() {
  for (;;) {
    // Before looking: what comes while it looks is not waited for in vain.
    const filled = once(consumer, "notification");
    while ((await handOn(consumer)) > 0);
    await filled;
  }
}

await Promise.all([syncing, handOnForEver()]);
