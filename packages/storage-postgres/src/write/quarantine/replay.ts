// The replay of a quarantined message: its changes at their place, and what has come since.
import type { Change, SweepKeys, SweepLinks, TableName } from "@snaprag/processors";
import {
  blockOfPosition,
  firstPositionOf,
  lastPositionOf,
  sweepOfLinkCompactState,
  sweepOfSignerKey,
} from "@snaprag/processors";
import type { QuarantineRecord, Replay } from "@snaprag/storage";
import type { PoolClient, QueryConfig } from "pg";
import { toQuarantineRecord } from "../../read/list-quarantined.ts";
import { toStoredRow } from "../../read/list-rows.ts";
import { retireUnlistedOfAccount } from "../apply-page.ts";
import { recordAccounts } from "../derived/derive.ts";
import { foldByTable } from "../rows/folded-rows.ts";
import { writeSweeps } from "../rows/sweeps.ts";
import { writeLeaves } from "../rows/write-leaves.ts";
import { writeRows } from "../rows/write-rows.ts";
import { attempt, deriveIsolated, runAll } from "./attempt.ts";
import { readNetwork, rejectionOf } from "./isolate-refused.ts";
import { recordAttempt } from "./write-quarantine.ts";

type Sweep = SweepLinks | SweepKeys;

/** An account that rows are merged into, and the earliest position of a merge. */
interface Account {
  readonly shardId: number;
  readonly fid: bigint;
  readonly since: bigint;
}

/** The earliest merge of each account that changes merge rows into. */
function mergesByFid(changes: readonly Change[]): ReadonlyMap<bigint, bigint> {
  const merges = new Map<bigint, bigint>();
  for (const change of changes) {
    if (change.kind !== "merge") continue;
    const known = merges.get(change.row.fid);
    if (known === undefined || change.eventId < known) merges.set(change.row.fid, change.eventId);
  }
  return merges;
}

async function rowsSince<Table extends TableName>(
  client: PoolClient,
  table: Table,
  { fid, since }: Account,
) {
  const { rows } = await client.query(
    `select * from ${table} where fid = $1 and event_id > $2 order by event_id`,
    [BigInt.asIntN(64, fid), since],
  );
  return rows.map((row) => {
    const stored = toStoredRow(table, row);
    return { row: stored.row, eventId: stored.state.eventId };
  });
}

/** Sweeps after a position that stand in the rows of an account, in order. */
async function sweepsSince(client: PoolClient, account: Account): Promise<readonly Sweep[]> {
  const network = await readNetwork(client);
  const sweeps: Sweep[] = [];
  for (const { row, eventId } of await rowsSince(client, "link_compact_states", account))
    sweeps.push(sweepOfLinkCompactState(row, eventId, network));
  for (const { row, eventId } of await rowsSince(client, "signer_keys", account))
    sweeps.push(sweepOfSignerKey(row, eventId, "superseded"));
  for (const { row, eventId } of await rowsSince(client, "signer_key_removes", account))
    sweeps.push(sweepOfSignerKey(row, eventId, "removed"));
  return sweeps.sort((a, b) => (a.retirement.eventId < b.retirement.eventId ? -1 : 1));
}

/** The finished snapshot that an account's rows are exact for. */
async function findSnapshot(client: PoolClient, { shardId, fid }: Account) {
  const { rows } = await client.query(
    // Shared with nobody who moves it, so that its last page and this replay see each other.
    `select status, height, block_time as at from sync_partitions
      where shard_id = $1 and virtual_shard = virtual_shard_of($2) for share`,
    [shardId, BigInt.asIntN(64, fid)],
  );
  const [partition] = rows;
  if (partition?.status !== "done" || partition.at === null) return undefined;
  return { height: partition.height as bigint, at: partition.at as Date };
}

/**
 * Ends what has ended since. What a finished snapshot after the rows does not list ended there, so
 * that sweeps later than it have nothing to end.
 */
async function catchUp(client: PoolClient, account: Account): Promise<void> {
  const snapshot = await findSnapshot(client, account);
  const listedAt = snapshot === undefined ? 0n : lastPositionOf(snapshot.height);
  const sweeps = (await sweepsSince(client, account)).filter(
    ({ retirement: { eventId } }) => account.since >= listedAt || eventId <= listedAt,
  );
  await runAll(client, writeSweeps(sweeps));
  if (snapshot) await runAll(client, retireUnlistedOfAccount(snapshot, account.fid));
}

/**
 * Takes back sweeps that did not know of a merge in their own block, whose rows they spare
 * (docs/protocol.md 6.5).
 */
function reviveSwept(changes: readonly Change[]): readonly QueryConfig[] {
  return changes.flatMap((change) => {
    if (change.kind !== "merge") return [];
    if (change.table !== "links" && change.table !== "link_removes") return [];
    const { table, row, eventId } = change;
    return [
      {
        text: `update ${table}
          set deleted_event_id = null, deleted_at = null, deleted_reason = null
          where fid = $1 and hash = $2 and deleted_reason = 'compacted'
            and deleted_event_id between $3 and $4`,
        values: [
          BigInt.asIntN(64, row.fid),
          Buffer.from(row.hash),
          firstPositionOf(blockOfPosition(eventId)),
          lastPositionOf(blockOfPosition(eventId)),
        ],
      },
    ];
  });
}

async function writeChanges(
  client: PoolClient,
  shardId: number,
  changes: readonly Change[],
): Promise<void> {
  await runAll(client, reviveSwept(changes));
  await runAll(client, [...writeRows(foldByTable(changes), "join"), ...writeSweeps(changes)]);
  if (shardId !== 0) await runAll(client, recordAccounts(changes, shardId));
  for (const [fid, since] of mergesByFid(changes)) await catchUp(client, { shardId, fid, since });
}

async function lockRecord(client: PoolClient, id: bigint): Promise<QuarantineRecord | undefined> {
  const text = "select * from quarantined_messages where id = $1 for update";
  const { rows } = await client.query(text, [id]);
  return rows[0] && toQuarantineRecord(rows[0]);
}

/**
 * Applies a replay in the transaction of a client, as the contract says. `onApplied` is called when
 * its changes are written, before the transaction ends.
 */
export async function applyReplay(
  client: PoolClient,
  replay: Replay,
  onApplied: (changes: readonly Change[]) => Promise<void>,
): Promise<QuarantineRecord | undefined> {
  const record = await lockRecord(client, replay.id);
  if (record === undefined || record.status === "resolved") return record;
  if (!("changes" in replay)) {
    await client.query(recordAttempt(replay.id, { reason: replay.reason, detail: null }));
    return lockRecord(client, replay.id);
  }
  const { changes } = replay;
  const { shardId } = record;
  // Blocks of the shard wait, so that their sweeps and these rows see each other.
  await client.query("select 1 from sync_progress where shard_id = $1 for share", [shardId]);
  const refusal = await attempt(client, () => writeChanges(client, shardId, changes));
  if (refusal === undefined) {
    const fids = changes.map((change) => ("row" in change ? change.row.fid : change.fid));
    await deriveIsolated(client, shardId, [...new Set(fids)]);
    await runAll(client, writeLeaves(replay.leaves ?? []));
    await onApplied(changes);
  }
  await client.query(recordAttempt(replay.id, refusal && rejectionOf(refusal)));
  return lockRecord(client, replay.id);
}
