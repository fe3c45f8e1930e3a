import { expectReached } from "../../run/nodes/expect-reached.ts";
import type { SyncRun } from "../../run/sync-run.ts";
import type { PartitionJob } from "../partition-job.ts";
import { accountMark, readMark } from "./account-token.ts";
import type { AccountWalk, SeenAccount } from "./account-walk.ts";
import { createAccountWriter } from "./account-walk.ts";

/** Entries written in one step: about a page. */
const STEP_ENTRIES = 1000;

/** Cuts accounts into those of a step each; a large one is alone. There is always at least one. */
function cutIntoSteps<Seen extends SeenAccount>(
  seen: readonly Seen[],
): readonly (readonly Seen[])[] {
  const steps: Seen[][] = [[]];
  let size = 0;
  for (const account of seen) {
    size += account.size;
    const last = steps.at(-1);
    if (last === undefined || (last.length > 0 && size > STEP_ENTRIES)) {
      steps.push([account]);
      size = account.size;
    } else last.push(account);
  }
  return steps;
}

/**
 * Walks the accounts of a partition from where a token says, to the last one, all at one node.
 *
 * Small ones are written together. A large one is written as its pages come, each with its progress, and
 * its leaves with the last of it: so that no account is too large for memory, or for a transaction.
 *
 * @throws {SyncError} `node_behind` when that node has not reached the partition's snapshot
 */
export async function walkAccounts<Seen extends SeenAccount>(
  run: SyncRun,
  job: PartitionJob,
  { walk, from }: { readonly walk: AccountWalk<Seen>; readonly from: string },
): Promise<void> {
  const node = run.nodes.of(job.partition.shardId);
  await expectReached(node, job.partition, run.signal);
  const begin = readMark(walk, from);
  const directory = await job.listAccounts();
  const fids = (directory.get(job.partition.virtualShard) ?? []).filter(
    (fid) => fid >= begin.fid && walk.includes(fid),
  );
  const writer = createAccountWriter({ run, job, walk, node }, { pageToken: from, begin });

  async function write(accounts: readonly Seen[], nextFid: bigint | undefined) {
    const next = nextFid === undefined ? walk.tokenAfter : accountMark(walk, { fid: nextFid });
    const [first, ...others] = accounts;
    const isLarge = first !== undefined && others.length === 0 && first.size > STEP_ENTRIES;
    await (isLarge ? writer.writeByPages(first, next) : writer.writeTogether(accounts, next));
  }

  let written = 0;
  do {
    const ahead = fids.slice(written, written + walk.accountsPerStep);
    const seen = await Promise.all(ahead.map((fid) => walk.see(node, fid)));
    for (const accounts of cutIntoSteps(seen)) {
      written += accounts.length;
      const work = () => write(accounts, fids[written]);
      await (walk.isFallback ? job.pages.run(written, work) : work());
    }
  } while (written < fids.length);
}
