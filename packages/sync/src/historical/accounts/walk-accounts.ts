import type { NodeClient } from "@snaprag/client";
import { homeShardOf } from "@snaprag/verify";
import { expectReached } from "../../run/nodes/expect-reached.ts";
import type { SyncRun } from "../../run/sync-run.ts";
import type { Listed, PartitionJob } from "../partition-job.ts";
import { applyStep } from "../partition-job.ts";

/** What was read of one account. */
type ReadAccount = Required<Omit<Listed, "unprovenAccounts">> & Listed;

/** What is done for each account of a partition in turn, resumable at any of them. */
export interface AccountWalk {
  /** Marks progress by account, as a page token does by page. */
  readonly mark: string;
  /** Accounts read at a time, and written in one transaction. */
  readonly accountsPerStep: number;
  /** Whether the accounts count as fetched one by one. */
  readonly isFallback: boolean;
  /** Whether an account of the partition, of whatever home shard, is walked to. */
  readonly includes: (fid: bigint) => boolean;
  readonly read: (node: NodeClient, fid: bigint) => Promise<ReadAccount>;
  /** Token that follows the last account; null when the partition is done then. */
  readonly tokenAfter: string | null;
}

/** Where a walk stands: before an account, or behind a key of it up to which it was listed. */
interface WalkPlace {
  readonly fid: bigint;
  readonly lastKey?: Uint8Array | undefined;
}

/** The token at which a walk stands at a place. */
export function accountMark(
  { mark }: Pick<AccountWalk, "mark">,
  { fid, lastKey }: WalkPlace,
): string {
  return lastKey === undefined ? `${mark}${fid}` : `${mark}${fid}/${toHex(lastKey)}`;
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function readMark({ mark }: AccountWalk, token: string): WalkPlace {
  const [fid = "", lastKey] = token.slice(mark.length).split("/");
  return {
    fid: BigInt(fid),
    lastKey: lastKey === undefined ? undefined : Buffer.from(lastKey, "hex"),
  };
}

/**
 * An account without the entries that were listed before; what came since the snapshot may be among them,
 * and comes with the events after it. Its leaves stay, of which a proof takes all at once.
 */
function withoutListed(account: ReadAccount, lastKey: Uint8Array | undefined): ReadAccount {
  if (lastKey === undefined) return account;
  const isNew = ({ trieKey }: Listed["entries"][number]) => Buffer.compare(trieKey, lastKey) > 0;
  return { ...account, entries: account.entries.filter(isNew) };
}

function putTogether(accounts: readonly Listed[]): Listed {
  return {
    entries: accounts.flatMap(({ entries }) => entries),
    accountRoots: accounts.flatMap(({ accountRoots }) => accountRoots),
    leaves: accounts.flatMap(({ leaves = [] }) => leaves),
    unprovenAccounts: accounts.flatMap(({ unprovenAccounts = [] }) => unprovenAccounts),
  };
}

/**
 * Walks the accounts of a partition from where a token says, to the last one, all at one node.
 *
 * @throws {SyncError} `node_behind` when that node has not reached the partition's snapshot
 */
export async function walkAccounts(
  run: SyncRun,
  job: PartitionJob,
  { walk, from }: { readonly walk: AccountWalk; readonly from: string },
): Promise<void> {
  const node = run.nodes.of(job.partition.shardId);
  await expectReached(node, job.partition, run.signal);
  const begin = readMark(walk, from);
  const directory = await job.listAccounts();
  const { shardId, virtualShard } = job.partition;
  const fids = (directory.get(virtualShard) ?? []).filter(
    (fid) => fid >= begin.fid && walk.includes(fid),
  );
  const read = async (fid: bigint) =>
    withoutListed(await walk.read(node, fid), fid === begin.fid ? begin.lastKey : undefined);
  const isHome = (fid: bigint) => homeShardOf(fid, run.network.shardCount) === shardId;
  let pageToken = from;
  let start = 0;
  do {
    run.signal.throwIfAborted();
    const batch = fids.slice(start, start + walk.accountsPerStep);
    start += walk.accountsPerStep;
    const readAll = () => Promise.all(batch.map(read));
    const readBatch = async () => putTogether(await readAll());
    const next = fids[start];
    const nextPageToken = next === undefined ? walk.tokenAfter : accountMark(walk, { fid: next });
    const listed = await readBatch();
    await applyStep(run, job, {
      pageToken,
      nextPageToken,
      list: () => listed,
      readAgain: readBatch,
      fallbackCount: walk.isFallback ? batch.filter(isHome).length : 0,
    });
    pageToken = nextPageToken ?? "";
  } while (start < fids.length);
}
