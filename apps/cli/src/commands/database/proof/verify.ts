import { hostname } from "node:os";
import type { ShardVerification, VerifyOptions } from "@snaprag/sync";
import { verifyStore } from "@snaprag/sync";
import { maskPassword } from "../../../config/mask-password.ts";
import { CliError } from "../../../errors/cli-error.ts";
import { createOutput, toJson } from "../../../output.ts";
import type { Invocation } from "../../program/cli-context.ts";
import type { DatabaseTarget } from "../database-target.ts";
import { databaseTargetOf, placeOf } from "../database-target.ts";
import { lookAtDatabase } from "../look-at-database.ts";
import { chooseShards, compareWithNode, nothingMirrored, tellFound } from "./compare-with-node.ts";
import { differenceToObject, listLines } from "./difference-report.ts";
import { notProved } from "./not-proved.ts";
import { createProgressLine } from "./progress-line.ts";
import { noteLines, shardLine, shardToObject, totalsLine, totalsOf } from "./shard-report.ts";

/** Flags of `snaprag verify` that are not configuration. */
export interface VerifyFlags {
  readonly shard?: readonly number[];
  readonly fid?: bigint;
  readonly sample?: number;
  /** A node to compare with instead of those configured. */
  readonly against?: string;
  readonly json?: true;
  readonly devnet?: true;
}

/**
 * `snaprag verify`: compares the mirror with the chain, leaf by leaf, and says what differs. Changes
 * nothing, and works beside a sync. Fails with `not_proved` unless everything it looked at matches.
 */
export async function runVerify(invocation: Invocation, flags: VerifyFlags): Promise<void> {
  const { context, settings } = invocation;
  expectComparable(invocation, flags);
  const target = databaseTargetOf(settings, { folder: context.folder, isDevnet: flags.devnet });
  const database = placeOf(target);
  const output = createOutput(context.stdout, context.stderr);
  using progress = createProgressLine(context.stdout);
  const shards: ShardVerification[] = [];
  let node = "";
  const look = async () => {
    await verify(invocation, flags, {
      target,
      looked: shards,
      onProgress: flags.json ? undefined : progress.show,
      onShard(shard, endpoint) {
        shards.push(shard);
        node = endpoint;
        progress.clear();
        if (!flags.json) for (const line of verifiedLines(shard)) output.line(line);
      },
    });
    if (shards.length === 0) throw nothingMirrored(database);
  };
  await tellFound(shards, look, ({ isComplete }) => {
    const places = { isComplete, node, database };
    if (flags.json) output.line(toJson(verifiedToObject(shards, places)));
    else if (isComplete) output.line(totalsLine(totalsOf(shards)));
  });
  const totals = totalsOf(shards);
  if (totals.matching < totals.shards) throw notProved(shards);
}

function expectComparable({ settings }: Invocation, { devnet, against }: VerifyFlags): void {
  const { value, source } = settings["sync.verify"];
  if (value === "none" && source.kind === "flag") {
    throw new CliError("usage", "With --verify none there is nothing to do.", {
      advice: "Choose proof or full, or leave it out.",
    });
  }
  if (devnet && against === undefined) {
    throw new CliError("usage", "A devnet is at another address each time.", {
      advice: "Add --against with the URL that the running `snaprag sync --devnet` has printed.",
    });
  }
}

interface VerifyJob {
  readonly target: DatabaseTarget;
  /** Shards that were told of. */
  readonly looked: readonly ShardVerification[];
  readonly onShard: (shard: ShardVerification, node: string) => void;
  readonly onProgress: VerifyOptions["onProgress"];
}

/** When the sync that serves the embedded database ends meanwhile, what is left is looked at alone. */
async function verify(
  invocation: Invocation,
  { shard, fid, sample, against }: VerifyFlags,
  { target, looked, onShard, onProgress }: VerifyJob,
): Promise<void> {
  await lookAtDatabase(target, {
    holder: `snaprag verify on ${hostname()}`,
    async read({ store }) {
      const chosen = await chooseShards(store, shard);
      const shardIds = chosen.filter((id) => looked.every(({ shardId }) => shardId !== id));
      if (shardIds.length === 0) return;
      await compareWithNode(invocation, against, async ({ endpoint, options }) => {
        const choice = { store, shardIds, fid, sample, onProgress };
        const verifications = verifyStore({ ...options, ...choice });
        for await (const found of verifications) onShard(found, maskPassword(endpoint));
      });
    },
  });
}

function verifiedLines(shard: ShardVerification): readonly string[] {
  const differences = shard.differences.map((each) => ({ report: differenceToObject(each) }));
  return [shardLine(shard), ...noteLines(shard), ...listLines(differences)];
}

/** What was found for machines. Fields are only ever added. */
function verifiedToObject(
  shards: readonly ShardVerification[],
  { isComplete, ...places }: { readonly isComplete: boolean },
): object {
  const { matching, differing, pending } = totalsOf(shards);
  return {
    isMatch: isComplete && matching === shards.length,
    isComplete,
    differing,
    pending,
    ...places,
    shards: shards.map((shard) => ({
      ...shardToObject(shard),
      differences: shard.differences.map(differenceToObject),
    })),
  };
}
