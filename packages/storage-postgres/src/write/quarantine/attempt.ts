import type { StorageError } from "@snaprag/storage";
import type { PoolClient } from "pg";
import { fromPostgresError, isRefusal } from "../../connection/postgres-errors.ts";
import type { Statement } from "../../connection/statements.ts";
import { send } from "../../connection/statements.ts";
import { countFault } from "../../progress/shards.ts";
import { deriveAccounts } from "../derived/derive.ts";

/**
 * Runs a part of a transaction that the database may refuse for its content: then the part is
 * undone, the transaction goes on, and the refusal is returned. Every other failure is thrown.
 */
export async function attempt(
  client: PoolClient,
  part: () => Promise<void>,
): Promise<StorageError | undefined> {
  await client.query("savepoint part");
  try {
    await part();
    await client.query("release savepoint part");
    return undefined;
  } catch (error) {
    const refusal = fromPostgresError(error);
    if (!isRefusal(refusal)) throw error;
    await client.query("rollback to savepoint part");
    return refusal;
  }
}

/** Runs statements one after the other. */
export async function runAll(client: PoolClient, statements: readonly Statement[]): Promise<void> {
  for (const statement of statements) await send(client, statement);
}

/**
 * Recomputes what is derived of accounts, and leaves it as it is for those where the database
 * refuses it. Their messages stay: they are what was signed, and what follows from them is nobody's
 * only copy. The refusal is kept as a fault of the shard.
 */
export async function deriveIsolated(
  client: PoolClient,
  shardId: number,
  fids: readonly bigint[],
): Promise<void> {
  if (fids.length === 0) return;
  const refusal = await attempt(client, () => runAll(client, deriveAccounts(fids)));
  if (refusal === undefined) return;
  if (fids.length === 1) {
    const message = `What is derived of account ${fids[0]} is refused: ${refusal.message}`;
    const fault = { shardId, virtualShard: null, code: "derived_rejected", message };
    await runAll(client, countFault({ ...fault, isRetried: false }));
    return;
  }
  const middle = fids.length >> 1;
  await deriveIsolated(client, shardId, fids.slice(0, middle));
  await deriveIsolated(client, shardId, fids.slice(middle));
}
