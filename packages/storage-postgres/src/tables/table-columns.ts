// Columns of every relation that changes are written to, by the type they are stored as. A column
// of a row that is missing here does not compile; a test holds the list against the database.
import type { MessageRow, TableName, TableRows } from "@snaprag/processors";
import type { ColumnType } from "./column-types.ts";
import {
  bytea,
  int4,
  int4Array,
  int8,
  int8Array,
  jsonbBigints,
  jsonbEmbeds,
  jsonbNumbers,
  jsonbStrings,
  text,
  timestamptz,
  uint32,
} from "./column-types.ts";

type Columns<Row> = { readonly [Column in keyof Row & string]: ColumnType };

const MESSAGE: Columns<MessageRow> = {
  fid: int8,
  hash: bytea,
  timestamp: timestamptz,
  signer: bytea,
  signature: bytea,
  data_bytes: bytea,
};

const REACTION: Columns<TableRows["reactions"]> = {
  ...MESSAGE,
  reaction_type: int4,
  target_fid: int8,
  target_hash: bytea,
  target_url: text,
};

const LINK: Columns<TableRows["links"]> = {
  ...MESSAGE,
  link_type: text,
  target_fid: int8,
  display_timestamp: timestamptz,
};

/** The columns of each relation, without those of its rows' state. */
export const TABLE_COLUMNS: { readonly [Table in TableName]: Columns<TableRows[Table]> } = {
  casts: {
    ...MESSAGE,
    text,
    cast_type: int4,
    parent_fid: int8,
    parent_hash: bytea,
    parent_url: text,
    embeds: jsonbEmbeds,
    embeds_deprecated: jsonbStrings,
    mentions: jsonbBigints,
    mentions_positions: jsonbNumbers,
  },
  cast_removes: { ...MESSAGE, target_hash: bytea },
  reactions: REACTION,
  reaction_removes: REACTION,
  links: LINK,
  link_removes: LINK,
  link_compact_states: { ...MESSAGE, link_type: text, target_fids: int8Array },
  verifications: {
    ...MESSAGE,
    address: bytea,
    protocol: int4,
    claim_signature: bytea,
    block_hash: bytea,
    verification_type: uint32,
    chain_id: uint32,
  },
  verification_removes: { ...MESSAGE, address: bytea, protocol: int4 },
  user_data_changes: { ...MESSAGE, user_data_type: int4, value: text },
  username_proofs: {
    ...MESSAGE,
    name: text,
    name_type: int4,
    owner: bytea,
    proof_timestamp: timestamptz,
    proof_signature: bytea,
    proof_fid: int8,
  },
  frame_actions: {
    ...MESSAGE,
    url: bytea,
    button_index: uint32,
    cast_fid: int8,
    cast_hash: bytea,
    input_text: bytea,
    state: bytea,
    transaction_id: bytea,
    address: bytea,
  },
  storage_lends: { ...MESSAGE, to_fid: int8, num_units: int8, unit_type: int4 },
  signer_keys: {
    ...MESSAGE,
    key: bytea,
    key_type: uint32,
    custody_signature: bytea,
    deadline: timestamptz,
    nonce: uint32,
    metadata: bytea,
    metadata_type: uint32,
    registration_tx_hash: bytea,
    scopes: int4Array,
    ttl_seconds: uint32,
  },
  signer_key_removes: {
    ...MESSAGE,
    key: bytea,
    key_signature: bytea,
    signature_type: uint32,
    deadline: timestamptz,
    nonce: uint32,
  },
  channel_updates: {
    ...MESSAGE,
    channel_id: bytea,
    name: text,
    description: text,
    image_url: text,
    header: text,
    rules: text,
    casting_mode: int4,
    membership_mode: int4,
  },
  channel_members: { ...MESSAGE, channel_id: bytea, member_fid: int8, action: int4 },
  channel_pins: { ...MESSAGE, channel_id: bytea, cast_hash: bytea },
  channel_moderations: { ...MESSAGE, channel_id: bytea, cast_hash: bytea, action: int4 },
  fname_transfers: {
    fid: int8,
    name: text,
    name_type: int4,
    owner: bytea,
    proof_timestamp: timestamptz,
    proof_signature: bytea,
    raw: bytea,
  },
  onchain_events: {
    fid: int8,
    type: int4,
    transaction_hash: bytea,
    log_index: uint32,
    chain_id: uint32,
    block_number: uint32,
    block_hash: bytea,
    block_timestamp: timestamptz,
    tx_index: uint32,
    version: uint32,
    event_type: int4,
    signer_key: bytea,
    signer_key_type: uint32,
    metadata: bytea,
    metadata_type: uint32,
    migrated_at: timestamptz,
    to_address: bytea,
    from_address: bytea,
    recovery_address: bytea,
    payer: bytea,
    units: uint32,
    expires_at: timestamptz,
    tier_type: int4,
    for_days: int8,
    channel_key: text,
    channel_label: bytea,
    owner_address: bytea,
    raw: bytea,
  },
};

/** Names of every relation that changes are written to. */
export const TABLE_NAMES: readonly TableName[] =
  // Safety: Object.keys returns exactly the keys of the mapped type.
  Object.keys(TABLE_COLUMNS) as TableName[];
