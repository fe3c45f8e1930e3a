// Which servers a mirror can be made on.
import { StorageError } from "@snaprag/storage";
import type { PoolClient } from "pg";

/** The oldest PostgreSQL that a mirror can be made on, as a major version. */
export const OLDEST_SERVER_VERSION: number = 14;

/** What `server_version_num` counts a major version as. */
const NUMBERS_OF_A_MAJOR = 10_000;

/** Whether a mirror can be made on a server with this `server_version_num`, such as 180004. */
export function isSupportedServer(versionNumber: number): boolean {
  return versionNumber >= OLDEST_SERVER_VERSION * NUMBERS_OF_A_MAJOR;
}

/** @throws {StorageError} `unsupported_server` on one that is too old, before anything is made there */
export async function expectSupportedServer(client: PoolClient): Promise<void> {
  const { rows } = await client.query(
    "select current_setting('server_version') as version, current_setting('server_version_num')::int as number",
  );
  const { version, number } = rows[0];
  if (isSupportedServer(number)) return;
  throw new StorageError(
    "unsupported_server",
    `The server is PostgreSQL ${version}, older than ${OLDEST_SERVER_VERSION}. Use PostgreSQL ${OLDEST_SERVER_VERSION} or later`,
  );
}
