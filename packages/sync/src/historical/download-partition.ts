import type { NodeClient, PackedSnapshotPage, SnapshotPage } from "@snaprag/client";
import { homeShardOf, readTrieKeyHead } from "@snaprag/verify";
import { withoutLastAccount } from "../proof/history/partition-prover.ts";
import { accountPrefix, readTrieNode } from "../proof/node/trie-node.ts";
import type { SyncRun } from "../run/sync-run.ts";
import { accountMark } from "./accounts/account-token.ts";
import type { AccountWalk, SeenAccount } from "./accounts/account-walk.ts";
import type { AccountFetch, TakeEntries } from "./accounts/fetch-account.ts";
import { fetchAccount } from "./accounts/fetch-account.ts";
import { beginFewNames, nameWalk, withNames } from "./accounts/name-walk.ts";
import type { ProvenAccount } from "./accounts/prove-account.ts";
import { proveAccount } from "./accounts/prove-account.ts";
import { walkAccounts } from "./accounts/walk-accounts.ts";
import { madeAgain } from "./made-again.ts";
import type { Listed, PartitionJob } from "./partition-job.ts";
import { applyStep, moveTo } from "./partition-job.ts";

/** Keeps in sight what a node gives in no way: nothing else would tell that it is missing. */
async function recordUnreadable(
  { store, logger }: SyncRun,
  { shardId, virtualShard }: PartitionJob["partition"],
  { fid, unreadable }: { readonly fid: bigint; readonly unreadable: readonly number[] },
): Promise<void> {
  const types = unreadable.map((nibble) => `${2 * nibble} and ${2 * nibble + 1}`).join(", ");
  const message = `The node serves no messages of types ${types} of fid ${fid}`;
  logger.error({ shardId, virtualShard, fid }, message);
  const code = "unreadable_account";
  await store.recordFault({ shardId, virtualShard, code, message, isRetried: false });
}

/** Names the accounts of which a proof takes leaves by hash alone. */
function logOpaque(
  { logger }: SyncRun,
  { shardId, virtualShard }: PartitionJob["partition"],
  { fid, leaves }: { readonly fid: bigint; readonly leaves: ProvenAccount["leaves"] },
): void {
  const parts = leaves.filter((leaf) => !(leaf instanceof Uint8Array));
  if (parts.length > 0) logger.info({ shardId, virtualShard, fid }, "leaves known by hash alone");
}

/** An account, and what the live trie has of it: nothing that can be read where the node fails on that. */
interface AccountInTrie extends SeenAccount {
  readonly live: AccountFetch["live"];
}

/** The rest of a partition account by account, where a page cannot be served. */
function accountWalk(run: SyncRun, job: PartitionJob): AccountWalk<AccountInTrie> {
  const { partition } = job;
  const { shardId, virtualShard } = partition;
  const { signal } = run;
  const failures = job.failures.accounts;
  const addressOf = (fid: bigint) => {
    // Rows come from the home shard alone.
    const isForeign = homeShardOf(fid, run.network.shardCount) !== shardId;
    return { ...partition, fid, isForeign };
  };

  async function fetch(node: NodeClient, { fid, live }: AccountInTrie, take?: TakeEntries) {
    const address = addressOf(fid);
    const isTroubled = failures.areHopeless(fid);
    try {
      return await fetchAccount(node, address, { live, signal, isTroubled, take });
    } catch (error) {
      if (isTroubled || !failures.count(fid, error)) throw error;
      run.logger.warn(
        { shardId, virtualShard, fid, err: error },
        "reading an account part by part",
      );
      return fetchAccount(node, address, { live, signal, isTroubled: true, take });
    }
  }

  return {
    mark: "accounts-from:",
    accountsPerStep: 16,
    isFallback: true,
    includes: () => true,
    async see(node, fid) {
      const prefix = accountPrefix(virtualShard, fid);
      try {
        const live = await readTrieNode(node, { shardId, prefix }, signal);
        return { fid, live, size: live?.leafCount ?? 0 };
      } catch (error) {
        if (!failures.count(fid, error)) throw error;
        return { fid, live: "unreadable", size: 0 };
      }
    },
    async read(node, account, take) {
      const { fid } = account;
      const fetched = await fetch(node, account, take);
      const { unreadable, address } = fetched;
      if (!address.isForeign && unreadable.length > 0) {
        await recordUnreadable(run, partition, { fid, unreadable });
      }
      const listed = proveAccount(fetched, run.blake3);
      logOpaque(run, partition, { fid, leaves: listed.leaves });
      return listed;
    },
    tokenAfter: accountMark(nameWalk(run, job), { fid: 0n }),
  };
}

