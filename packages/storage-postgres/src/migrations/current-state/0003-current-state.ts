// What follows from the relations of messages and on-chain events; nothing here is known otherwise.
import { ACCOUNTS_SQL } from "./accounts.ts";
import { CHANNELS_SQL } from "./channels.ts";
import { NAMES_SQL } from "./names.ts";
import { PROFILES_SQL } from "./profiles.ts";
import { STORAGE_SQL } from "./storage.ts";

/** Creates every derived relation: two tables, which each batch keeps right, and views. */
export const CURRENT_STATE_SQL: string = [
  ACCOUNTS_SQL,
  PROFILES_SQL,
  NAMES_SQL,
  STORAGE_SQL,
  CHANNELS_SQL,
].join("\n");
