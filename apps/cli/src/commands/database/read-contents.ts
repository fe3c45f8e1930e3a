import type { RowCount, StorageError, Store } from "@snaprag/storage";
import { isNamed } from "../../errors/cli-error.ts";
import type { DatabaseContents } from "../../screen/reporter.ts";
import type { DatabaseTarget } from "./database-target.ts";
import { placeOf } from "./database-target.ts";
import { openDatabase } from "./open-database.ts";

/** The last word of a command must not take longer than its end may. */
const COUNT_TIMEOUT_MS = 3000;

/** What the database of `store` holds; without rows per table when counting them takes too long. */
export async function readContents(
  target: DatabaseTarget,
  store: Store,
): Promise<DatabaseContents> {
  const shards = await store.listShards();
  let messages = 0n;
  let users = 0;
  for (const shard of shards) {
    messages += shard.messageCount;
    users += shard.userCount;
  }
  const tables = await countRows(target, store);
  return { place: placeOf(target), messages: Number(messages), users, tables };
}

async function countRows(
  target: DatabaseTarget,
  store: Store,
): Promise<ReadonlyMap<string, RowCount> | undefined> {
  if (target.kind === "embedded") return store.countRows();
  const options = { holder: "snaprag", statementTimeoutMs: COUNT_TIMEOUT_MS };
  await using impatient = await openDatabase(target, options);
  try {
    return await impatient.store.countRows();
  } catch (error) {
    if (isNamed<StorageError>(error, "StorageError") && error.code === "statement_timeout")
      return undefined;
    throw error;
  }
}
