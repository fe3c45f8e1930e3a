// The same facts as a mirror's derived relations tell them.
import type { QueryResult } from "pg";
import type { FactBook, Facts } from "./facts.ts";
import { createFactBook, quoted, toHex, toSeconds } from "./facts.ts";

/** Runs a query on the mirror. Columns of type bigint come as text. */
export type Select = (text: string, ...values: readonly unknown[]) => Promise<QueryResult["rows"]>;

/** `user_profiles` column of each user data type, as the protocol numbers them. */
const PROFILE_COLUMNS: readonly (readonly [type: number, column: string])[] = [
  [1, "pfp"],
  [2, "display_name"],
  [3, "bio"],
  [5, "url"],
  [6, "username"],
  [7, "location"],
  [8, "twitter"],
  [9, "github"],
  [10, "banner"],
  [11, "primary_address_ethereum"],
  [12, "primary_address_solana"],
  [13, "profile_token"],
  [14, "live_at"],
];

/** `ChannelMemberState` numbers. */
const MEMBER_STATES: Readonly<Record<string, number>> = {
  member: 1,
  moderator: 2,
  removed: 3,
  banned: 4,
};

/** Every account that the mirror knows of. */
export async function listFidsOfMirror(select: Select): Promise<readonly bigint[]> {
  const rows = await select(
    "select fid from fids union select fid from user_profiles union select fid from signers",
  );
  // Channels and migrations have fid 0, which is nobody.
  return rows.map(({ fid }) => BigInt(fid)).filter((fid) => fid !== 0n);
}

/** Every name that some proof was ever about. */
export async function listNamesOfMirror(select: Select): Promise<readonly string[]> {
  const rows = await select(
    "select name from fname_transfers union select name from username_proofs",
  );
  return rows.map(({ name }) => name);
}

async function noteProfiles(select: Select, { note }: FactBook): Promise<void> {
  for (const profile of await select("select * from user_profiles")) {
    for (const [type, column] of PROFILE_COLUMNS) {
      if (profile[column] === null) continue;
      note(`profile ${profile.fid} ${type}`, quoted(profile[column]));
    }
  }
}

async function noteAccounts(select: Select, { note }: FactBook): Promise<void> {
  for (const account of await select("select * from fids where registered_at is not null")) {
    const { fid, custody_address, recovery_address, registered_at } = account;
    note(`custody ${fid}`, toHex(custody_address));
    note(`recovery ${fid}`, toHex(recovery_address));
    note(`registered ${fid}`, toSeconds(registered_at));
  }
  for (const signer of await select("select * from signers where is_active")) {
    const { fid, source, key, key_type, added_at, ttl_seconds, scopes } = signer;
    const [at, ttl] = [toSeconds(added_at), ttl_seconds ?? undefined];
    note(`signer ${fid} ${source} ${toHex(key)}`, key_type, at, ttl, (scopes ?? []).join(","));
    if (source === "onchain") note(`on-chain signer ${fid} ${toHex(key)}`, at);
  }
}

async function noteStorage(select: Select, now: Date, { note }: FactBook): Promise<void> {
  for (const allowance of await select("select * from storage_allowances_at($1)", now)) {
    const { fid, unit_type, rented_units, lent_units, borrowed_units, usable_units } = allowance;
    const sizes = [rented_units, lent_units, borrowed_units, usable_units];
    note(`storage ${fid} ${unit_type}`, ...sizes);
  }
  const tiers = await select(
    "select fid, tier_type, max(expires_at) as expires_at from tier_periods group by 1, 2 having max(expires_at) > $1",
    now,
  );
  for (const { fid, tier_type, expires_at } of tiers) {
    note(`tier ${fid} ${tier_type}`, toSeconds(expires_at));
  }
}

async function noteNames(select: Select, { note }: FactBook): Promise<void> {
  for (const { name, name_type, fid, owner, proved_at } of await select(
    "select * from usernames",
  )) {
    const provedAt = name_type === 1 ? toSeconds(proved_at) : undefined;
    note(`name ${name} ${name_type} of ${fid}`, toHex(owner), provedAt);
  }
  // A node answers from the first shard that has the name; it looks for ENS names and basenames
  // where messages are, and for all others in the registry.
  const holders = await select(
    `select distinct on (name) name, fid from usernames join fids using (fid)
    where (name_type = 1) = (name not like '%.eth') order by name, shard_id`,
  );
  for (const { name, fid } of holders) note(`holder of ${name}`, fid);
}

async function noteChannels(select: Select, { note }: FactBook): Promise<void> {
  for (const channel of await select("select * from channels")) {
    const { channel_key: key, owner_address, expires_at, owner_fid, pinned_cast_hash } = channel;
    note(`channel ${key}`, toHex(owner_address), toSeconds(expires_at), owner_fid ?? 0);
    if (channel.updated_by !== null) {
      const { name, description, image_url, header, rules } = channel;
      const texts = [name, description, image_url, header, rules].map(quoted);
      note(`channel metadata ${key}`, ...texts, channel.casting_mode, channel.membership_mode);
    }
    if (pinned_cast_hash !== null) note(`channel pin ${key}`, toHex(pinned_cast_hash));
  }
  const members = await select(
    "select channel_key, member_fid, state from channel_member_states join channels using (channel_id)",
  );
  for (const { channel_key, member_fid, state } of members) {
    note(`channel member ${channel_key} ${member_fid}`, MEMBER_STATES[state]);
  }
}

/** Reads every derived relation, as it is at an instant where that matters. */
export async function factsOfMirror(select: Select, now: Date): Promise<Facts> {
  const book = createFactBook();
  await noteProfiles(select, book);
  await noteAccounts(select, book);
  await noteStorage(select, now, book);
  await noteNames(select, book);
  await noteChannels(select, book);
  return book.facts;
}
