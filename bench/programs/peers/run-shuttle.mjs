// Messages through the write path of @farcaster/shuttle, in the fastest way it can be used: ten at a
// time on its own pool of ten connections, its check of every message left out, and a handler that
// stores casts, reactions and links as its example does. Without a node, Redis or logging.
//
// node run-shuttle.mjs <endpoint> <database URL> <messages>
import { HubEvent, HubEventType, Message as HubMessage, MessageType } from "@farcaster/hub-nodejs";
import { getDbClient, HubEventProcessor, MessageProcessor } from "@farcaster/shuttle";
import { Message } from "@snaprag/proto";
import { sql } from "kysely";
import { readPages } from "../node/read-pages.mjs";

const BATCH = 10;
const [endpoint, connectionString, wanted] = process.argv.slice(2);

const EVENT_COLUMNS = `
  id uuid primary key default gen_random_uuid(),
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp,
  "timestamp" timestamptz not null,
  deleted_at timestamptz,
  fid bigint not null,
  hash bytea not null unique`;

const SCHEMA = [
  `create table messages (
    id uuid primary key default gen_random_uuid(),
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,
    "timestamp" timestamptz not null,
    deleted_at timestamptz, pruned_at timestamptz, revoked_at timestamptz,
    fid bigint not null, type smallint not null,
    hash_scheme smallint not null, signature_scheme smallint not null,
    hash bytea not null unique, signer bytea not null, raw bytea not null, body json not null,
    unique (hash, fid, type))`,
  `create index on messages ("timestamp")`,
  "create index on messages (fid)",
  "create index on messages (signer)",
  `create table casts (${EVENT_COLUMNS}, parent_hash bytea, parent_fid bigint, parent_url text,
    text text not null, embeds json not null, mentions json not null,
    mentions_positions json not null)`,
  `create index on casts (fid, "timestamp")`,
  `create table reactions (${EVENT_COLUMNS}, type smallint not null, target_hash bytea,
    target_fid bigint, target_url text)`,
  `create index on reactions (fid, "timestamp")`,
  "create index on reactions (target_hash)",
  `create table links (${EVENT_COLUMNS}, type text not null, target_fid bigint)`,
  `create index on links (fid, "timestamp")`,
];

const database = getDbClient(connectionString);
for (const statement of SCHEMA) await sql.raw(statement).execute(database);

const store = MessageProcessor.storeMessage;
// Message, transaction, operation and logger; the fifth argument asks for its check.
MessageProcessor.storeMessage = (...given) =>
  store.call(MessageProcessor, ...given.slice(0, 4), false);

const FARCASTER_EPOCH_MS = 1_609_459_200_000;

function rowsOf({ hash, data }) {
  const common = {
    fid: data.fid,
    hash,
    timestamp: new Date(FARCASTER_EPOCH_MS + data.timestamp * 1000),
  };
  if (data.castAddBody) {
    const { text, embeds, mentions, mentionsPositions, parentCastId, parentUrl } = data.castAddBody;
    const parent = { parentHash: parentCastId?.hash, parentFid: parentCastId?.fid, parentUrl };
    const lists = { embeds, mentions, mentionsPositions };
    const json = Object.entries(lists).map(([name, list]) => [name, JSON.stringify(list)]);
    return ["casts", { ...common, ...parent, text, ...Object.fromEntries(json) }];
  }
  if (data.reactionBody) {
    const { type, targetCastId, targetUrl } = data.reactionBody;
    const target = { targetHash: targetCastId?.hash, targetFid: targetCastId?.fid, targetUrl };
    return ["reactions", { ...common, type, ...target }];
  }
  if (data.linkBody) {
    const { type, targetFid } = data.linkBody;
    return ["links", { ...common, type, targetFid }];
  }
  return undefined;
}

const handler = {
  async handleMessageMerge(message, transaction) {
    const found = rowsOf(message);
    if (found === undefined) return;
    const [table, row] = found;
    await transaction
      .insertInto(table)
      .values(row)
      .onConflict((conflict) => conflict.columns(["hash"]).doNothing())
      .execute();
  },
};

const events = [];
await readPages(endpoint, ({ trieMessages }) => {
  for (const { trieMessage } of trieMessages) {
    if (trieMessage?.$case !== "userMessage" || events.length >= Number(wanted)) continue;
    const message = HubMessage.decode(Message.encode(trieMessage.value).finish());
    // It refuses lends, gasless keys and messages about channels, which are newer than it.
    if (message.data.type > MessageType.LINK_COMPACT_STATE) continue;
    const mergeMessageBody = { message, deletedMessages: [] };
    events.push(HubEvent.create({ type: HubEventType.MERGE_MESSAGE, mergeMessageBody }));
  }
  return events.length >= Number(wanted) ? "enough" : undefined;
});

const startedAt = process.hrtime.bigint();
const cpuBefore = process.cpuUsage();
for (let at = 0; at < events.length; at += BATCH) {
  const batch = events.slice(at, at + BATCH);
  await Promise.all(
    batch.map((event) => HubEventProcessor.processHubEvent(database, event, handler)),
  );
}
const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
await database.destroy();
const { user, system } = process.cpuUsage(cpuBefore);
console.log(
  JSON.stringify({ messages: events.length, seconds, cpuSeconds: (user + system) / 1e6 }),
);
process.exit(0);
