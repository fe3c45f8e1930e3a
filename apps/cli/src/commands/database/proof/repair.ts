import { existsSync } from "node:fs";
import { hostname } from "node:os";
import type { ShardRepair, VerifyOptions } from "@snaprag/sync";
import { repairStore } from "@snaprag/sync";
import { maskPassword } from "../../../config/mask-password.ts";
import { CliError } from "../../../errors/cli-error.ts";
import { createOutput, toJson } from "../../../output.ts";
import { formatAmount, formatCount } from "../../../screen/format-quantity.ts";
import type { Invocation } from "../../program/cli-context.ts";
import type { DatabaseTarget } from "../database-target.ts";
import { databaseTargetOf, placeOf } from "../database-target.ts";
import { openDatabase } from "../open-database.ts";
import { chooseShards, compareWithNode, nothingMirrored, tellFound } from "./compare-with-node.ts";
import { differenceToObject, listLines } from "./difference-report.ts";
import { notProved } from "./not-proved.ts";
import { createProgressLine } from "./progress-line.ts";
import { noteLines, shardLine, shardToObject } from "./shard-report.ts";

/** Flags of `snaprag repair` that are not configuration. */
export interface RepairFlags {
  readonly shard?: readonly number[];
  readonly fid?: bigint;
  readonly json?: true;
}

/**
 * `snaprag repair`: compares the mirror with the chain, puts right what differs, and proves that it
 * is. Fails with `not_proved` when anything is left.
 *
 * Takes no sync lock: rows are written behind the block that they were compared at, so that it is
 * safe beside a sync. The embedded database has one session for all, so that there a running sync
 * refuses it.
 */
export async function runRepair(invocation: Invocation, flags: RepairFlags): Promise<void> {
  const { context, settings } = invocation;
  const target = databaseTargetOf(settings, context);
  const database = placeOf(target);
  const output = createOutput(context.stdout, context.stderr);
  using progress = createProgressLine(context.stdout);
  const shards: ShardRepair[] = [];
  let node = "";
  const look = () =>
    repair(invocation, flags, {
      target,
      onProgress: flags.json ? undefined : progress.show,
      onShard(shard, endpoint) {
        shards.push(shard);
        node = endpoint;
        progress.clear();
        if (!flags.json) for (const line of repairedLines(shard)) output.line(line);
      },
    });
  await tellFound(shards, look, ({ isComplete }) => {
    const places = { isComplete, node, database };
    if (flags.json) output.line(toJson(repairedToObject(shards, places)));
    else if (isComplete) output.line(totalsLine(totalsOf(shards)));
  });
  const totals = totalsOf(shards);
  if (totals.settled < totals.shards) throw notRepaired(totals, shards);
}

interface RepairJob {
  readonly target: DatabaseTarget;
  readonly onShard: (shard: ShardRepair, node: string) => void;
  readonly onProgress: VerifyOptions["onProgress"];
}

async function repair(
  invocation: Invocation,
  { shard, fid }: RepairFlags,
  { target, onShard, onProgress }: RepairJob,
): Promise<void> {
  // Opening would create it.
  if (target.kind === "embedded" && !existsSync(target.folder)) {
    throw nothingMirrored(placeOf(target));
  }
  await using database = await openDatabase(target, { holder: `snaprag repair on ${hostname()}` });
  const { store } = database;
  const isBound = (await store.findNetwork()) !== undefined;
  const shardIds = isBound ? await chooseShards(store, shard) : [];
  if (shardIds.length === 0) throw nothingMirrored(placeOf(target));
  await compareWithNode(invocation, undefined, async ({ endpoint, options }) => {
    const repairs = repairStore({ ...options, store, shardIds, fid, onProgress });
    for await (const found of repairs) onShard(found, maskPassword(endpoint));
  });
}

interface RepairTotals {
  readonly shards: number;
  readonly settled: number;
  readonly repaired: number;
  readonly remaining: number;
  /** Accounts that the node has changed since they were written. */
  readonly pending: number;
}

function totalsOf(shards: readonly ShardRepair[]): RepairTotals {
  const accounts = shards.flatMap((shard) => shard.accounts);
  const repaired = accounts.filter(({ isProved }) => isProved).length;
  const pending = accounts.filter(({ isPending }) => isPending).length;
  return {
    shards: shards.length,
    settled: shards.filter(({ status }) => status === "proved").length,
    repaired,
    remaining: accounts.length - repaired - pending,
    pending,
  };
}

function totalsLine({ shards, settled, repaired, remaining, pending }: RepairTotals): string {
  if (repaired + remaining + pending === 0 && settled === shards) {
    return "There is nothing to repair.";
  }
  const counts = [
    `${settled} of ${shards} shards match now`,
    `accounts repaired: ${formatCount(repaired)}`,
    ...(pending > 0 ? [`not proved yet: ${formatCount(pending)}`] : []),
    ...(remaining > 0 ? [`still different: ${formatCount(remaining)}`] : []),
  ];
  return `${counts.join("; ")}.`;
}

function outcomeOf({ isProved, isPending }: ShardRepair["accounts"][number]): string {
  if (isProved) return "repaired";
  return isPending ? "not proved yet" : "still differs";
}

function repairedLines({ found, accounts, after }: ShardRepair): readonly string[] {
  const differences = accounts.map((account) => ({
    report: differenceToObject(account.difference),
    outcome: outcomeOf(account),
  }));
  const again = after === undefined ? [] : [shardLine(after), ...noteLines(after)];
  return [shardLine(found), ...noteLines(found), ...listLines(differences), ...again];
}

/** What was found and what became of it, for machines. Fields are only ever added. */
function repairedToObject(
  shards: readonly ShardRepair[],
  { isComplete, ...places }: { readonly isComplete: boolean },
): object {
  const { settled, repaired, remaining, pending } = totalsOf(shards);
  return {
    isMatch: isComplete && settled === shards.length,
    isComplete,
    repaired,
    remaining,
    pending,
    ...places,
    shards: shards.map(({ found, accounts, after, status }) => ({
      ...shardToObject(found),
      isMatch: status === "proved",
      after: after === undefined ? null : shardToObject(after),
      differences: accounts.map(({ difference, isProved, isPending }) => ({
        ...differenceToObject(difference),
        isRepaired: isProved,
        isPending,
      })),
    })),
  };
}

function notRepaired(
  { remaining, pending }: RepairTotals,
  shards: readonly ShardRepair[],
): CliError {
  if (remaining === 0 && pending > 0) {
    return new CliError("not_proved", "Not everything could be compared.", {
      advice: "Let the sync catch up with the node, see `snaprag status`, and repair again.",
    });
  }
  const [unanswered] = shards.flatMap((shard) => shard.unanswered ?? []);
  if (remaining === 0 && unanswered !== undefined) {
    const what = `What was wrong is put right, but the shard could not be proved: ${unanswered.message}`;
    return new CliError("not_proved", what, {
      advice: "`snaprag verify` proves it once the node answers.",
      cause: unanswered,
    });
  }
  if (remaining === 0) return notProved(shards.map(({ found, after }) => after ?? found));
  const what = `What the mirror has of ${formatAmount(remaining, "account")} is still not what the node has.`;
  return new CliError("not_proved", what, {
    advice:
      "Repair again once the sync has caught up; if they stay, use another node with --snapchain-endpoint.",
  });
}
