// The least that any program must do which loads a node's snapshots into these relations: receive
// the pages, decode them, COPY the rows, build the keys and indexes. Nothing is checked, no progress is
// kept, and it cannot run twice. What the sync reaches of its speed holds on any machine.
//
// node run-floor.mjs <endpoint> <database URL> <JSON array of index definitions>
import {
  lastPositionOf,
  MESSAGE_MAPPINGS,
  toFnameTransferRow,
  toOnChainEventRow,
} from "@snaprag/processors";
import { findMessageKind, hashedBytes, MessageData } from "@snaprag/proto";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { homeShardOf } from "@snaprag/verify";
import pg from "pg";
import { readPages, SHARD_COUNT } from "../node/read-pages.mjs";
import { openCopy } from "./copy-table.mjs";
import { BY_HAND, toRow, writeCast, writeLink, writeReaction, writeRow } from "./write-message.mjs";

const KEY_KINDS = new Set(["keyAdd", "keyRemove"]);
const [endpoint, connectionString, indexes] = process.argv.slice(2);

async function createTables(client) {
  const store = createPostgresStore({ connectionString });
  await store.migrate();
  await store.close();
  // Keys are built when all rows are there, as fast as they can be.
  const { rows } = await client.query(
    `select conrelid::regclass::text as "table", conname, pg_get_constraintdef(oid) as definition
     from pg_constraint where contype = 'p' and conrelid = any($1::regclass[])`,
    [relations],
  );
  for (const { table, conname } of rows) {
    await client.query(`alter table ${table} drop constraint ${conname}`);
  }
  return rows;
}

const relations = [
  ...new Set(Object.values(MESSAGE_MAPPINGS).map(({ table }) => table)),
  ...["onchain_events", "fname_transfers"],
];
const client = new pg.Client(connectionString);
await client.connect();
const keys = await createTables(client);
const { rows: columns } = await client.query(
  `select table_name, column_name as name, data_type as type, udt_name as elements
   from information_schema.columns where table_schema = 'public'`,
);

const tables = new Map(
  await Promise.all(
    relations.map(async (table) => {
      const all = columns.filter(({ table_name }) => table_name === table);
      const names = BY_HAND[table] ?? all.map(({ name }) => name);
      return [table, { columns: all, copy: await openCopy(connectionString, table, names) }];
    }),
  ),
);
const [reactions, links, casts] = ["reactions", "links", "casts"].map(
  (name) => tables.get(name).copy,
);

function writeRowOf(table, row) {
  const { copy, columns: all } = tables.get(table);
  writeRow(copy, row, all);
}

/** A lend is listed under its borrower too. */
function isOfAccount({ fid }, trieKey) {
  return new DataView(trieKey.buffer, trieKey.byteOffset).getUint32(1) === Number(fid);
}

function writeMessage(message, eventId, { shardId, trieKey }) {
  const data = MessageData.decode(hashedBytes(message));
  const listed = { data, message, eventId };
  const kind = findMessageKind(data.type);
  if (kind === "reactionAdd") writeReaction(reactions, listed);
  else if (kind === "linkAdd") writeLink(links, listed);
  else if (kind === "castAdd") writeCast(casts, listed);
  else if (KEY_KINDS.has(kind) || homeShardOf(data.fid, SHARD_COUNT) !== shardId) return;
  else if (isOfAccount(data, trieKey)) {
    writeRowOf(MESSAGE_MAPPINGS[kind].table, toRow(kind, listed));
  }
}

function writeEntry({ trieKey, trieMessage: { $case, value } }, eventId, shardId) {
  if ($case === "userMessage") {
    writeMessage(value, eventId, { shardId, trieKey });
  } else if ($case === "onChainEvent") {
    writeRowOf("onchain_events", { ...toOnChainEventRow(value), event_id: eventId });
  } else if (homeShardOf(value.proof.fid, SHARD_COUNT) === shardId) {
    writeRowOf("fname_transfers", { ...toFnameTransferRow(value.proof), event_id: eventId });
  }
}

await readPages(endpoint, async ({ trieMessages }, { shardId, height }) => {
  const eventId = lastPositionOf(height);
  for (const entry of trieMessages) writeEntry(entry, eventId, shardId);
  for (const { copy } of tables.values()) await copy.flush();
});
let rowCount = 0;
for (const { copy } of tables.values()) rowCount += await copy.close();
const statements = [
  ...keys.map(
    ({ table, conname, definition }) =>
      `alter table ${table} add constraint ${conname} ${definition}`,
  ),
  ...JSON.parse(indexes),
  "analyze",
];
for (const statement of statements) await client.query(statement);
await client.end();
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ rowCount, cpuSeconds: (user + system) / 1e6 }));
