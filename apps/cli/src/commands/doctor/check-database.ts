// Whether a database can hold the mirror.
import { existsSync } from "node:fs";
import { access, constants, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { ServerFacts } from "@snaprag/storage-postgres";
import {
  inspectServer,
  isSupportedServer,
  OLDEST_SERVER_VERSION,
  SCHEMA_VERSION,
} from "@snaprag/storage-postgres";
import { formatCount } from "../../screen/format-quantity.ts";
import type { DatabaseTarget, EmbeddedTarget, ServerTarget } from "../database/database-target.ts";
import { placeOf } from "../database/database-target.ts";
import { lookAtDatabase } from "../database/look-at-database.ts";
import type { Finding, Findings } from "./finding.ts";
import { findingsOf } from "./finding.ts";

/** Bytes of tables and indexes that a leaf comes to: 348 to 358 a message, as the benchmark measures. */
const BYTES_PER_LEAF = 360;

/** What the database is for. */
export interface DatabaseCheck {
  /** Connections that a sync opens, at most. */
  readonly connectionCount: number;
  /** Network of the node; undefined when it is not known. */
  readonly network: number | undefined;
  /** Leaves that are to be mirrored; 0 when it is not known. */
  readonly leafCount: number;
  /** What this process is, told to whoever finds the database taken. */
  readonly holder: string;
}

function checkVersion(findings: Findings, { version, versionNumber }: ServerFacts, tookMs: number) {
  const what = `answers within ${tookMs} ms, PostgreSQL ${version}`;
  if (isSupportedServer(versionNumber)) findings.ok(what);
  else {
    const advice = `Use PostgreSQL ${OLDEST_SERVER_VERSION} or later.`;
    findings.fail("database_unsuitable", what, advice);
  }
}

function checkRights(findings: Findings, facts: ServerFacts, schema: string): void {
  const { isReadOnly, canCreate, schemaVersion } = facts;
  if (isReadOnly) {
    findings.fail("database_unsuitable", "takes no writes", "Use the primary, not a standby.");
    return;
  }
  if (schemaVersion > SCHEMA_VERSION) {
    findings.fail(
      "database_unsuitable",
      `has a mirror of a newer version in schema ${schema}: ${schemaVersion} for ${SCHEMA_VERSION}`,
      "Upgrade snaprag, or use another database or schema.",
    );
    return;
  }
  if (!canCreate && schemaVersion < SCHEMA_VERSION) {
    findings.fail(
      "database_unsuitable",
      `does not let this user create relations in schema ${schema}`,
      "Grant it, or use another user, or another schema with `database.schema`.",
    );
    return;
  }
  findings.ok(
    schemaVersion === 0
      ? `has no mirror in schema ${schema} yet, and lets one be made`
      : `has a mirror in schema ${schema}, of version ${schemaVersion}`,
  );
}

function checkConnections(findings: Findings, free: number, wanted: number): void {
  if (free >= wanted) {
    findings.ok(
      `has ${formatCount(free)} connections to give, of which a sync takes up to ${wanted}`,
    );
    return;
  }
  findings.warn(
    `has ${formatCount(free)} connections to give, and a sync takes up to ${wanted}`,
    "Lower `database.max_connections`, or raise the server's.",
  );
}

/** Room that can be seen from here: of this machine's disks. */
async function freeBytesAt(folder: string | undefined): Promise<number | undefined> {
  if (folder === undefined) return undefined;
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

function formatBytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Compares the room there is with what the mirror is about to take. */
async function checkRoom(
  findings: Findings,
  { leafCount }: DatabaseCheck,
  { folder, takenBytes }: { readonly folder: string | undefined; readonly takenBytes: number },
): Promise<void> {
  const free = await freeBytesAt(folder);
  if (leafCount === 0) return;
  const wanted = leafCount * BYTES_PER_LEAF;
  const what = `a mirror of ${formatCount(leafCount)} leaves takes some ${formatBytes(wanted)}, and ${formatBytes(takenBytes)} are taken`;
  if (free === undefined) {
    findings.ok(`${what}; how much is free cannot be seen from here`);
  } else if (free + takenBytes >= wanted) {
    findings.ok(`${what}, ${formatBytes(free)} are free`);
  } else {
    findings.warn(`${what}, ${formatBytes(free)} are free`, "Make room before the download.");
  }
}

/** A database that mirrors another network is refused by a sync. */
async function checkNetwork(
  findings: Findings,
  target: DatabaseTarget,
  { network, holder }: DatabaseCheck,
): Promise<void> {
  const found = await lookAtDatabase(target, {
    holder,
    read: ({ store }) => store.findNetwork(),
  });
  if (found === undefined || network === undefined) return;
  if (found.network === network) {
    findings.ok(`mirrors network ${network}, as the node's`);
    return;
  }
  findings.fail(
    "database_unsuitable",
    `mirrors network ${found.network}, and the node is of network ${network}`,
    "Use another database, or another schema with `database.schema`.",
  );
}

async function lookAtServer(
  findings: Findings,
  { url, schema, patience }: ServerTarget,
  check: DatabaseCheck,
): Promise<void> {
  const askedAt = performance.now();
  const facts = await inspectServer({ connectionString: url, schema, ...patience });
  checkVersion(findings, facts, Math.round(performance.now() - askedAt));
  checkRights(findings, facts, schema);
  checkConnections(findings, facts.freeConnections, check.connectionCount);
  const { dataFolder: folder, sizeBytes } = facts;
  await checkRoom(findings, check, { folder, takenBytes: Number(sizeBytes) });
}

/** The nearest folder that is there. */
function existingFolder(folder: string): string {
  return existsSync(folder) ? folder : existingFolder(dirname(folder));
}

async function lookAtFolder(
  findings: Findings,
  { folder }: EmbeddedTarget,
  check: DatabaseCheck,
): Promise<void> {
  const existing = existingFolder(folder);
  try {
    await access(existing, constants.W_OK);
  } catch {
    findings.fail(
      "database_unreachable",
      "cannot be written to",
      "Make the folder writable, or use another with `database.embedded_folder`.",
    );
    return;
  }
  findings.ok(existing === folder ? "is there" : "is made by the first sync");
  await checkRoom(findings, check, { folder: existing, takenBytes: 0 });
}

/** Looks at the database, and changes nothing. */
export async function checkDatabase(
  target: DatabaseTarget,
  check: DatabaseCheck,
): Promise<readonly Finding[]> {
  const findings = findingsOf(`database ${placeOf(target)}`);
  try {
    if (target.kind === "server") await lookAtServer(findings, target, check);
    else await lookAtFolder(findings, target, check);
    await checkNetwork(findings, target, check);
  } catch (error) {
    findings.failWith(error);
  }
  return findings.list;
}
