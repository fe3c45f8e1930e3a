// Relations that hold messages, on-chain events and registry proofs. Wide fixed columns come first
// and byte strings last, so that rows carry no padding.
import { fidPartitioning } from "../tables/fid-partitions.ts";

/** State of a row: position of its last merge, and when and why it ended. */
const STATE = `
  event_id bigint not null,
  deleted_event_id bigint,
  deleted_at timestamptz,`;

/** Columns by which nobody looks for rows: statistics of them would take half as long as those of all others. */
const UNSEARCHED = ["signature", "data_bytes"];
const UNSEARCHED_OF_CASTS = ["embeds", "embeds_deprecated", "mentions", "mentions_positions"];

function withoutStatistics(table: string, columns: readonly string[]): string {
  const actions = columns.map((column) => `alter column ${column} set statistics 0`);
  return `alter table ${table} ${actions.join(", ")};`;
}

/** A relation for one message type; its key begins with `fid`, as snapshots are ordered. */
function messageTable(name: string, columns: string, fidPartitions: number | undefined): string {
  return `
create table ${name} (
  fid bigint not null,
  "timestamp" timestamptz not null,${STATE}
  ${columns},
  deleted_reason text,
  hash bytea not null,
  signer bytea not null,
  signature bytea not null,
  data_bytes bytea,
  primary key (fid, hash)
)${fidPartitioning(name, fidPartitions)};
${withoutStatistics(name, UNSEARCHED)}`;
}

const REACTION = `
  target_fid bigint,
  reaction_type int not null,
  target_hash bytea,
  target_url text`;

const LINK = `
  target_fid bigint,
  display_timestamp timestamptz,
  link_type text not null`;

const MESSAGE_TABLES: readonly (readonly [name: string, columns: string])[] = [
  [
    "casts",
    `
  parent_fid bigint,
  cast_type int not null,
  parent_hash bytea,
  parent_url text,
  text text not null,
  embeds jsonb not null,
  embeds_deprecated jsonb,
  mentions jsonb not null,
  mentions_positions jsonb not null`,
  ],
  ["cast_removes", "target_hash bytea not null"],
  ["reactions", REACTION],
  ["reaction_removes", REACTION],
  ["links", LINK],
  ["link_removes", LINK],
  ["link_compact_states", "link_type text not null, target_fids bigint[] not null"],
  [
    "verifications",
    `
  verification_type bigint not null,
  chain_id bigint not null,
  protocol int not null,
  address bytea not null,
  claim_signature bytea not null,
  block_hash bytea not null`,
  ],
  ["verification_removes", "protocol int not null, address bytea not null"],
  ["user_data_changes", "user_data_type int not null, value text not null"],
  [
    "username_proofs",
    `
  proof_timestamp timestamptz not null,
  proof_fid bigint not null,
  name_type int not null,
  name text not null,
  owner bytea not null,
  proof_signature bytea not null`,
  ],
  [
    "frame_actions",
    `
  button_index bigint not null,
  cast_fid bigint,
  cast_hash bytea,
  url bytea not null,
  input_text bytea not null,
  state bytea not null,
  transaction_id bytea not null,
  address bytea not null`,
  ],
  [
    "storage_lends",
    `
  to_fid bigint not null,
  num_units bigint not null,
  unit_type int not null`,
  ],
  [
    "signer_keys",
    `
  key_type bigint not null,
  deadline timestamptz not null,
  nonce bigint not null,
  metadata_type bigint not null,
  ttl_seconds bigint not null,
  scopes int[] not null,
  key bytea not null,
  custody_signature bytea not null,
  metadata bytea not null,
  registration_tx_hash bytea not null`,
  ],
  [
    "signer_key_removes",
    `
  signature_type bigint not null,
  deadline timestamptz not null,
  nonce bigint not null,
  key bytea not null,
  key_signature bytea not null`,
  ],
  [
    "channel_updates",
    `
  casting_mode int,
  membership_mode int,
  channel_id bytea not null,
  name text,
  description text,
  image_url text,
  header text,
  rules text`,
  ],
  [
    "channel_members",
    `
  member_fid bigint not null,
  action int not null,
  channel_id bytea not null`,
  ],
  ["channel_pins", "channel_id bytea not null, cast_hash bytea not null"],
  [
    "channel_moderations",
    `
  action int not null,
  channel_id bytea not null,
  cast_hash bytea not null`,
  ],
];

const FNAME_TRANSFERS = `
create table fname_transfers (
  fid bigint not null,
  proof_timestamp timestamptz not null,${STATE}
  name_type int not null,
  deleted_reason text,
  name text not null,
  owner bytea not null,
  proof_signature bytea not null,
  raw bytea,
  primary key (fid, name, proof_timestamp, proof_signature)
);`;

function onchainEvents(fidPartitions: number | undefined): string {
  return `
create table onchain_events (
  fid bigint not null,
  block_timestamp timestamptz not null,${STATE}
  log_index bigint not null,
  chain_id bigint not null,
  block_number bigint not null,
  tx_index bigint not null,
  version bigint not null,
  signer_key_type bigint,
  metadata_type bigint,
  migrated_at timestamptz,
  units bigint,
  expires_at timestamptz,
  for_days bigint,
  type int not null,
  event_type int,
  tier_type int,
  deleted_reason text,
  transaction_hash bytea not null,
  block_hash bytea not null,
  signer_key bytea,
  metadata bytea,
  to_address bytea,
  from_address bytea,
  recovery_address bytea,
  payer bytea,
  channel_key text,
  channel_label bytea,
  owner_address bytea,
  raw bytea,
  primary key (fid, type, transaction_hash, log_index)
)${fidPartitioning("onchain_events", fidPartitions)};`;
}

/** Creates the relations that changes are written to, the large ones with so many partitions. */
export function messagesSql(fidPartitions: number | undefined): string {
  return [
    ...MESSAGE_TABLES.map(([name, columns]) => messageTable(name, columns.trim(), fidPartitions)),
    withoutStatistics("casts", UNSEARCHED_OF_CASTS),
    FNAME_TRANSFERS,
    onchainEvents(fidPartitions),
  ].join("\n");
}
