// The thread of the floor; see run-floor.mjs.
import {
  lastPositionOf,
  MESSAGE_MAPPINGS,
  TABLE_KEYS,
  toFnameTransferRow,
  toOnChainEventRow,
} from "@snaprag/processors";
import { narrowMessage } from "@snaprag/proto";
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
  for (const table of relations) {
    await client.query(`alter table ${table} drop constraint if exists ${table}_pkey`);
  }
}

const relations = [
  ...new Set(Object.values(MESSAGE_MAPPINGS).map(({ table }) => table)),
  ...["onchain_events", "fname_transfers"],
];
const client = new pg.Client(connectionString);
await client.connect();
await createTables(client);
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

function writeMessage(envelope, eventId, { shardId, trieKey }) {
  const message = narrowMessage(envelope);
  const listed = { message, eventId };
  const kind = message.type;
  if (kind === "reactionAdd") writeReaction(reactions, listed);
  else if (kind === "linkAdd") writeLink(links, listed);
  else if (kind === "castAdd") writeCast(casts, listed);
  else if (KEY_KINDS.has(kind) || homeShardOf(message.fid, SHARD_COUNT) !== shardId) return;
  else if (isOfAccount(message, trieKey)) {
    writeRowOf(MESSAGE_MAPPINGS[kind].table, toRow(listed));
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
const rowCounts = new Map();
for (const [table, { copy }] of tables) rowCounts.set(table, await copy.close());

/** What is built of a relation, its key first. */
function statementsOf(table) {
  return [
    `alter table ${table} add primary key (${TABLE_KEYS[table].join(", ")})`,
    ...JSON.parse(indexes).filter((index) => index.includes(` ON public.${table} `)),
    `analyze ${table}`,
  ];
}

const largestFirst = relations.toSorted((a, b) => rowCounts.get(b) - rowCounts.get(a));
async function build(session) {
  for (let table = largestFirst.shift(); table; table = largestFirst.shift()) {
    for (const statement of statementsOf(table)) await session.query(statement);
  }
}
// Two relations at a time, as there are two cores.
const second = new pg.Client(connectionString);
await second.connect();
await Promise.all([build(client), build(second)]);
await second.end();
await client.end();
const rowCount = [...rowCounts.values()].reduce((sum, count) => sum + count);
console.log(JSON.stringify({ rowCount }));
