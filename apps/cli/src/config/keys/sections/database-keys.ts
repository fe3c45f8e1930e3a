// Keys of the section `[database]`.
import { maskPassword } from "../../mask-password.ts";
import type { KeyDefinition } from "../key-definition.ts";
import {
  applicationName,
  databaseUrl,
  duration,
  integerBetween,
  MAX_DURATION_MS,
  positiveInteger,
  schemaName,
  text,
} from "../value-types.ts";

/** The values of the keys of the database. */
export interface DatabaseConfigValues {
  /** Absent for the embedded database. */
  readonly "database.url": string | undefined;
  readonly "database.schema": string;
  readonly "database.max_connections": number;
  readonly "database.connect_timeout_ms": number;
  readonly "database.statement_timeout_ms": number;
  readonly "database.lease_ms": number;
  readonly "database.application_name": string;
  /** Absent for whole tables, or those that are there. */
  readonly "database.fid_partitions": number | undefined;
  readonly "database.embedded_folder": string;
}

/** The definitions of the keys of the database. */
export const DATABASE_KEYS: {
  readonly [Key in keyof DatabaseConfigValues]: KeyDefinition<DatabaseConfigValues[Key]>;
} = {
  "database.url": {
    type: databaseUrl,
    default: undefined,
    description: "PostgreSQL to mirror into; an embedded one when left out",
    flag: "--database-url <url>",
    mask: maskPassword,
  },
  "database.schema": {
    type: schemaName,
    default: "public",
    description: "schema of every relation",
  },
  "database.max_connections": {
    type: positiveInteger,
    default: 8,
    description:
      "connections to a server that threads share, and so the most threads; docs/scaling.md names the others of a sync",
  },
  "database.connect_timeout_ms": {
    type: duration,
    default: 5000,
    description: "longest wait for a connection to a server, in milliseconds",
  },
  "database.statement_timeout_ms": {
    type: duration,
    default: 300_000,
    description: "longest time that a statement may take on a server, in milliseconds",
  },
  "database.lease_ms": {
    // It is renewed several times within that, also by a machine that is busy.
    type: integerBetween(1000, MAX_DURATION_MS),
    default: 30_000,
    description:
      "time without a sign of life after which others take over what a process was syncing, in milliseconds, and the longest that a transaction on a server waits for its process",
  },
  "database.application_name": {
    type: applicationName,
    default: "snaprag",
    description: "name of the connections in a server's own views, such as pg_stat_activity",
  },
  "database.fid_partitions": {
    type: integerBetween(2, 32),
    default: undefined,
    description:
      "hash partitions by fid of each large table, 2 to 32, settled when the tables are made; whole when left out",
  },
  "database.embedded_folder": {
    type: text,
    default: "./.snaprag/db",
    description: "folder of the embedded database",
  },
};
