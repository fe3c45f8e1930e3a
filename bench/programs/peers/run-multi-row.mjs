// Multi-row inserts as the Rust implementation does them: 10,000 rows a transaction by parameters, in
// as many statements as the protocol's limit of 65,535 parameters asks for, with that implementation's
// own relations, keys and indexes in place from the beginning (its migrations 000 and 006, without the key that 007 takes away).
//
// node run-multi-row.mjs <endpoint> <database URL>
import { narrowMessage } from "@snaprag/proto";
import pg from "pg";
import { readPages } from "../node/read-pages.mjs";

const BATCH_ROWS = 10_000;
const MAX_PARAMETERS = 65_535;
const [endpoint, connectionString] = process.argv.slice(2);

/** Columns that all three have. */
const COMMON = `id uuid primary key default gen_random_uuid(), fid bigint not null,
  "timestamp" bigint not null, message_hash bytea not null unique,
  created_at timestamptz default now(), shard_id integer, block_height bigint, transaction_fid bigint`;

const TABLES = {
  casts: {
    columns: [
      ...["fid", "text", "timestamp", "message_hash"],
      ...["parent_hash", "root_hash", "embeds", "mentions"],
    ],
    sql: `${COMMON}, text text, parent_hash bytea, root_hash bytea, embeds jsonb, mentions jsonb`,
    indexes: ["(fid)"],
  },
  reactions: {
    columns: [
      ...["fid", "target_cast_hash", "target_fid", "reaction_type", "timestamp", "message_hash"],
      ...["shard_id", "block_height", "transaction_fid"],
    ],
    sql: `${COMMON}, target_cast_hash bytea not null, target_fid bigint,
      reaction_type smallint not null`,
    indexes: [
      ...["(fid)", "(target_cast_hash)", "(target_fid)", "(reaction_type)"],
      ...['("timestamp" desc)', "(shard_id, block_height)", "(fid, target_cast_hash)"],
      "(target_cast_hash, reaction_type)",
    ],
  },
  links: {
    columns: [
      ...["fid", "target_fid", "link_type", "timestamp", "message_hash"],
      ...["shard_id", "block_height"],
    ],
    sql: `${COMMON}, target_fid bigint not null, link_type varchar(50) not null default 'follow'`,
    indexes: [],
  },
};

const toJson = (value) =>
  JSON.stringify(value, (_, each) => {
    if (typeof each === "bigint") return String(each);
    return each instanceof Uint8Array ? Buffer.from(each).toString("hex") : each;
  });

const bytes = (value) => (value ? Buffer.from(value) : null);

/** Relation and values of a message; none where it has no place for one, as for a URL's reaction. */
function rowOf(message, { shardId, height }) {
  const typed = narrowMessage(message);
  if (typed.type === "unreadable") return undefined;
  const { fid, timestamp, body } = typed;
  const hash = bytes(message.hash);
  switch (typed.type) {
    case "castAdd": {
      const { text, parent, embeds, mentions } = body;
      const parentHash = parent?.$case === "parentCastId" ? bytes(parent.value.hash) : null;
      const shown = text.replaceAll("\0", "");
      return [
        "casts",
        [fid, shown, timestamp, hash, parentHash, null, toJson(embeds), toJson(mentions)],
      ];
    }
    case "reactionAdd": {
      const cast = body.target?.$case === "targetCastId" ? body.target.value : undefined;
      if (cast === undefined) return undefined;
      const target = [bytes(cast.hash), cast.fid, body.type];
      return ["reactions", [fid, ...target, timestamp, hash, shardId, height, fid]];
    }
    case "linkAdd":
      if (body.target === undefined) return undefined;
      return ["links", [fid, body.target.value, body.type, timestamp, hash, shardId, height]];
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
    `insert into ${table} (${names}) values ${tuples.join()} on conflict (message_hash) do nothing`,
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
await readPages(endpoint, async ({ trieMessages }, place) => {
  for (const { trieMessage } of trieMessages) {
    const isMessage = trieMessage?.$case === "userMessage";
    const found = isMessage ? rowOf(trieMessage.value, place) : undefined;
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
