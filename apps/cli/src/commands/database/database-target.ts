import { resolve } from "node:path";
import type { PostgresStoreOptions } from "@snaprag/storage-postgres";
import type { Settings } from "../../config/load-settings.ts";
import { maskPassword } from "../../config/mask-password.ts";

/** How long is waited for a server, and what connections are called there. */
type ServerPatience = Pick<
  PostgresStoreOptions,
  "connectTimeoutMs" | "statementTimeoutMs" | "leaseMs" | "applicationName"
>;

/** A PostgreSQL server. */
export interface ServerTarget {
  readonly kind: "server";
  readonly url: string;
  readonly schema: string;
  readonly fidPartitions: number | undefined;
  readonly maxConnections: number;
  readonly patience: ServerPatience;
}

/** A PostgreSQL in a folder. */
export interface EmbeddedTarget {
  readonly kind: "embedded";
  /** As configured, for people. */
  readonly shownFolder: string;
  /** The same as an absolute path. */
  readonly folder: string;
  readonly schema: string;
  readonly fidPartitions: number | undefined;
}

/** The database that a command works with. */
export type DatabaseTarget = ServerTarget | EmbeddedTarget;

/** A devnet is new at each start, so that what mirrors one must never stand beside anything else. */
const DEVNET_FOLDER = "./.snaprag/devnet";

/** Where commands look for their database. */
export interface TargetChoice {
  /** Folder that relative paths start from. */
  readonly folder: string;
  /** Whether it is to hold the mirror of a devnet. */
  readonly isDevnet?: boolean | undefined;
}

/** The configured server; without one, the embedded database, of which a devnet has its own. */
export function databaseTargetOf(settings: Settings, choice: TargetChoice): DatabaseTarget {
  const url = settings["database.url"].value;
  const schema = settings["database.schema"].value;
  const fidPartitions = settings["database.fid_partitions"].value;
  if (url !== undefined) {
    const maxConnections = settings["database.max_connections"].value;
    const patience = patienceOf(settings);
    return { kind: "server", url, schema, fidPartitions, maxConnections, patience };
  }
  const shownFolder = choice.isDevnet ? DEVNET_FOLDER : settings["database.embedded_folder"].value;
  const folder = resolve(choice.folder, shownFolder);
  return { kind: "embedded", shownFolder, folder, schema, fidPartitions };
}

function patienceOf(settings: Settings): ServerPatience {
  return {
    connectTimeoutMs: settings["database.connect_timeout_ms"].value,
    statementTimeoutMs: settings["database.statement_timeout_ms"].value,
    leaseMs: settings["database.lease_ms"].value,
    applicationName: settings["database.application_name"].value,
  };
}

/** Where a database is, for people: without passwords. */
export function placeOf(target: DatabaseTarget): string {
  return target.kind === "server" ? maskPassword(target.url) : target.shownFolder;
}
