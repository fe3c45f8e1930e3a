// What is done for each account of a partition in turn, and how what was read becomes steps of it.
import type { NodeClient } from "@snaprag/client";
import { homeShardOf } from "@snaprag/verify";
import type { SyncRun } from "../../run/sync-run.ts";
import type { Listed, PartitionJob, PartitionStep } from "../partition-job.ts";
import { applyStep } from "../partition-job.ts";
import type { WalkPlace } from "./account-token.ts";
import { accountMark } from "./account-token.ts";
import type { TakeEntries } from "./fetch-account.ts";

/** What was read of one account. */
type ReadAccount = Required<Omit<Listed, "unprovenAccounts">> & Listed;

/** An account as it is seen before it is read. */
export interface SeenAccount {
  readonly fid: bigint;
  /** About how many entries it has. */
  readonly size: number;
}

/** What is done for each account of a partition in turn, resumable at any of them. */
export interface AccountWalk<Seen extends SeenAccount = SeenAccount> {
  /** Marks progress by account, as a page token does by page. */
  readonly mark: string;
  /** Accounts seen at a time, and read and written together where they are small. */
  readonly accountsPerStep: number;
  /** Whether the accounts are read instead of pages: they count as fetched one by one, and as pages in hand. */
  readonly isFallback: boolean;
  /** Whether an account of the partition, of whatever home shard, is walked to. */
  readonly includes: (fid: bigint) => boolean;
  readonly see: (node: NodeClient, fid: bigint) => Promise<Seen>;
  /** Reads an account. What `take` takes of it, it does not return. */
  readonly read: (node: NodeClient, account: Seen, take?: TakeEntries) => Promise<ReadAccount>;
  /** Token that follows the last account; null when the partition is done then. */
  readonly tokenAfter: string | null;
}

type Entries = Listed["entries"];

/** Type byte of what cannot be read, in a key that says nothing of its place. */
const UNKNOWN_TYPE_BYTE = 0;

/** Entries behind a key, and those without a place among the others. */
function behind(entries: Entries, lastKey: Uint8Array | undefined): Entries {
  if (lastKey === undefined) return entries;
  return entries.filter(
    ({ trieKey }) => trieKey[5] === UNKNOWN_TYPE_BYTE || Buffer.compare(trieKey, lastKey) > 0,
  );
}

function upTo(entries: Entries, lastKey: Uint8Array): Entries {
  return entries.filter(({ trieKey }) => Buffer.compare(trieKey, lastKey) <= 0);
}

/**
 * An account without the entries that were listed before; what came since the snapshot may be among them,
 * and comes with the events after it. Its leaves stay, of which a proof takes all at once.
 */
function withoutListed(account: ReadAccount, lastKey: Uint8Array | undefined): ReadAccount {
  return { ...account, entries: behind(account.entries, lastKey) };
}

function putTogether(accounts: readonly Listed[]): Listed {
  return {
    entries: accounts.flatMap(({ entries }) => entries),
    accountRoots: accounts.flatMap(({ accountRoots }) => accountRoots),
    leaves: accounts.flatMap(({ leaves = [] }) => leaves),
    unprovenAccounts: accounts.flatMap(({ unprovenAccounts = [] }) => unprovenAccounts),
  };
}

/** A walk over accounts at a node. */
export interface WalkAtNode<Seen extends SeenAccount> {
  readonly run: SyncRun;
  readonly job: PartitionJob;
  readonly walk: AccountWalk<Seen>;
  readonly node: NodeClient;
}

/** Writes the accounts of a walk, in its order. */
export interface AccountWriter<Seen extends SeenAccount> {
  /** Reads and writes accounts in one step. */
  writeTogether(accounts: readonly Seen[], nextPageToken: string | null): Promise<void>;
  /** Writes one account as its pages come. */
  writeByPages(account: Seen, nextPageToken: string | null): Promise<void>;
}

/** Creates a writer that goes on where a token stands. */
export function createAccountWriter<Seen extends SeenAccount>(
  { run, job, walk, node }: WalkAtNode<Seen>,
  from: { readonly pageToken: string; readonly begin: WalkPlace },
): AccountWriter<Seen> {
  const { shardId } = job.partition;
  const listedOf = (fid: bigint) => (fid === from.begin.fid ? from.begin.lastKey : undefined);
  const isHome = ({ fid }: Seen) => homeShardOf(fid, run.network.shardCount) === shardId;
  const fallbackCountOf = (accounts: readonly Seen[]) =>
    walk.isFallback ? accounts.filter(isHome).length : 0;
  let { pageToken } = from;

  async function step(next: Omit<PartitionStep, "pageToken" | "list">, listed: Listed) {
    run.signal.throwIfAborted();
    await applyStep(run, job, { pageToken, list: () => listed, ...next });
    pageToken = next.nextPageToken ?? "";
  }

  async function readBehind(account: Seen, lastKey: Uint8Array | undefined): Promise<ReadAccount> {
    return withoutListed(await walk.read(node, account), lastKey);
  }

  return {
    async writeTogether(accounts, nextPageToken) {
      const read = (account: Seen) => readBehind(account, listedOf(account.fid));
      const readAgain = async () => putTogether(await Promise.all(accounts.map(read)));
      const fallbackCount = fallbackCountOf(accounts);
      await step({ nextPageToken, fallbackCount, readAgain }, await readAgain());
    },

    async writeByPages(account, nextPageToken) {
      let lastKey = listedOf(account.fid);
      const take: TakeEntries = async (page) => {
        const entries = behind(page, lastKey);
        const last = entries.at(-1);
        if (last === undefined) return;
        const [first, end] = [lastKey, Uint8Array.from(last.trieKey)];
        const listed = { entries, accountRoots: [], leaves: [] };
        const readAgain = async () => {
          const again = await readBehind(account, first);
          return { ...listed, entries: upTo(again.entries, end) };
        };
        const mark = accountMark(walk, { fid: account.fid, lastKey: end });
        await step({ nextPageToken: mark, fallbackCount: 0, readAgain }, listed);
        lastKey = end;
      };
      const read = await walk.read(node, account, take);
      const rest = withoutListed(read, lastKey);
      const readAgain = () => readBehind(account, lastKey);
      await step({ nextPageToken, fallbackCount: fallbackCountOf([account]), readAgain }, rest);
    },
  };
}
