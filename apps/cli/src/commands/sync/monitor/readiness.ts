// Whether a mirror is what it is asked for: all of the network, and not too old.
import type { ShardActivity } from "@snaprag/sync";
import { historyShare } from "../../../screen/pace.ts";
import { lagSeconds } from "../../../screen/shard-line.ts";

/** What is too old. */
export interface ReadinessLimits {
  /** Seconds that a shard may be behind the present. */
  readonly maxLagSeconds: number;
  readonly now: Date;
}

/** Why a mirror does not count as ready, in a person's words; nothing when it does. */
export function whyNotReady(
  shards: readonly ShardActivity[],
  limits: ReadinessLimits,
): readonly string[] {
  if (shards.length === 0) return ["the sync has not begun"];
  return shards.flatMap((shard) => whyShardIsNot(shard, limits) ?? []);
}

function whyShardIsNot(
  shard: ShardActivity,
  { maxLagSeconds, now }: ReadinessLimits,
): string | undefined {
  const name = `shard ${shard.shardId}`;
  if (shard.phase === "historical") {
    if (shard.partitionsTotal === 0) return `${name} has not begun`;
    return `${name} has ${Math.floor(historyShare(shard) * 100)} % of its history`;
  }
  if (!shard.isCaughtUp) return `${name} has not caught up with the node`;
  // Also when it is the node that has no more: a mirror of a node that stands still is as old as that.
  const lag = lagSeconds(shard.blockTime, now) ?? 0;
  if (lag <= maxLagSeconds) return undefined;
  return `${name} is ${lag} seconds behind, more than ${maxLagSeconds}`;
}
