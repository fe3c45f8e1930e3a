import type { QuarantinedMessage } from "@snaprag/storage";
import type { QueryConfig } from "pg";
import { bytea, encodeArray, int4, int8, text } from "../tables/column-types.ts";

/** Keeps messages that cannot become rows; a replay finds them there already. */
export function writeQuarantine(messages: readonly QuarantinedMessage[]): readonly QueryConfig[] {
  if (messages.length === 0) return [];
  const column = <Key extends keyof QuarantinedMessage>(key: Key) =>
    messages.map((message) => message[key]);
  return [
    {
      name: "quarantine",
      text: `insert into quarantined_messages
          (fid, shard_id, message_type, event_id, reason, hash, raw)
        select distinct on (fid, shard_id, reason, hash) *
        from unnest($1::int8[], $2::int4[], $3::int4[], $4::int8[], $5::text[], $6::bytea[], $7::bytea[])
          as rows (fid, shard_id, message_type, event_id, reason, hash, raw)
        on conflict do nothing`,
      values: [
        encodeArray(
          int8,
          column("fid").map((fid) => fid ?? 0n),
        ),
        encodeArray(int4, column("shardId")),
        encodeArray(int4, column("messageType")),
        encodeArray(int8, column("eventId")),
        encodeArray(text, column("reason")),
        encodeArray(bytea, column("hash")),
        encodeArray(bytea, column("raw")),
      ],
    },
  ];
}
