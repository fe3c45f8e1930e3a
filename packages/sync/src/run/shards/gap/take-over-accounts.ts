// Accounts as a node has them, written over what a store has of them: what is missing is merged and what is too much
// ends, each at the last position of a gap.
import { listPartSince } from "../../../proof/node/list-part.ts";
import { addEnd, withoutContradictions } from "../../../proof/repair/correct-account.ts";
import type { Sighting } from "../../../proof/rows/suspects/compare-accounts.ts";
import { compareAccounts, withRows } from "../../../proof/rows/suspects/compare-accounts.ts";
import type {
  AccountDifference,
  AccountUnderExamination,
  PartLister,
} from "../../../proof/rows/suspects/examine-account.ts";
import { examineAccount } from "../../../proof/rows/suspects/examine-account.ts";
import { expectReached } from "../../nodes/expect-reached.ts";
import { processSurely } from "../../quarantine/process-surely.ts";
import type { TakenOver, TakeOver } from "./write-taken-over.ts";
import { processTaken, writeTakenOver } from "./write-taken-over.ts";

/** Accounts whose leaves are in memory at a time, and that the node is asked for at a time. */
const ACCOUNTS_AT_A_TIME = 32;

/** How often it is told how far this has come, in milliseconds. */
const PROGRESS_MS = 10_000;

/** What makes an account the node's; undefined where the node does not give all of it. */
async function processDifference(
  takeOver: TakeOver,
  { missing, extra, altered, unexplained }: AccountDifference,
): Promise<TakenOver | undefined> {
  if (unexplained.length > 0) return undefined;
  const { standing, gap } = takeOver;
  const end = { shardId: standing.shardId, blockNumber: gap.lastBlock, at: gap.at };
  const taken = await processTaken(takeOver, missing);
  for (const leaf of [...extra, ...altered]) addEnd(taken, end, leaf);
  return { ...taken, ...withoutContradictions(taken) };
}

/** Reads an account that differs, leaf by leaf in the parts that do. */
function examine(
  { reading, gap }: TakeOver,
  account: AccountUnderExamination,
): Promise<AccountDifference> {
  const list: PartLister = (_, part) => listPartSince(reading, part, gap.lastBlock);
  return examineAccount(reading, account, list);
}

/** Processes what was read of an account; reads it again where something was spoilt on its way. */
async function processRead(
  takeOver: TakeOver,
  difference: AccountDifference,
  readAgain: () => Promise<AccountDifference>,
): Promise<TakenOver | undefined> {
  const { shardId, fid } = difference;
  const { taken } = await processSurely({
    input: difference,
    readAgain,
    process: async (input) => {
      const made = await processDifference(takeOver, input);
      return { taken: made, spoiltCount: made?.spoiltCount ?? 0 };
    },
    logger: takeOver.run.logger.child({ shardId, fid }),
  });
  return taken;
}

/** Takes over a few accounts. Returns those of which the node does not give all. */
async function takeOverSome(
  takeOver: TakeOver,
  fids: readonly bigint[],
): Promise<readonly bigint[]> {
  const { run, reading, standing, gap } = takeOver;
  const { shardId } = standing;
  await expectReached(reading.client, { shardId, height: gap.lastBlock }, reading.signal);
  const accounts = {
    ...{ store: run.store, shardId, fids, hasSignatures: false },
    ...{ areKeysLeft: true, hasLeavesOnly: true },
  };
  const { heights, different = [] } = await compareAccounts(reading, accounts, true);
  const read = async (sightings: readonly Sighting[]) => {
    const examined = sightings.map((sighting) => examine(takeOver, { heights, ...sighting }));
    return withRows(reading, accounts, await Promise.all(examined));
  };
  const taken = await Promise.all(
    (await read(different)).map((difference, index) =>
      processRead(takeOver, difference, async () => {
        const [again = difference] = await read(different.slice(index, index + 1));
        return again;
      }),
    ),
  );
  await writeTakenOver(takeOver, {
    changes: taken.flatMap((each) => each?.changes ?? []),
    leaves: taken.flatMap((each) => each?.leaves ?? []),
    quarantined: taken.flatMap((each) => each?.quarantined ?? []),
  });
  return different.filter((_, index) => taken[index] === undefined).map(({ fid }) => fid);
}

/**
 * Makes accounts what the node has, a few in each transaction, while the store stays before the gap: who comes after
 * a crash begins again, and finds most of them right.
 *
 * Parts that calls bring are the node's present, proved against its trie, and others as the snapshot has them that
 * the gap ends with. All of it stands at the last position of the gap: from there, events lead to the same
 * rows, as a change is a join. Gasless keys are left to the blocks of shard 0, which are not lost.
 *
 * Returns those accounts of which the node does not give all.
 */
export async function takeOverAccounts(takeOver: TakeOver): Promise<readonly bigint[]> {
  const { run, reading, standing, gap } = takeOver;
  const { clock } = run.options;
  const fids = [...gap.fids];
  const left: bigint[] = [];
  let toldAt = clock.elapsed();
  for (let start = 0; start < fids.length; start += ACCOUNTS_AT_A_TIME) {
    reading.signal.throwIfAborted();
    left.push(...(await takeOverSome(takeOver, fids.slice(start, start + ACCOUNTS_AT_A_TIME))));
    if (clock.elapsed() - toldAt < PROGRESS_MS) continue;
    toldAt = clock.elapsed();
    const done = {
      shardId: standing.shardId,
      done: Math.min(start + ACCOUNTS_AT_A_TIME, fids.length),
      accounts: fids.length,
    };
    run.logger.info(done, "accounts read");
  }
  return left;
}
