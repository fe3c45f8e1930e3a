// Multi-row inserts: 10,000 rows a transaction by parameters, in as many statements as the protocol's
// limit of 65,535 parameters asks for, keys and indexes in place from the beginning.
//
// node run-multi-row.mjs <endpoint> <database URL>
import { fromFarcasterTime } from "@snaprag/processors";
import { narrowMessage } from "@snaprag/proto";
import pg from "pg";
import { readPages } from "../node/read-pages.mjs";

const BATCH_ROWS = 10_000;
const MAX_PARAMETERS = 65_535;
const [endpoint, connectionString] = process.argv.slice(2);

const TABLES = {
  casts: {
    columns: ["fid", "timestamp", "message_hash", "text", "parent_hash", "embeds", "mentions"],
    sql: `fid bigint not null, "timestamp" timestamptz not null, message_hash bytea primary key,
      text text not null, parent_hash bytea, embeds jsonb, mentions jsonb`,
    indexes: [`(fid, "timestamp")`, "(parent_hash)"],
  },
  reactions: {
    columns: ["fid", "timestamp", "message_hash", "reaction_type", "target_fid", "target_hash"],
    sql: `fid bigint not null, "timestamp" timestamptz not null, message_hash bytea primary key,
      reaction_type smallint not null, target_fid bigint, target_hash bytea`,
    indexes: [`(fid, "timestamp")`, "(target_hash)"],
  },
  links: {
    columns: ["fid", "timestamp", "message_hash", "link_type", "target_fid"],
    sql: `fid bigint not null, "timestamp" timestamptz not null, message_hash bytea primary key,
      link_type text not null, target_fid bigint`,
    indexes: [`(fid, "timestamp")`, "(target_fid)"],
  },
};

const toJson = (value) =>
  JSON.stringify(value, (_, each) => {
    if (typeof each === "bigint") return String(each);
    return each instanceof Uint8Array ? Buffer.from(each).toString("hex") : each;
  });

function rowOf(message) {
  const typed = narrowMessage(message);
  if (typed.type === "unreadable") return undefined;
  const { fid, timestamp, body } = typed;
  const head = [fid, fromFarcasterTime(timestamp), Buffer.from(message.hash)];
  const bytes = (value) => (value ? Buffer.from(value) : null);
  switch (typed.type) {
    case "castAdd": {
      const { text, parent, embeds, mentions } = body;
      const parentHash = parent?.$case === "parentCastId" ? bytes(parent.value.hash) : null;
      return [
        "casts",
        [...head, text.replaceAll("\0", ""), parentHash, toJson(embeds), toJson(mentions)],
      ];
    }
    case "reactionAdd": {
      const cast = body.target?.$case === "targetCastId" ? body.target.value : undefined;
      return ["reactions", [...head, body.type, cast?.fid ?? null, bytes(cast?.hash)]];
    }
    case "linkAdd":
      return ["links", [...head, body.type, body.target?.value ?? null]];
    default:
      return undefined;
  }
}

const pool = new pg.Pool({ connectionString, max: 4 });
for (const [table, { sql, indexes }] of Object.entries(TABLES)) {
  await pool.query(`create table ${table} (${sql})`);
  for (const index of indexes) await pool.query(`create index on ${table} ${index}`);
}

function insert(client, table, rows) {
  const { columns } = TABLES[table];
  let parameter = 0;
  const tuples = rows.map(() => `(${columns.map(() => `$${++parameter}`).join()})`);
  const names = columns.map((column) => `"${column}"`).join();
  return client.query(
    `insert into ${table} (${names}) values ${tuples.join()} on conflict do nothing`,
    rows.flat(),
  );
}

let count = 0;
async function write(table, rows) {
  const most = Math.floor(MAX_PARAMETERS / TABLES[table].columns.length);
  const client = await pool.connect();
  await client.query("begin");
  for (let at = 0; at < rows.length; at += most) {
    await insert(client, table, rows.slice(at, at + most));
  }
  await client.query("commit");
  client.release();
  count += rows.length;
}

const waiting = new Map(Object.keys(TABLES).map((table) => [table, []]));
await readPages(endpoint, async ({ trieMessages }) => {
  for (const { trieMessage } of trieMessages) {
    const found = trieMessage?.$case === "userMessage" ? rowOf(trieMessage.value) : undefined;
    if (found) waiting.get(found[0]).push(found[1]);
  }
  for (const [table, rows] of waiting) {
    if (rows.length >= BATCH_ROWS) await write(table, rows.splice(0, BATCH_ROWS));
  }
});
for (const [table, rows] of waiting) await write(table, rows);
await pool.query("analyze");
await pool.end();
console.log(JSON.stringify({ messages: count }));
