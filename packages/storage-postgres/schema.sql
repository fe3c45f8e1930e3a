-- What `snaprag migrate` and the end of the historical phase create. Generated: do not edit.

CREATE OR REPLACE FUNCTION public.sync_fence(moved bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if moved = 0 then
    raise exception 'progress is not where this batch begins' using errcode = 'SR001';
  end if;
end $function$;

CREATE OR REPLACE FUNCTION public.virtual_shard_of(fid bigint)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select get_byte(sha256(substring(int8send(fid) from 5)), 3)
$function$;

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
  "shard_id" integer not null,
  "message_type" integer,
  "event_id" bigint not null,
  "reason" text not null,
  "quarantined_at" timestamp with time zone not null default now(),
  "hash" bytea not null,
  "raw" bytea not null,
  PRIMARY KEY (fid, shard_id, reason, hash)
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

create table sync_holder (
  "is_only" boolean not null default true,
  "holder" text not null,
  "acquired_at" timestamp with time zone not null default now(),
  PRIMARY KEY (is_only),
  CHECK (is_only)
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
  "page_token" text,
  "is_relisted" boolean not null default false,
  "message_count" bigint not null default 0,
  "fallback_count" integer not null default 0,
  "updated_at" timestamp with time zone not null default now(),
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
  PRIMARY KEY (shard_id),
  CHECK ((phase = ANY (ARRAY['historical'::text, 'realtime'::text])))
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

CREATE INDEX casts_by_author ON casts USING btree (fid, "timestamp") WHERE (deleted_at IS NULL);

CREATE INDEX casts_by_hash ON casts USING btree (hash);

CREATE INDEX casts_by_parent ON casts USING btree (parent_hash) WHERE ((parent_hash IS NOT NULL) AND (deleted_at IS NULL));

CREATE INDEX casts_by_parent_url ON casts USING btree (parent_url, "timestamp") WHERE (parent_url IS NOT NULL);

CREATE INDEX casts_by_time ON casts USING btree ("timestamp") WHERE (deleted_at IS NULL);

CREATE INDEX fids_by_custody ON fids USING btree (custody_address);

CREATE INDEX fids_partition ON fids USING btree (shard_id, virtual_shard);

CREATE INDEX fname_transfers_by_name ON fname_transfers USING btree (name, proof_timestamp);

CREATE INDEX links_by_target ON links USING btree (target_fid, link_type) WHERE (deleted_at IS NULL);

CREATE INDEX onchain_events_by_channel ON onchain_events USING btree (channel_label) WHERE (type = 6);

CREATE INDEX onchain_events_by_signer ON onchain_events USING btree (signer_key) WHERE (type = 1);

CREATE INDEX reactions_by_author ON reactions USING btree (fid, "timestamp") WHERE (deleted_at IS NULL);

CREATE INDEX reactions_by_target ON reactions USING btree (target_hash, reaction_type) WHERE (deleted_at IS NULL);

CREATE INDEX storage_lends_by_borrower ON storage_lends USING btree (to_fid) WHERE (deleted_at IS NULL);

CREATE INDEX user_profiles_by_username ON user_profiles USING btree (username);

CREATE INDEX username_proofs_by_name ON username_proofs USING btree (name);

CREATE INDEX verifications_by_address ON verifications USING btree (address) WHERE (deleted_at IS NULL);

create view channels as
 SELECT r.channel_label AS channel_id,
    r.channel_key,
    o.owner_address,
    r.expires_at,
    u.fid AS updated_by,
    u.name,
    u.description,
    u.image_url,
    u.header,
    u.rules,
    u.casting_mode,
    u.membership_mode
   FROM ((( SELECT DISTINCT ON (onchain_events.channel_label) onchain_events.channel_label,
            onchain_events.channel_key,
            onchain_events.expires_at
           FROM onchain_events
          WHERE ((onchain_events.type = 6) AND (onchain_events.event_type = ANY (ARRAY[1, 2])))
          ORDER BY onchain_events.channel_label, onchain_events.block_number DESC, onchain_events.log_index DESC) r
     JOIN ( SELECT DISTINCT ON (onchain_events.channel_label) onchain_events.channel_label,
            onchain_events.owner_address
           FROM onchain_events
          WHERE ((onchain_events.type = 6) AND (onchain_events.event_type = ANY (ARRAY[1, 3])))
          ORDER BY onchain_events.channel_label, onchain_events.block_number DESC, onchain_events.log_index DESC) o USING (channel_label))
     LEFT JOIN channel_updates u ON (((u.channel_id = r.channel_label) AND (u.deleted_at IS NULL))));

create view fnames as
 SELECT DISTINCT ON (name) name,
    fid,
    owner,
    proof_timestamp
   FROM ( SELECT fname_transfers.fid,
            fname_transfers.proof_timestamp,
            fname_transfers.event_id,
            fname_transfers.deleted_event_id,
            fname_transfers.deleted_at,
            fname_transfers.name_type,
            fname_transfers.deleted_reason,
            fname_transfers.name,
            fname_transfers.owner,
            fname_transfers.proof_signature
           FROM fname_transfers
          WHERE (fname_transfers.deleted_at IS NULL)) live
  ORDER BY name, proof_timestamp DESC, proof_signature DESC;

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

create view signers as
 SELECT onchain.fid,
    onchain.key,
    onchain.source,
    onchain.added_at,
    onchain.is_active
   FROM ( SELECT DISTINCT ON (onchain_events.fid, onchain_events.signer_key) onchain_events.fid,
            onchain_events.signer_key AS key,
            'onchain'::text AS source,
            onchain_events.block_timestamp AS added_at,
            ((onchain_events.event_type = ANY (ARRAY[1, 3])) AND (onchain_events.signer_key_type = 1)) AS is_active
           FROM onchain_events
          WHERE (onchain_events.type = 1)
          ORDER BY onchain_events.fid, onchain_events.signer_key, onchain_events.block_number DESC, onchain_events.log_index DESC) onchain
UNION ALL
 SELECT signer_keys.fid,
    signer_keys.key,
    'gasless'::text AS source,
    signer_keys."timestamp" AS added_at,
    true AS is_active
   FROM signer_keys
  WHERE (signer_keys.deleted_at IS NULL);

create view storage_units as
 SELECT e.fid,
    e.transaction_hash,
    e.log_index,
    e.payer,
    e.units,
    e.block_timestamp AS rented_at,
        CASE
            WHEN (e.block_timestamp < to_timestamp((1724889600)::double precision)) THEN 0
            WHEN (e.block_timestamp < to_timestamp((
            CASE n.network
                WHEN 1 THEN 1752685200
                ELSE 1752426000
            END)::double precision)) THEN 1
            ELSE 2
        END AS unit_type,
    (e.block_timestamp + ('365 days'::interval * (
        CASE
            WHEN (e.block_timestamp < to_timestamp((1724889600)::double precision)) THEN 4
            WHEN (e.block_timestamp < to_timestamp((
            CASE n.network
                WHEN 1 THEN 1752685200
                ELSE 1752426000
            END)::double precision)) THEN 3
            WHEN (e.block_timestamp < to_timestamp((
            CASE n.network
                WHEN 1 THEN 1782147600
                ELSE 1781283600
            END)::double precision)) THEN 2
            ELSE 1
        END)::double precision)) AS expires_at
   FROM (onchain_events e
     CROSS JOIN sync_network n)
  WHERE (e.type = 4);

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

create view user_profile_snapshots as
 WITH steps AS (
         SELECT user_data_changes.fid,
            user_data_changes."timestamp" AS changed_at,
            user_data_changes.hash,
            user_data_changes.user_data_type,
            user_data_changes.value
           FROM user_data_changes
        UNION ALL
         SELECT ended.fid,
            ended.deleted_at,
            ended.hash,
            ended.user_data_type,
            NULL::text
           FROM user_data_changes ended
          WHERE ((ended.deleted_reason = ANY (ARRAY['pruned'::text, 'revoked'::text, 'removed'::text, 'unlisted'::text])) AND (NOT (EXISTS ( SELECT
                   FROM user_data_changes newer
                  WHERE ((newer.fid = ended.fid) AND (newer.user_data_type = ended.user_data_type) AND (ROW(newer."timestamp", newer.hash) > ROW(ended."timestamp", ended.hash)) AND (newer."timestamp" <= ended.deleted_at))))))
        ), accumulated AS (
         SELECT steps.fid,
            steps.changed_at,
            steps.hash,
            steps.user_data_type,
            jsonb_object_agg(steps.user_data_type, steps.value) OVER (PARTITION BY steps.fid ORDER BY steps.changed_at, steps.hash ROWS UNBOUNDED PRECEDING) AS fields
           FROM steps
        )
 SELECT fid,
    changed_at,
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
   FROM accumulated;
