-- What `snaprag migrate` and the end of the historical phase create. Generated: do not edit.

CREATE OR REPLACE FUNCTION public.embedding_similarity(a real[], b real[])
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select coalesce(nullif(
    sum(x::float8 * y) / nullif(sqrt(sum(x::float8 * x) * sum(y::float8 * y)), 0), 'NaN'), 0)
  from unnest(a, b) as pairs (x, y)
$function$;

CREATE OR REPLACE FUNCTION public.home_shard_of(fid bigint, shard_count integer)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select (((get_byte(digest, 0)::bigint << 24) + (get_byte(digest, 1) << 16)
    + (get_byte(digest, 2) << 8) + get_byte(digest, 3)) % shard_count)::int + 1
  from (select sha256(substring(int8send(fid) from 5)) as digest) hashed
$function$;

CREATE OR REPLACE FUNCTION public.sync_fence(moved bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if moved = 0 then
    raise exception 'progress is not where this batch begins' using errcode = 'SR001';
  end if;
end $function$;

CREATE OR REPLACE FUNCTION public.sync_is_alive(member integer)
 RETURNS boolean
 LANGUAGE sql
AS $function$
  select exists (select from sync_members where id = member and expires_at > clock_timestamp())
    and exists (
      select from pg_locks where locktype = 'advisory' and granted and objsubid = 2
        and classid = hashtext('snaprag member')::oid and objid = member::oid
    )
$function$;

CREATE OR REPLACE FUNCTION public.virtual_shard_of(fid bigint)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select get_byte(sha256(substring(int8send(fid) from 5)), 3)
$function$;

create table cast_embeddings (
  "fid" bigint not null,
  "set_id" integer not null,
  "chunk" integer not null,
  "hash" bytea not null,
  "content_hash" bytea not null,
  "embedding" real[] not null,
  PRIMARY KEY (fid, hash, set_id, chunk)
);

create table cast_removes (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "target_hash" bytea not null,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table casts (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "parent_fid" bigint,
  "cast_type" integer not null,
  "parent_hash" bytea,
  "parent_url" text,
  "text" text not null,
  "embeds" jsonb not null,
  "embeds_deprecated" jsonb,
  "mentions" jsonb not null,
  "mentions_positions" jsonb not null,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table channel_members (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "member_fid" bigint not null,
  "action" integer not null,
  "channel_id" bytea not null,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table channel_moderations (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "action" integer not null,
  "channel_id" bytea not null,
  "cast_hash" bytea not null,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table channel_pins (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "channel_id" bytea not null,
  "cast_hash" bytea not null,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table channel_updates (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "casting_mode" integer,
  "membership_mode" integer,
  "channel_id" bytea not null,
  "name" text,
  "description" text,
  "image_url" text,
  "header" text,
  "rules" text,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table embedding_queue (
  "fid" bigint not null,
  "noted_at" timestamp with time zone not null default now(),
  "lease_expires_at" timestamp with time zone,
  "version" integer not null default 0,
  "hash" bytea not null,
  "lease_id" text,
  PRIMARY KEY (fid, hash)
);

create table embedding_refusals (
  "fid" bigint not null,
  "refused_at" timestamp with time zone not null default now(),
  "set_id" integer not null,
  "hash" bytea not null,
  "text_hash" bytea not null,
  "reason" text not null,
  PRIMARY KEY (fid, hash, set_id)
);

create table embedding_sets (
  "set_id" integer not null,
  "dimension" integer not null,
  "is_current" boolean not null,
  "has_parent" boolean not null,
  "has_quotes" boolean not null,
  "cursor_fid" bigint,
  "walked_at" timestamp with time zone,
  "cast_count" bigint not null default 0,
  "text_count" bigint not null default 0,
  "token_count" bigint not null default 0,
  "error_count" bigint not null default 0,
  "last_error_at" timestamp with time zone,
  "window_started_at" timestamp with time zone not null default clock_timestamp(),
  "window_casts" bigint not null default 0,
  "last_rate" real,
  "created_at" timestamp with time zone not null default now(),
  "state" text not null default 'building'::text,
  "model" text not null,
  "version" text not null,
  "recipe" text not null,
  "cursor_hash" bytea,
  "selection" jsonb not null,
  "last_error" text,
  PRIMARY KEY (set_id),
  CHECK ((state = ANY (ARRAY['building'::text, 'serving'::text, 'retired'::text])))
);

create table fids (
  "fid" bigint not null,
  "shard_id" integer not null,
  "virtual_shard" integer not null,
  "registered_at" timestamp with time zone,
  "custody_address" bytea,
  "recovery_address" bytea,
  PRIMARY KEY (fid)
);

create table fname_transfers (
  "fid" bigint not null,
  "proof_timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "name_type" integer not null,
  "deleted_reason" text,
  "name" text not null,
  "owner" bytea not null,
  "proof_signature" bytea not null,
  "raw" bytea,
  PRIMARY KEY (fid, name, proof_timestamp, proof_signature)
);

create table frame_actions (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "button_index" bigint not null,
  "cast_fid" bigint,
  "cast_hash" bytea,
  "url" bytea not null,
  "input_text" bytea not null,
  "state" bytea not null,
  "transaction_id" bytea not null,
  "address" bytea not null,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table link_compact_states (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "link_type" text not null,
  "target_fids" bigint[] not null,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table link_removes (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "target_fid" bigint,
  "display_timestamp" timestamp with time zone,
  "link_type" text not null,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table links (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "target_fid" bigint,
  "display_timestamp" timestamp with time zone,
  "link_type" text not null,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table onchain_events (
  "fid" bigint not null,
  "block_timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "log_index" bigint not null,
  "chain_id" bigint not null,
  "block_number" bigint not null,
  "tx_index" bigint not null,
  "version" bigint not null,
  "signer_key_type" bigint,
  "metadata_type" bigint,
  "migrated_at" timestamp with time zone,
  "units" bigint,
  "expires_at" timestamp with time zone,
  "for_days" bigint,
  "type" integer not null,
  "event_type" integer,
  "tier_type" integer,
  "deleted_reason" text,
  "transaction_hash" bytea not null,
  "block_hash" bytea not null,
  "signer_key" bytea,
  "metadata" bytea,
  "to_address" bytea,
  "from_address" bytea,
  "recovery_address" bytea,
  "payer" bytea,
  "channel_key" text,
  "channel_label" bytea,
  "owner_address" bytea,
  "raw" bytea,
  PRIMARY KEY (fid, type, transaction_hash, log_index)
);

create table quarantined_messages (
  "fid" bigint not null,
  "id" bigint not null,
  "event_id" bigint not null,
  "block_time" timestamp with time zone not null,
  "quarantined_at" timestamp with time zone not null default now(),
  "attempted_at" timestamp with time zone,
  "shard_id" integer not null,
  "message_type" integer,
  "attempts" integer not null default 0,
  "status" text not null default 'open'::text,
  "raw_kind" text not null,
  "retire_reason" text,
  "reason" text not null,
  "detail" text,
  "hash" bytea not null,
  "raw" bytea not null,
  PRIMARY KEY (fid, id),
  CHECK ((status = ANY (ARRAY['open'::text, 'resolved'::text])))
);

create table reaction_removes (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "target_fid" bigint,
  "reaction_type" integer not null,
  "target_hash" bytea,
  "target_url" text,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table reactions (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "target_fid" bigint,
  "reaction_type" integer not null,
  "target_hash" bytea,
  "target_url" text,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table schema_migrations (
  "id" integer not null,
  "name" text not null,
  "applied_at" timestamp with time zone not null default now(),
  PRIMARY KEY (id)
);

create table signer_key_removes (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "signature_type" bigint not null,
  "deadline" timestamp with time zone not null,
  "nonce" bigint not null,
  "key" bytea not null,
  "key_signature" bytea not null,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table signer_keys (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "key_type" bigint not null,
  "deadline" timestamp with time zone not null,
  "nonce" bigint not null,
  "metadata_type" bigint not null,
  "ttl_seconds" bigint not null,
  "scopes" integer[] not null,
  "key" bytea not null,
  "custody_signature" bytea not null,
  "metadata" bytea not null,
  "registration_tx_hash" bytea not null,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table storage_lends (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "to_fid" bigint not null,
  "num_units" bigint not null,
  "unit_type" integer not null,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table sync_errors (
  "shard_id" integer not null,
  "virtual_shard" integer not null,
  "code" text not null,
  "occurrences" bigint not null default 1,
  "first_at" timestamp with time zone not null default now(),
  "last_at" timestamp with time zone not null default now(),
  "message" text not null,
  PRIMARY KEY (shard_id, virtual_shard, code)
);

create table sync_leases (
  "shard_id" integer not null,
  "virtual_shard" integer not null,
  "member_id" integer not null,
  PRIMARY KEY (shard_id, virtual_shard),
  CHECK (((virtual_shard >= '-1'::integer) AND (virtual_shard <= 255)))
);

create table sync_members (
  "id" integer not null,
  "holder" text not null,
  "is_alone" boolean not null,
  "joined_at" timestamp with time zone not null default now(),
  "expires_at" timestamp with time zone not null,
  PRIMARY KEY (id)
);

create table sync_network (
  "is_only" boolean not null default true,
  "network" integer not null,
  "shard_count" integer not null,
  PRIMARY KEY (is_only),
  CHECK (is_only)
);

create table sync_partitions (
  "shard_id" integer not null,
  "virtual_shard" integer not null,
  "status" text not null,
  "height" bigint not null,
  "block_time" timestamp with time zone,
  "page_token" text,
  "is_relisted" boolean not null default false,
  "message_count" bigint not null default 0,
  "fallback_count" integer not null default 0,
  "updated_at" timestamp with time zone not null default now(),
  "proof_state" bytea,
  "proof_root" bytea,
  "leaf_count" bigint,
  "opaque_leaf_count" bigint,
  "unproven_account_count" integer,
  PRIMARY KEY (shard_id, virtual_shard),
  CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'done'::text]))),
  CHECK (((virtual_shard >= 0) AND (virtual_shard <= 255)))
);

create table sync_progress (
  "shard_id" integer not null,
  "phase" text not null,
  "snapshot_height" bigint,
  "block_number" bigint not null default 0,
  "block_time" timestamp with time zone,
  "event_id" bigint not null default 0,
  "message_count" bigint not null default 0,
  "error_count" integer not null default 0,
  "retry_count" integer not null default 0,
  "updated_at" timestamp with time zone not null default now(),
  "proof_status" text,
  "proof_block" bigint,
  "proof_root" bytea,
  "proof_leaf_count" bigint,
  "proof_opaque_leaf_count" bigint,
  "proof_commits" text,
  "proved_at" timestamp with time zone,
  PRIMARY KEY (shard_id),
  CHECK ((phase = ANY (ARRAY['historical'::text, 'realtime'::text]))),
  CHECK ((proof_commits = ANY (ARRAY['ok'::text, 'not_configured'::text, 'unchecked'::text]))),
  CHECK ((proof_status = ANY (ARRAY['proved'::text, 'mismatch'::text, 'unproved'::text])))
);

create table trie_leaves (
  "fid" bigint not null,
  "event_id" bigint not null,
  "removed_event_id" bigint not null,
  "shard_id" integer not null,
  "trie_key" bytea not null,
  PRIMARY KEY (fid, shard_id, trie_key)
);

create table user_data_changes (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "user_data_type" integer not null,
  "value" text not null,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table user_profiles (
  "fid" bigint not null,
  "updated_at" timestamp with time zone,
  "pfp" text,
  "display_name" text,
  "bio" text,
  "url" text,
  "username" text,
  "location" text,
  "twitter" text,
  "github" text,
  "banner" text,
  "primary_address_ethereum" text,
  "primary_address_solana" text,
  "profile_token" text,
  "live_at" text,
  PRIMARY KEY (fid)
);

create table username_proofs (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "proof_timestamp" timestamp with time zone not null,
  "proof_fid" bigint not null,
  "name_type" integer not null,
  "name" text not null,
  "owner" bytea not null,
  "proof_signature" bytea not null,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table verification_removes (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "protocol" integer not null,
  "address" bytea not null,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

create table verifications (
  "fid" bigint not null,
  "timestamp" timestamp with time zone not null,
  "event_id" bigint not null,
  "deleted_event_id" bigint,
  "deleted_at" timestamp with time zone,
  "verification_type" bigint not null,
  "chain_id" bigint not null,
  "protocol" integer not null,
  "address" bytea not null,
  "claim_signature" bytea not null,
  "block_hash" bytea not null,
  "deleted_reason" text,
  "hash" bytea not null,
  "signer" bytea not null,
  "signature" bytea not null,
  "data_bytes" bytea,
  PRIMARY KEY (fid, hash)
);

CREATE INDEX cast_embeddings_by_content ON cast_embeddings USING btree (content_hash, set_id);

CREATE INDEX casts_by_author ON casts USING btree (fid, "timestamp") WHERE (deleted_at IS NULL);

CREATE INDEX casts_by_hash ON casts USING btree (hash);

CREATE INDEX casts_by_parent ON casts USING hash (parent_hash) WHERE ((parent_hash IS NOT NULL) AND (deleted_at IS NULL));

CREATE INDEX casts_by_parent_url ON casts USING btree (parent_url, "timestamp") WHERE (parent_url IS NOT NULL);

CREATE INDEX casts_by_time ON casts USING btree ("timestamp") WHERE (deleted_at IS NULL);

CREATE INDEX embedding_queue_by_lease ON embedding_queue USING btree (lease_id) WHERE (lease_id IS NOT NULL);

CREATE INDEX embedding_queue_by_time ON embedding_queue USING btree (noted_at);

CREATE INDEX fids_by_custody ON fids USING hash (custody_address);

CREATE INDEX fids_partition ON fids USING btree (shard_id, virtual_shard);

CREATE INDEX fname_transfers_by_name ON fname_transfers USING btree (name, proof_timestamp);

CREATE INDEX links_by_target ON links USING btree (target_fid, link_type) WHERE (deleted_at IS NULL);

CREATE INDEX onchain_events_by_channel ON onchain_events USING hash (channel_label) WHERE (type = 6);

CREATE INDEX onchain_events_by_signer ON onchain_events USING hash (signer_key) WHERE (type = 1);

CREATE INDEX quarantined_messages_by_id ON quarantined_messages USING btree (id);

CREATE UNIQUE INDEX quarantined_messages_once ON quarantined_messages USING btree (fid, shard_id, event_id, raw_kind, sha256((hash || raw)), COALESCE(retire_reason, ''::text));

CREATE INDEX quarantined_messages_open ON quarantined_messages USING btree (shard_id) WHERE (status = 'open'::text);

CREATE INDEX reactions_by_author ON reactions USING btree (fid, "timestamp") WHERE (deleted_at IS NULL);

CREATE INDEX reactions_by_target ON reactions USING btree (target_hash, reaction_type) WHERE (deleted_at IS NULL);

CREATE INDEX storage_lends_by_borrower ON storage_lends USING btree (to_fid) WHERE (deleted_at IS NULL);

CREATE INDEX trie_leaves_by_partition ON trie_leaves USING btree (shard_id, virtual_shard_of(fid));

CREATE INDEX user_profiles_by_username ON user_profiles USING btree (username);

CREATE INDEX username_proofs_by_name ON username_proofs USING btree (name);

CREATE INDEX verifications_by_address ON verifications USING btree (address) WHERE (deleted_at IS NULL);

create view signers as
 SELECT onchain.fid,
    onchain.key,
    'onchain'::text AS source,
    onchain.key_type,
    onchain.added_at,
    onchain.removed_at,
    ((onchain.last_type = ANY (ARRAY[1, 3])) AND (NOT (onchain.key_type IS DISTINCT FROM 1))) AS is_active,
    NULL::integer[] AS scopes,
    NULL::bigint AS ttl_seconds
   FROM ( SELECT history.fid,
            history.key,
            history.last_type,
                CASE history.last_type
                    WHEN 3 THEN history.first_key_type
                    ELSE history.last_key_type
                END AS key_type,
                CASE history.last_type
                    WHEN 3 THEN history.first_added_at
                    ELSE history.last_added_at
                END AS added_at,
                CASE history.last_type
                    WHEN 2 THEN history.last_at
                    ELSE NULL::timestamp with time zone
                END AS removed_at
           FROM ( SELECT onchain_events.fid,
                    onchain_events.signer_key AS key,
                    (array_agg(onchain_events.event_type ORDER BY onchain_events.block_number DESC, onchain_events.log_index DESC))[1] AS last_type,
                    (array_agg(onchain_events.block_timestamp ORDER BY onchain_events.block_number DESC, onchain_events.log_index DESC))[1] AS last_at,
                    (array_agg(onchain_events.signer_key_type ORDER BY onchain_events.block_number, onchain_events.log_index) FILTER (WHERE (onchain_events.event_type = 1)))[1] AS first_key_type,
                    (array_agg(onchain_events.block_timestamp ORDER BY onchain_events.block_number, onchain_events.log_index) FILTER (WHERE (onchain_events.event_type = 1)))[1] AS first_added_at,
                    (array_agg(onchain_events.signer_key_type ORDER BY onchain_events.block_number DESC, onchain_events.log_index DESC) FILTER (WHERE (onchain_events.event_type = 1)))[1] AS last_key_type,
                    (array_agg(onchain_events.block_timestamp ORDER BY onchain_events.block_number DESC, onchain_events.log_index DESC) FILTER (WHERE (onchain_events.event_type = 1)))[1] AS last_added_at
                   FROM onchain_events
                  WHERE (onchain_events.type = 1)
                  GROUP BY onchain_events.fid, onchain_events.signer_key) history) onchain
UNION ALL
( SELECT DISTINCT ON (signer_keys.fid, signer_keys.key) signer_keys.fid,
    signer_keys.key,
    'gasless'::text AS source,
    signer_keys.key_type,
    signer_keys."timestamp" AS added_at,
    signer_keys.deleted_at AS removed_at,
    (signer_keys.deleted_at IS NULL) AS is_active,
    signer_keys.scopes,
    signer_keys.ttl_seconds
   FROM signer_keys
  ORDER BY signer_keys.fid, signer_keys.key, (signer_keys.deleted_at IS NULL) DESC, signer_keys.nonce DESC, signer_keys.hash DESC);

create view tier_periods as
 SELECT fid,
    tier_type,
    purchased_at,
    for_days,
    payer,
    transaction_hash,
    log_index,
    to_timestamp((LEAST((ends - seconds), ('253402300799'::bigint)::numeric))::double precision) AS starts_at,
    to_timestamp((LEAST(ends, ('253402300799'::bigint)::numeric))::double precision) AS expires_at
   FROM ( SELECT paid_up.fid,
            paid_up.tier_type,
            paid_up.purchased_at,
            paid_up.for_days,
            paid_up.payer,
            paid_up.transaction_hash,
            paid_up.log_index,
            paid_up.block_number,
            paid_up.bought,
            paid_up.seconds,
            paid_up.paid,
            (paid_up.paid + max(((paid_up.bought - paid_up.paid) + paid_up.seconds)) OVER (PARTITION BY paid_up.fid, paid_up.tier_type ORDER BY paid_up.block_number, paid_up.log_index, paid_up.transaction_hash)) AS ends
           FROM ( SELECT purchases.fid,
                    purchases.tier_type,
                    purchases.purchased_at,
                    purchases.for_days,
                    purchases.payer,
                    purchases.transaction_hash,
                    purchases.log_index,
                    purchases.block_number,
                    purchases.bought,
                    purchases.seconds,
                    sum(purchases.seconds) OVER (PARTITION BY purchases.fid, purchases.tier_type ORDER BY purchases.block_number, purchases.log_index, purchases.transaction_hash) AS paid
                   FROM ( SELECT onchain_events.fid,
                            onchain_events.tier_type,
                            onchain_events.block_timestamp AS purchased_at,
                            onchain_events.for_days,
                            onchain_events.payer,
                            onchain_events.transaction_hash,
                            onchain_events.log_index,
                            onchain_events.block_number,
                            EXTRACT(epoch FROM onchain_events.block_timestamp) AS bought,
                            ((86400)::numeric * (
                                CASE
                                    WHEN ((onchain_events.for_days >= 0) AND (onchain_events.for_days <= 10000000)) THEN onchain_events.for_days
                                    ELSE (10000000)::bigint
                                END)::numeric) AS seconds
                           FROM onchain_events
                          WHERE (onchain_events.type = 5)) purchases) paid_up) periods;

create view user_profile_snapshots as
 SELECT fid,
    row_number() OVER changes AS revision,
    changed_at,
    change,
    hash,
    user_data_type,
    (fields ->> '1'::text) AS pfp,
    (fields ->> '2'::text) AS display_name,
    (fields ->> '3'::text) AS bio,
    (fields ->> '5'::text) AS url,
    (fields ->> '6'::text) AS username,
    (fields ->> '7'::text) AS location,
    (fields ->> '8'::text) AS twitter,
    (fields ->> '9'::text) AS github,
    (fields ->> '10'::text) AS banner,
    (fields ->> '11'::text) AS primary_address_ethereum,
    (fields ->> '12'::text) AS primary_address_solana,
    (fields ->> '13'::text) AS profile_token,
    (fields ->> '14'::text) AS live_at
   FROM ( SELECT steps.fid,
            steps.changed_at,
            steps.change,
            steps.hash,
            steps.user_data_type,
            steps.step,
            jsonb_object_agg(steps.user_data_type, steps.value) OVER (PARTITION BY steps.fid ORDER BY steps.changed_at, steps.step, steps.hash ROWS UNBOUNDED PRECEDING) AS fields
           FROM ( SELECT user_data_changes.fid,
                    user_data_changes."timestamp" AS changed_at,
                    0 AS step,
                    'set'::text AS change,
                    user_data_changes.hash,
                    user_data_changes.user_data_type,
                    user_data_changes.value
                   FROM user_data_changes
                UNION ALL
                 SELECT ended.fid,
                    GREATEST(ended.deleted_at, ended."timestamp") AS "greatest",
                    1,
                    ended.deleted_reason,
                    ended.hash,
                    ended.user_data_type,
                    NULL::text
                   FROM user_data_changes ended
                  WHERE ((ended.deleted_at IS NOT NULL) AND (NOT (EXISTS ( SELECT
                           FROM user_data_changes newer
                          WHERE ((newer.fid = ended.fid) AND (newer.user_data_type = ended.user_data_type) AND (ROW(newer."timestamp", newer.hash) > ROW(ended."timestamp", ended.hash)) AND ((ended.deleted_reason = 'superseded'::text) OR (newer."timestamp" <= GREATEST(ended.deleted_at, ended."timestamp")) OR ((newer.event_id >= 1) AND (newer.event_id <= ended.deleted_event_id))))))))
                UNION ALL
                 SELECT live.fid,
                    newer.ended_at,
                    2,
                    'restored'::text,
                    live.hash,
                    live.user_data_type,
                    live.value
                   FROM (user_data_changes live
                     CROSS JOIN LATERAL ( SELECT max(GREATEST(newer_1.deleted_at, newer_1."timestamp")) AS ended_at,
                            bool_and((newer_1.deleted_at IS NOT NULL)) AS have_ended
                           FROM user_data_changes newer_1
                          WHERE ((newer_1.fid = live.fid) AND (newer_1.user_data_type = live.user_data_type) AND (ROW(newer_1."timestamp", newer_1.hash) > ROW(live."timestamp", live.hash)))) newer)
                  WHERE ((live.deleted_at IS NULL) AND newer.have_ended)) steps) accumulated
  WINDOW changes AS (PARTITION BY fid ORDER BY changed_at, step, hash);

create view fnames as
 SELECT name,
    fid,
    owner,
    proof_timestamp
   FROM ( SELECT DISTINCT ON (fname_transfers.name) fname_transfers.name,
            fname_transfers.fid,
            fname_transfers.owner,
            fname_transfers.proof_timestamp,
            fname_transfers.deleted_at
           FROM fname_transfers
          ORDER BY fname_transfers.name, fname_transfers.proof_timestamp DESC, fname_transfers.proof_signature DESC) latest
  WHERE ((deleted_at IS NULL) AND (fid <> 0));

create view usernames as
 SELECT fnames.name,
    1 AS name_type,
    fnames.fid,
    fnames.owner,
    fnames.proof_timestamp AS proved_at
   FROM fnames
UNION ALL
 SELECT username_proofs.name,
    username_proofs.name_type,
    username_proofs.fid,
    username_proofs.owner,
    username_proofs."timestamp" AS proved_at
   FROM username_proofs
  WHERE (username_proofs.deleted_at IS NULL);

create view username_history as
 SELECT name,
    name_type,
    fid,
    owner,
    held_from,
        CASE
            WHEN (ended_at IS NOT NULL) THEN GREATEST(ended_at, held_from)
            ELSE NULL::timestamp with time zone
        END AS held_until
   FROM ( SELECT fname_transfers.name,
            fname_transfers.name_type,
            fname_transfers.fid,
            fname_transfers.owner,
            fname_transfers.proof_timestamp AS held_from,
            LEAST(lead(fname_transfers.proof_timestamp) OVER (PARTITION BY fname_transfers.name ORDER BY fname_transfers.proof_timestamp, fname_transfers.proof_signature), fname_transfers.deleted_at) AS ended_at
           FROM fname_transfers
        UNION ALL
         SELECT p.name,
            p.name_type,
            p.fid,
            p.owner,
            p."timestamp",
                CASE
                    WHEN (p.deleted_at IS NOT NULL) THEN LEAST(lead(p."timestamp") OVER (PARTITION BY p.name, f.shard_id ORDER BY p."timestamp", p.hash), p.deleted_at)
                    ELSE NULL::timestamp with time zone
                END AS "case"
           FROM (username_proofs p
             LEFT JOIN fids f ON ((f.fid = p.fid)))) proofs
  WHERE (fid <> 0);

create view storage_units as
 SELECT fid,
    transaction_hash,
    log_index,
    payer,
    units,
    rented_at,
    unit_type,
    (rented_at + ('8760:00:00'::interval * ((years + extension))::double precision)) AS expires_at,
    (rented_at + ('8760:00:00'::interval * ((years +
        CASE
            WHEN (network = ANY (ARRAY[1, 2])) THEN 0
            ELSE extension
        END))::double precision)) AS expires_at_before_v18
   FROM ( SELECT e.fid,
            e.transaction_hash,
            e.log_index,
            e.payer,
            e.units,
            e.block_timestamp AS rented_at,
            n.network,
                CASE
                    WHEN (e.block_timestamp < to_timestamp((1724889600)::double precision)) THEN 0
                    WHEN (e.block_timestamp < to_timestamp((
                    CASE n.network
                        WHEN 1 THEN 1752685200
                        ELSE 1752426000
                    END)::double precision)) THEN 1
                    ELSE 2
                END AS unit_type,
                CASE
                    WHEN (e.block_timestamp < to_timestamp((1724889600)::double precision)) THEN 3
                    WHEN (e.block_timestamp < to_timestamp((
                    CASE n.network
                        WHEN 1 THEN 1752685200
                        ELSE 1752426000
                    END)::double precision)) THEN 2
                    ELSE 1
                END AS years,
                CASE
                    WHEN (e.block_timestamp < to_timestamp((
                    CASE n.network
                        WHEN 1 THEN 1782147600
                        ELSE 1781283600
                    END)::double precision)) THEN 1
                    ELSE 0
                END AS extension
           FROM (onchain_events e
             CROSS JOIN sync_network n)
          WHERE (e.type = 4)) rents;

CREATE OR REPLACE FUNCTION public.storage_allowances_at(instant timestamp with time zone)
 RETURNS TABLE(fid bigint, unit_type integer, rented_units bigint, lent_units bigint, borrowed_units bigint, usable_units bigint)
 LANGUAGE sql
 STABLE PARALLEL SAFE
BEGIN ATOMIC
 SELECT granted.fid,
     granted.unit_type,
     (sum(granted.rented))::bigint AS sum,
     (sum(granted.lent))::bigint AS sum,
     (sum(granted.borrowed))::bigint AS sum,
     ((GREATEST((sum(granted.rented) - sum(granted.lent)), (0)::numeric) + sum(granted.borrowed)))::bigint AS int8
    FROM ( SELECT u.fid,
             u.unit_type,
             u.units AS rented,
             (0)::bigint AS lent,
             (0)::bigint AS borrowed
            FROM (storage_units u
              CROSS JOIN sync_network n)
           WHERE (storage_allowances_at.instant <
                 CASE
                     WHEN (storage_allowances_at.instant < to_timestamp((
                     CASE n.network
                         WHEN 1 THEN 1782147600
                         ELSE 1781283600
                     END)::double precision)) THEN u.expires_at_before_v18
                     ELSE u.expires_at
                 END)
         UNION ALL
          SELECT l.fid,
             l.unit_type,
             0,
             l.num_units,
             0
            FROM storage_lends l
           WHERE (l.deleted_at IS NULL)
         UNION ALL
          SELECT l.to_fid,
             l.unit_type,
             0,
             0,
             l.num_units
            FROM storage_lends l
           WHERE (l.deleted_at IS NULL)) granted
   GROUP BY granted.fid, granted.unit_type;
END
;

create view storage_allowances as
 SELECT fid,
    unit_type,
    rented_units,
    lent_units,
    borrowed_units,
    usable_units
   FROM storage_allowances_at(now()) storage_allowances_at(fid, unit_type, rented_units, lent_units, borrowed_units, usable_units);

create view channels as
 SELECT registered.channel_label AS channel_id,
    registered.channel_key,
    owned.owner_address,
    COALESCE(( SELECT min(fids.fid) AS min
           FROM fids
          WHERE (fids.custody_address = owned.owner_address)), ( SELECT min(verifications.fid) AS min
           FROM verifications
          WHERE ((verifications.address = owned.owner_address) AND (verifications.deleted_at IS NULL))
         HAVING (count(*) = 1))) AS owner_fid,
    registered.registered_at,
    paid.expires_at,
    updated.fid AS updated_by,
    updated.name,
    updated.description,
    updated.image_url,
    updated.header,
    updated.rules,
        CASE
            WHEN (updated.hash IS NOT NULL) THEN COALESCE(updated.casting_mode, 2)
            ELSE NULL::integer
        END AS casting_mode,
        CASE
            WHEN (updated.hash IS NOT NULL) THEN COALESCE(updated.membership_mode, 2)
            ELSE NULL::integer
        END AS membership_mode,
    pinned.cast_hash AS pinned_cast_hash
   FROM ((((( SELECT DISTINCT ON (onchain_events.channel_label) onchain_events.channel_label,
            onchain_events.channel_key,
            onchain_events.block_timestamp AS registered_at
           FROM onchain_events
          WHERE ((onchain_events.type = 6) AND (onchain_events.event_type = 1))
          ORDER BY onchain_events.channel_label, onchain_events.block_number DESC, onchain_events.log_index DESC) registered
     JOIN ( SELECT DISTINCT ON (onchain_events.channel_label) onchain_events.channel_label,
            onchain_events.expires_at
           FROM onchain_events
          WHERE ((onchain_events.type = 6) AND (onchain_events.event_type = ANY (ARRAY[1, 2])))
          ORDER BY onchain_events.channel_label, onchain_events.block_number DESC, onchain_events.log_index DESC) paid USING (channel_label))
     JOIN ( SELECT DISTINCT ON (onchain_events.channel_label) onchain_events.channel_label,
            onchain_events.owner_address
           FROM onchain_events
          WHERE ((onchain_events.type = 6) AND (onchain_events.event_type = ANY (ARRAY[1, 3])))
          ORDER BY onchain_events.channel_label, onchain_events.block_number DESC, onchain_events.log_index DESC) owned USING (channel_label))
     LEFT JOIN ( SELECT DISTINCT ON (channel_updates.channel_id) channel_updates.fid,
            channel_updates."timestamp",
            channel_updates.event_id,
            channel_updates.deleted_event_id,
            channel_updates.deleted_at,
            channel_updates.casting_mode,
            channel_updates.membership_mode,
            channel_updates.channel_id,
            channel_updates.name,
            channel_updates.description,
            channel_updates.image_url,
            channel_updates.header,
            channel_updates.rules,
            channel_updates.deleted_reason,
            channel_updates.hash,
            channel_updates.signer,
            channel_updates.signature,
            channel_updates.data_bytes
           FROM channel_updates
          WHERE (channel_updates.deleted_at IS NULL)
          ORDER BY channel_updates.channel_id, channel_updates."timestamp" DESC, channel_updates.hash DESC) updated ON ((updated.channel_id = registered.channel_label)))
     LEFT JOIN ( SELECT DISTINCT ON (channel_pins.channel_id) channel_pins.channel_id,
            NULLIF(channel_pins.cast_hash, '\x'::bytea) AS cast_hash
           FROM channel_pins
          WHERE (channel_pins.deleted_at IS NULL)
          ORDER BY channel_pins.channel_id, channel_pins."timestamp" DESC, channel_pins.hash DESC) pinned ON ((pinned.channel_id = registered.channel_label)));

create view channel_member_states as
 SELECT DISTINCT ON (channel_id, member_fid) channel_id,
    member_fid,
        CASE action
            WHEN 1 THEN 'member'::text
            WHEN 2 THEN 'removed'::text
            WHEN 3 THEN 'moderator'::text
            WHEN 4 THEN 'member'::text
            WHEN 5 THEN 'banned'::text
            WHEN 6 THEN 'removed'::text
            ELSE NULL::text
        END AS state,
    fid AS changed_by,
    "timestamp" AS changed_at
   FROM channel_members
  WHERE (deleted_at IS NULL)
  ORDER BY channel_id, member_fid, "timestamp" DESC, hash DESC;

create view processed_messages as
 SELECT casts.fid,
    casts.hash,
    1 AS message_type,
    casts."timestamp",
    (casts.deleted_at IS NULL) AS is_live,
    casts.event_id,
    ((casts.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    casts.deleted_at,
    casts.deleted_reason,
    casts.deleted_event_id
   FROM casts
UNION ALL
 SELECT cast_removes.fid,
    cast_removes.hash,
    2 AS message_type,
    cast_removes."timestamp",
    (cast_removes.deleted_at IS NULL) AS is_live,
    cast_removes.event_id,
    ((cast_removes.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    cast_removes.deleted_at,
    cast_removes.deleted_reason,
    cast_removes.deleted_event_id
   FROM cast_removes
UNION ALL
 SELECT reactions.fid,
    reactions.hash,
    3 AS message_type,
    reactions."timestamp",
    (reactions.deleted_at IS NULL) AS is_live,
    reactions.event_id,
    ((reactions.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    reactions.deleted_at,
    reactions.deleted_reason,
    reactions.deleted_event_id
   FROM reactions
UNION ALL
 SELECT reaction_removes.fid,
    reaction_removes.hash,
    4 AS message_type,
    reaction_removes."timestamp",
    (reaction_removes.deleted_at IS NULL) AS is_live,
    reaction_removes.event_id,
    ((reaction_removes.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    reaction_removes.deleted_at,
    reaction_removes.deleted_reason,
    reaction_removes.deleted_event_id
   FROM reaction_removes
UNION ALL
 SELECT links.fid,
    links.hash,
    5 AS message_type,
    links."timestamp",
    (links.deleted_at IS NULL) AS is_live,
    links.event_id,
    ((links.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    links.deleted_at,
    links.deleted_reason,
    links.deleted_event_id
   FROM links
UNION ALL
 SELECT link_removes.fid,
    link_removes.hash,
    6 AS message_type,
    link_removes."timestamp",
    (link_removes.deleted_at IS NULL) AS is_live,
    link_removes.event_id,
    ((link_removes.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    link_removes.deleted_at,
    link_removes.deleted_reason,
    link_removes.deleted_event_id
   FROM link_removes
UNION ALL
 SELECT link_compact_states.fid,
    link_compact_states.hash,
    14 AS message_type,
    link_compact_states."timestamp",
    (link_compact_states.deleted_at IS NULL) AS is_live,
    link_compact_states.event_id,
    ((link_compact_states.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    link_compact_states.deleted_at,
    link_compact_states.deleted_reason,
    link_compact_states.deleted_event_id
   FROM link_compact_states
UNION ALL
 SELECT verifications.fid,
    verifications.hash,
    7 AS message_type,
    verifications."timestamp",
    (verifications.deleted_at IS NULL) AS is_live,
    verifications.event_id,
    ((verifications.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    verifications.deleted_at,
    verifications.deleted_reason,
    verifications.deleted_event_id
   FROM verifications
UNION ALL
 SELECT verification_removes.fid,
    verification_removes.hash,
    8 AS message_type,
    verification_removes."timestamp",
    (verification_removes.deleted_at IS NULL) AS is_live,
    verification_removes.event_id,
    ((verification_removes.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    verification_removes.deleted_at,
    verification_removes.deleted_reason,
    verification_removes.deleted_event_id
   FROM verification_removes
UNION ALL
 SELECT user_data_changes.fid,
    user_data_changes.hash,
    11 AS message_type,
    user_data_changes."timestamp",
    (user_data_changes.deleted_at IS NULL) AS is_live,
    user_data_changes.event_id,
    ((user_data_changes.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    user_data_changes.deleted_at,
    user_data_changes.deleted_reason,
    user_data_changes.deleted_event_id
   FROM user_data_changes
UNION ALL
 SELECT username_proofs.fid,
    username_proofs.hash,
    12 AS message_type,
    username_proofs."timestamp",
    (username_proofs.deleted_at IS NULL) AS is_live,
    username_proofs.event_id,
    ((username_proofs.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    username_proofs.deleted_at,
    username_proofs.deleted_reason,
    username_proofs.deleted_event_id
   FROM username_proofs
UNION ALL
 SELECT frame_actions.fid,
    frame_actions.hash,
    13 AS message_type,
    frame_actions."timestamp",
    (frame_actions.deleted_at IS NULL) AS is_live,
    frame_actions.event_id,
    ((frame_actions.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    frame_actions.deleted_at,
    frame_actions.deleted_reason,
    frame_actions.deleted_event_id
   FROM frame_actions
UNION ALL
 SELECT storage_lends.fid,
    storage_lends.hash,
    15 AS message_type,
    storage_lends."timestamp",
    (storage_lends.deleted_at IS NULL) AS is_live,
    storage_lends.event_id,
    ((storage_lends.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    storage_lends.deleted_at,
    storage_lends.deleted_reason,
    storage_lends.deleted_event_id
   FROM storage_lends
UNION ALL
 SELECT signer_keys.fid,
    signer_keys.hash,
    16 AS message_type,
    signer_keys."timestamp",
    (signer_keys.deleted_at IS NULL) AS is_live,
    signer_keys.event_id,
    ((signer_keys.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    signer_keys.deleted_at,
    signer_keys.deleted_reason,
    signer_keys.deleted_event_id
   FROM signer_keys
UNION ALL
 SELECT signer_key_removes.fid,
    signer_key_removes.hash,
    17 AS message_type,
    signer_key_removes."timestamp",
    (signer_key_removes.deleted_at IS NULL) AS is_live,
    signer_key_removes.event_id,
    ((signer_key_removes.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    signer_key_removes.deleted_at,
    signer_key_removes.deleted_reason,
    signer_key_removes.deleted_event_id
   FROM signer_key_removes
UNION ALL
 SELECT channel_updates.fid,
    channel_updates.hash,
    18 AS message_type,
    channel_updates."timestamp",
    (channel_updates.deleted_at IS NULL) AS is_live,
    channel_updates.event_id,
    ((channel_updates.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    channel_updates.deleted_at,
    channel_updates.deleted_reason,
    channel_updates.deleted_event_id
   FROM channel_updates
UNION ALL
 SELECT channel_members.fid,
    channel_members.hash,
    19 AS message_type,
    channel_members."timestamp",
    (channel_members.deleted_at IS NULL) AS is_live,
    channel_members.event_id,
    ((channel_members.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    channel_members.deleted_at,
    channel_members.deleted_reason,
    channel_members.deleted_event_id
   FROM channel_members
UNION ALL
 SELECT channel_pins.fid,
    channel_pins.hash,
    20 AS message_type,
    channel_pins."timestamp",
    (channel_pins.deleted_at IS NULL) AS is_live,
    channel_pins.event_id,
    ((channel_pins.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    channel_pins.deleted_at,
    channel_pins.deleted_reason,
    channel_pins.deleted_event_id
   FROM channel_pins
UNION ALL
 SELECT channel_moderations.fid,
    channel_moderations.hash,
    21 AS message_type,
    channel_moderations."timestamp",
    (channel_moderations.deleted_at IS NULL) AS is_live,
    channel_moderations.event_id,
    ((channel_moderations.event_id & (16383)::bigint) = 16383) AS is_from_snapshot,
    channel_moderations.deleted_at,
    channel_moderations.deleted_reason,
    channel_moderations.deleted_event_id
   FROM channel_moderations;

create view user_activity_timeline as
 SELECT casts.fid,
    casts."timestamp",
    'cast'::text AS activity,
    casts.hash,
    casts.parent_fid AS target_fid,
    casts.parent_hash AS target_hash,
    casts.text AS detail,
    (casts.deleted_at IS NULL) AS is_live
   FROM casts
UNION ALL
 SELECT cast_removes.fid,
    cast_removes."timestamp",
    'cast_removed'::text AS activity,
    cast_removes.hash,
    NULL::bigint AS target_fid,
    cast_removes.target_hash,
    NULL::text AS detail,
    (cast_removes.deleted_at IS NULL) AS is_live
   FROM cast_removes
UNION ALL
 SELECT reactions.fid,
    reactions."timestamp",
    'reaction'::text AS activity,
    reactions.hash,
    reactions.target_fid,
    reactions.target_hash,
    COALESCE(reactions.target_url,
        CASE reactions.reaction_type
            WHEN 1 THEN 'like'::text
            WHEN 2 THEN 'recast'::text
            ELSE NULL::text
        END) AS detail,
    (reactions.deleted_at IS NULL) AS is_live
   FROM reactions
UNION ALL
 SELECT reaction_removes.fid,
    reaction_removes."timestamp",
    'reaction_removed'::text AS activity,
    reaction_removes.hash,
    reaction_removes.target_fid,
    reaction_removes.target_hash,
    reaction_removes.target_url AS detail,
    (reaction_removes.deleted_at IS NULL) AS is_live
   FROM reaction_removes
UNION ALL
 SELECT links.fid,
    links."timestamp",
    'link'::text AS activity,
    links.hash,
    links.target_fid,
    NULL::bytea AS target_hash,
    links.link_type AS detail,
    (links.deleted_at IS NULL) AS is_live
   FROM links
UNION ALL
 SELECT link_removes.fid,
    link_removes."timestamp",
    'link_removed'::text AS activity,
    link_removes.hash,
    link_removes.target_fid,
    NULL::bytea AS target_hash,
    link_removes.link_type AS detail,
    (link_removes.deleted_at IS NULL) AS is_live
   FROM link_removes
UNION ALL
 SELECT link_compact_states.fid,
    link_compact_states."timestamp",
    'links_compacted'::text AS activity,
    link_compact_states.hash,
    NULL::bigint AS target_fid,
    NULL::bytea AS target_hash,
    link_compact_states.link_type AS detail,
    (link_compact_states.deleted_at IS NULL) AS is_live
   FROM link_compact_states
UNION ALL
 SELECT verifications.fid,
    verifications."timestamp",
    'address_verified'::text AS activity,
    verifications.hash,
    NULL::bigint AS target_fid,
    NULL::bytea AS target_hash,
    encode(verifications.address, 'hex'::text) AS detail,
    (verifications.deleted_at IS NULL) AS is_live
   FROM verifications
UNION ALL
 SELECT verification_removes.fid,
    verification_removes."timestamp",
    'verification_removed'::text AS activity,
    verification_removes.hash,
    NULL::bigint AS target_fid,
    NULL::bytea AS target_hash,
    encode(verification_removes.address, 'hex'::text) AS detail,
    (verification_removes.deleted_at IS NULL) AS is_live
   FROM verification_removes
UNION ALL
 SELECT user_data_changes.fid,
    user_data_changes."timestamp",
    'profile_changed'::text AS activity,
    user_data_changes.hash,
    NULL::bigint AS target_fid,
    NULL::bytea AS target_hash,
    user_data_changes.value AS detail,
    (user_data_changes.deleted_at IS NULL) AS is_live
   FROM user_data_changes
UNION ALL
 SELECT username_proofs.fid,
    username_proofs."timestamp",
    'name_proved'::text AS activity,
    username_proofs.hash,
    NULL::bigint AS target_fid,
    NULL::bytea AS target_hash,
    username_proofs.name AS detail,
    (username_proofs.deleted_at IS NULL) AS is_live
   FROM username_proofs
UNION ALL
 SELECT frame_actions.fid,
    frame_actions."timestamp",
    'frame_action'::text AS activity,
    frame_actions.hash,
    frame_actions.cast_fid AS target_fid,
    NULL::bytea AS target_hash,
    NULL::text AS detail,
    (frame_actions.deleted_at IS NULL) AS is_live
   FROM frame_actions
UNION ALL
 SELECT storage_lends.fid,
    storage_lends."timestamp",
    'storage_lent'::text AS activity,
    storage_lends.hash,
    storage_lends.to_fid AS target_fid,
    NULL::bytea AS target_hash,
    NULL::text AS detail,
    (storage_lends.deleted_at IS NULL) AS is_live
   FROM storage_lends
UNION ALL
 SELECT signer_keys.fid,
    signer_keys."timestamp",
    'key_added'::text AS activity,
    signer_keys.hash,
    NULL::bigint AS target_fid,
    NULL::bytea AS target_hash,
    encode(signer_keys.key, 'hex'::text) AS detail,
    (signer_keys.deleted_at IS NULL) AS is_live
   FROM signer_keys
UNION ALL
 SELECT signer_key_removes.fid,
    signer_key_removes."timestamp",
    'key_removed'::text AS activity,
    signer_key_removes.hash,
    NULL::bigint AS target_fid,
    NULL::bytea AS target_hash,
    encode(signer_key_removes.key, 'hex'::text) AS detail,
    (signer_key_removes.deleted_at IS NULL) AS is_live
   FROM signer_key_removes
UNION ALL
 SELECT channel_updates.fid,
    channel_updates."timestamp",
    'channel_updated'::text AS activity,
    channel_updates.hash,
    NULL::bigint AS target_fid,
    NULL::bytea AS target_hash,
    channel_updates.name AS detail,
    (channel_updates.deleted_at IS NULL) AS is_live
   FROM channel_updates
UNION ALL
 SELECT channel_members.fid,
    channel_members."timestamp",
    'channel_member_changed'::text AS activity,
    channel_members.hash,
    channel_members.member_fid AS target_fid,
    NULL::bytea AS target_hash,
    NULL::text AS detail,
    (channel_members.deleted_at IS NULL) AS is_live
   FROM channel_members
UNION ALL
 SELECT channel_pins.fid,
    channel_pins."timestamp",
    'channel_pinned'::text AS activity,
    channel_pins.hash,
    NULL::bigint AS target_fid,
    channel_pins.cast_hash AS target_hash,
    NULL::text AS detail,
    (channel_pins.deleted_at IS NULL) AS is_live
   FROM channel_pins
UNION ALL
 SELECT channel_moderations.fid,
    channel_moderations."timestamp",
    'channel_moderated'::text AS activity,
    channel_moderations.hash,
    NULL::bigint AS target_fid,
    channel_moderations.cast_hash AS target_hash,
    NULL::text AS detail,
    (channel_moderations.deleted_at IS NULL) AS is_live
   FROM channel_moderations
UNION ALL
 SELECT onchain_events.fid,
    onchain_events.block_timestamp AS "timestamp",
        CASE onchain_events.type
            WHEN 1 THEN 'signer'::text
            WHEN 2 THEN 'signer_migrated'::text
            WHEN 3 THEN 'registration'::text
            WHEN 4 THEN 'storage_rented'::text
            WHEN 5 THEN 'tier_purchased'::text
            WHEN 6 THEN 'channel_registered'::text
            ELSE 'onchain_event'::text
        END AS activity,
    onchain_events.transaction_hash AS hash,
    NULL::bigint AS target_fid,
    NULL::bytea AS target_hash,
    onchain_events.channel_key AS detail,
    true AS is_live
   FROM onchain_events;

comment on table cast_embeddings is
  'Vectors of casts, one for each part of a text that is longer than its model takes. Those of a cast that ended are there until it was looked at: join casts, and ask for live ones.';

comment on view channel_member_states is
  'What the last action on an account in a channel left it as: member, moderator, removed or banned.';

comment on view channels is
  'Registered channels: owner and expiry by the order of events on the chain, configuration as last updated (null before the first update, modes as they fall back), and the pinned cast. owner_fid holds the owner''s address as custody, else is the only account that has verified it. Nothing happens to a channel at expires_at: compare it with the time in question.';

comment on table embedding_queue is
  'Casts that came, ended or changed, and some at a time of those that were there before: they are to be looked at by whoever embeds.';

comment on table embedding_refusals is
  'Casts whose text the provider of a set does not take, and why.';

comment on table embedding_sets is
  'Vectors that can be compared with each other: of one model, in one version, of texts made by one recipe. The current one is kept up to date; the serving one is searched.';

comment on function embedding_similarity is
  'Cosine similarity of two vectors, -1 to 1; 0 where one of them has no direction.';

comment on table fids is
  'Every account that rows are known of: where it is at home, when it was first registered, and who holds and may recover it by the order of events on the chain.';

comment on view fnames is
  'Who holds a name of the registry now: the proof with the greatest timestamp, then the greatest signature. A proof for fid 0 unregisters the name.';

comment on function home_shard_of is
  'The data shard an account belongs to in a network of so many data shards.';

comment on view processed_messages is
  'Every message ever applied: where it was merged, and when, where and why it ended. event_id is a position of its home shard, of shard 0 for gasless keys.';

comment on table quarantined_messages is
  'What could not become a row, with its bytes: reason says why, raw_kind what the bytes are, retire_reason why it had ended (null: it was merged or listed). fid 0 where none could be read. Replayed by `snaprag quarantine retry`, which counts attempts and resolves it.';

comment on view signers is
  'Every key that an account ever added, on the chain or as a gasless key. On-chain: the last event of the key counts, and an admin reset makes its first addition count again; only keys of type 1 sign. Gasless: active until removed; it also lapses ttl_seconds after its last use, which nodes know and do not tell, so is_active does not follow it.';

comment on view storage_allowances is
  'Storage units of an account by type: rented and not expired, lent to others, borrowed, and what it may use of all that. Rents expire by the clock, lends when their lender ends them. Lends count where the lender''s shard is mirrored.';

comment on function storage_allowances_at is
  'storage_allowances at another time: rents as they are valid then, lends as they are now.';

comment on view storage_units is
  'Every rent of storage: the type of its units (0 legacy, 1 of 2024, 2 of 2025) and when they expire, by the time of rent. Engine version 18 gave what was rented before it one year more; for moments before its activation, expires_at_before_v18 holds.';

comment on table sync_leases is
  'Which process leads a shard, or downloads a partition of it. Free when that process is not alive.';

comment on table sync_members is
  'Processes that write to this mirror. One that is alive renews expires_at, and holds an advisory lock of its id.';

comment on view tier_periods is
  'What each purchase of a tier (1 pro) is good for. An account has the tier at a time that lies in one of its periods; a period that ends after the year 9999 ends there.';

comment on table trie_leaves is
  'Leaves of a shard''s Merkle trie that no row of its own accounts stands for: names of the registry, and copies of what other shards write. One is there while event_id > 0 and event_id >= removed_event_id.';

comment on view user_activity_timeline is
  'Every activity of an account, message or on-chain event, live or not; order by timestamp.';

comment on view user_profile_snapshots is
  'The whole profile after each change, one row for each, numbered by revision in protocol order: by the time of the message, whenever it arrived. change is set for a message; removed, superseded, pruned, revoked or unlisted where a field ended without a newer value; restored where an older value was set again afterwards. The last revision equals user_profiles.';

comment on table user_profiles is
  'The current value of every profile field: of its live messages the one with the greatest timestamp, then the greatest hash. Null where nothing is live; empty where the author cleared it.';

comment on view username_history is
  'Who held a name when, one row for each proof; held_until is null for those who hold it now. Registry names go by the registry''s time, ENS names and basenames by that of their messages; a name that ended without a known successor ended with the block that said so. A name proved again by its holder has one row for each proof.';

comment on view usernames is
  'Who holds a name now, of every type: 1 registry (fnames), 2 ENS, 3 basename. ENS names and basenames are proved by messages, of which each shard keeps the newest for a name: accounts of two shards may hold the same one. Live proofs count, whether or not the name is the username of the profile.';

comment on function virtual_shard_of is
  'The partition of its shard that an account belongs to, 0 to 255.';
