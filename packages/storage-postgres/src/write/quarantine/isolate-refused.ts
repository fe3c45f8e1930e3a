// A batch that the database refuses for its content, written again without what it refuses.
import type { Change, MergeOf, RetireOf, TableName } from "@snaprag/processors";
import { encodeRow } from "@snaprag/processors";
import type { QuarantinedMessage, StorageError } from "@snaprag/storage";
import type { PoolClient } from "pg";
import type { BatchPlan } from "../batch-plan.ts";
import { attempt, deriveIsolated, runAll } from "./attempt.ts";
import { writeQuarantine } from "./write-quarantine.ts";

/**
 * More refusals in one batch than this say that something is wrong with the database, such as a
 * constraint that nothing meets, and not with messages. Then the batch fails, and nothing is set
 * aside.
 */
const MAX_REFUSED_MESSAGES = 100;

type RowChange = MergeOf<TableName> | RetireOf<TableName>;

/** What one message does: its row, and the sweeps that come with it. Written or refused together. */
type Unit = readonly Change[];

function isRowChange(change: Change): change is RowChange & Change {
  return change.kind === "merge" || change.kind === "retire";
}

/** Sweeps follow the merge of the message that makes them. */
function toUnits(changes: readonly Change[]): readonly Unit[] {
  const units: Change[][] = [];
  for (const change of changes) {
    const last = units.at(-1);
    if (last === undefined || isRowChange(change)) units.push([change]);
    else last.push(change);
  }
  return units;
}

interface RefusedUnit {
  readonly unit: Unit;
  readonly refusal: StorageError;
}

/** Writes units, in halves where the whole is refused, and returns what is refused alone. */
async function writeUnits(
  client: PoolClient,
  plan: BatchPlan,
  units: readonly Unit[],
): Promise<readonly RefusedUnit[]> {
  const [first] = units;
  if (first === undefined) return [];
  const refusal = await attempt(client, () => runAll(client, plan.writeRows(units.flat())));
  if (refusal === undefined) return [];
  if (units.length === 1) return [{ unit: first, refusal }];
  const middle = units.length >> 1;
  const refused = [...(await writeUnits(client, plan, units.slice(0, middle)))];
  if (refused.length > MAX_REFUSED_MESSAGES) throw refusal;
  refused.push(...(await writeUnits(client, plan, units.slice(middle))));
  if (refused.length > MAX_REFUSED_MESSAGES) throw refusal;
  return refused;
}

/** Stable code of what a database refuses. */
export function rejectionOf(refusal: StorageError): {
  readonly reason: string;
  readonly detail: string;
} {
  return { reason: `rejected_${refusal.sqlState ?? refusal.code}`, detail: refusal.message };
}

function toQuarantined(
  { unit, refusal }: RefusedUnit,
  { shardId, at }: BatchPlan,
  network: number,
): QuarantinedMessage {
  const [change, sweep] = unit;
  // A sweep without its message: there is nothing to keep of it.
  if (change === undefined || !isRowChange(change)) throw refusal;
  const { table, row } = change as RowChange;
  const { kind: rawKind, raw, hash, messageType } = encodeRow(table, row, network);
  const retirement = change.kind === "retire" ? change.retirement : undefined;
  const made = sweep !== undefined && !isRowChange(sweep) ? sweep.retirement.at : undefined;
  return {
    shardId,
    fid: row.fid,
    hash,
    messageType,
    rawKind,
    raw,
    eventId: change.kind === "retire" ? change.retirement.eventId : change.eventId,
    at: retirement?.at ?? made ?? at,
    retireReason: retirement?.reason ?? null,
    ...rejectionOf(refusal),
  };
}

/** The network that rows are of, which gives their bytes back. */
export async function readNetwork(client: PoolClient): Promise<number> {
  const { rows } = await client.query("select network from sync_network");
  return rows[0]?.network ?? 0;
}

/**
 * Writes a batch, with its progress, in the transaction of a client; what the database refuses goes
 * to quarantine with its bytes. Returns the changes that were written.
 *
 * @throws what the database answers when it refuses more than can be the messages' fault
 */
export async function writeIsolated(
  client: PoolClient,
  plan: BatchPlan,
): Promise<readonly Change[]> {
  // What is checked at the end of a transaction could not be told apart there.
  await client.query("set constraints all immediate");
  await client.query(plan.fence);
  const units = toUnits(plan.listChanges());
  const refused = await writeUnits(client, plan, units);
  const refusedUnits = new Set(refused.map(({ unit }) => unit));
  const written = units.filter((unit) => !refusedUnits.has(unit)).flat();
  await runAll(client, plan.settle(written));
  if (await attempt(client, () => runAll(client, plan.derive(written)))) {
    const { rows } = await client.query(plan.derivedFids(written));
    const fids = rows.map(({ fid }): bigint => fid);
    await deriveIsolated(client, plan.shardId, fids);
  }
  const network = refused.length > 0 ? await readNetwork(client) : 0;
  const rejected = refused.map((each) => toQuarantined(each, plan, network));
  await runAll(client, writeQuarantine([...plan.quarantined, ...rejected]));
  return written;
}