/** Makes a page of its bytes: what is listed with it, and what has to be known of it afterwards. */
function openPage(packed: PackedSnapshotPage, names: readonly Listed[]) {
  const listedOf = (page: SnapshotPage): Listed =>
    page.nextPageToken === undefined ? withNames(page, names) : page;
  const unpacked = packed.unpack();
  const last = unpacked.entries.at(-1);
  return {
    list: madeAgain(listedOf(unpacked), () => listedOf(packed.unpack())),
    nextPageToken: unpacked.nextPageToken,
    // Of its own: the page's bytes are not to be kept for it.
    lastKey: last && Uint8Array.from(last.trieKey),
  };
}

/** What the one page at a token lists. */
async function readPage(
  { nodes, signal }: SyncRun,
  { partition }: PartitionJob,
  pageToken: string | null,
): Promise<Listed> {
  const from = { ...partition, pageToken: pageToken ?? undefined };
  const node = nodes.of(partition.shardId);
  for await (const page of node.readSnapshotPages(from, { signal })) return page;
  return { entries: [], accountRoots: [] };
}

/**
 * Leaves the pages before one that cannot be had; returns the token at which its accounts are read one by
 * one. The last account may go on in that page: it is read again, but for what is there. Where that is not
 * known, as after a page that an earlier process has written, all are read again, and met as they are there.
 */
async function leavePages(run: SyncRun, job: PartitionJob, pageToken: string | null) {
  const lastKey = job.failures.pages.lastKeyBefore(pageToken);
  const fid = lastKey === undefined ? 0n : readTrieKeyHead(lastKey).fid;
  if (job.proof)
    job.proof = lastKey === undefined ? null : withoutLastAccount(job.proof, run.blake3);
  if (lastKey === undefined && pageToken !== null) job.isRelisted = true;
  const mark = accountMark(accountWalk(run, job), { fid, lastKey });
  await applyStep(run, job, moveTo(pageToken, mark));
  return mark;
}

/**
 * Walks the pages of a partition; returns the token at which it goes on, null when it is done. The names
 * of few accounts are read meanwhile, and written with the last page.
 */
async function downloadPages(run: SyncRun, job: PartitionJob): Promise<string | null> {
  const { shardId, virtualShard, pageToken: firstToken } = job.partition;
  const node = run.nodes.of(shardId);
  const hasAccounts = (await job.listAccounts()).has(virtualShard);
  const fewNames = await beginFewNames(run, job, node);
  const isDoneAfter = !hasAccounts || fewNames !== undefined;
  const tokenAfter = isDoneAfter ? null : accountMark(nameWalk(run, job), { fid: 0n });
  let pageToken = firstToken;
  let pageNumber = 0;
  let isOfNames = false;
  const readFewNames = async () => {
    isOfNames = true;
    const names = (await fewNames?.read) ?? [];
    isOfNames = false;
    return names;
  };
  const from = { ...job.partition, pageToken: pageToken ?? undefined };
  try {
    for await (const packed of node.readPackedSnapshotPages(from, { signal: run.signal })) {
      // Before the page has its turn, which is not to be spent on waiting for the node.
      const names = await readFewNames();
      pageNumber += 1;
      await job.pages.run(pageNumber, async () => {
        run.signal.throwIfAborted();
        const page = openPage(packed, names);
        const isLast = page.nextPageToken === undefined;
        const nextPageToken = page.nextPageToken ?? tokenAfter;
        const token = pageToken;
        await applyStep(run, job, {
          pageToken,
          nextPageToken,
          list: page.list,
          readAgain: async () => {
            const again = await readPage(run, job, token);
            return isLast ? withNames(again, (await fewNames?.readAgain()) ?? []) : again;
          },
          fallbackCount: 0,
        });
        job.failures.pages.reach(
          nextPageToken,
          page.lastKey ?? job.failures.pages.lastKeyBefore(token),
        );
        pageToken = nextPageToken;
      });
    }
    return tokenAfter;
  } catch (error) {
    // Names that fail say nothing of the page.
    if (isOfNames || !job.failures.pages.count(pageToken, error)) throw error;
    run.logger.info({ shardId, virtualShard, err: error }, "reading accounts one by one");
    return leavePages(run, job, pageToken);
  }
}

/**
 * Downloads a partition from where it stands to its end, step by step, each with its progress.
 *
 * Pages first. One that the node can never serve ends the walk by pages: the rest is read account by
 * account. Then the names that no page lists. Everything that fails is thrown; what was committed
 * stays.
 */
export async function downloadPartition(run: SyncRun, job: PartitionJob): Promise<void> {
  const names = nameWalk(run, job);
  const accounts = accountWalk(run, job);
  let token = job.partition.pageToken;
  const isAtMark = [names, accounts].some(({ mark }) => token?.startsWith(mark));
  if (!isAtMark) token = await downloadPages(run, job);
  if (token === null) return;
  if (token.startsWith(accounts.mark)) {
    await walkAccounts(run, job, { walk: accounts, from: token });
    token = accountMark(names, { fid: 0n });
  }
  await walkAccounts(run, job, { walk: names, from: token });
}
