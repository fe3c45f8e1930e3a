// Names of the registry as a node has them by now: one that was proved again for its account has no leaf, so that no
// root tells whose it is.
import type { FnameTransferRow } from "@snaprag/processors";
import { lastPositionOf } from "@snaprag/processors";
import type { RowChange } from "@snaprag/storage";
import { fetchNames } from "../../../historical/accounts/fetch-names.ts";
import { expectReached } from "../../nodes/expect-reached.ts";
import type { TakeOver } from "./write-taken-over.ts";
import { processTaken, writeTakenOver } from "./write-taken-over.ts";

/** Accounts that are asked for at a time. */
const ACCOUNTS_AT_A_TIME = 32;

function keyOf({ fid, name, proof_timestamp, proof_signature }: FnameTransferRow): string {
  const signature = Buffer.from(proof_signature).toString("hex");
  return `${fid}/${name}/${proof_timestamp.getTime()}/${signature}`;
}

async function readStored({ run }: TakeOver, fids: readonly bigint[]) {
  await using view = await run.store.openView(run.signal);
  const stored: FnameTransferRow[] = [];
  for await (const rows of view.readRows(fids)) stored.push(...(rows.fname_transfers ?? []));
  return stored;
}

function isName(change: RowChange): change is Extract<RowChange, { table: "fname_transfers" }> {
  return change.table === "fname_transfers";
}

async function takeOverSome(takeOver: TakeOver, fids: readonly bigint[]): Promise<void> {
  const { reading, standing, gap } = takeOver;
  const { client, signal } = reading;
  const { shardId } = standing;
  await expectReached(client, { shardId, height: gap.lastBlock }, signal);
  const stored = await readStored(takeOver, fids);
  const listed = await Promise.all(fids.map((fid) => fetchNames(client, fid, signal)));
  const taken = await processTaken(takeOver, listed.flat());
  const names = taken.changes.filter(isName);
  const there = new Set(stored.map(keyOf));
  const staying = new Set(names.map(({ row }) => keyOf(row)));
  const eventId = lastPositionOf(gap.lastBlock);
  const retirement = { reason: "unlisted", eventId, at: gap.at } as const;
  const ends = stored
    .filter((row) => !staying.has(keyOf(row)))
    .map((row) => ({ kind: "retire", table: "fname_transfers", row, retirement }) as const);
  const merges = names.filter(({ row }) => !there.has(keyOf(row)));
  await writeTakenOver(takeOver, { ...taken, changes: [...ends, ...merges] });
}

/** Makes the names of accounts what the node has by now; of those that are at home in the shard. */
export async function takeOverNames(takeOver: TakeOver): Promise<void> {
  const { reading, standing, gap } = takeOver;
  const isHere = (fid: bigint) => fid > 0n && reading.homeShardOf(fid) === standing.shardId;
  const fids = [...gap.nameFids].filter(isHere);
  for (let start = 0; start < fids.length; start += ACCOUNTS_AT_A_TIME) {
    reading.signal.throwIfAborted();
    await takeOverSome(takeOver, fids.slice(start, start + ACCOUNTS_AT_A_TIME));
  }
}
