// What is told of a shard that was verified, as JSON and as text.
import type { ProofStatus } from "@snaprag/storage";
import type { ShardVerification } from "@snaprag/sync";
import { toHex } from "../../../output.ts";
import { formatAmount, formatCount } from "../../../screen/format-quantity.ts";

const STATUS_WORDS: { readonly [Status in ProofStatus]: string } = {
  proved: "match",
  mismatch: "mismatch",
  unproved: "unproved",
};

function isUnfinished({ root, accountCount }: ShardVerification): boolean {
  return root === undefined && accountCount === undefined;
}

/** A shard for machines, without its differences. Fields are only ever added. */
export function shardToObject(shard: ShardVerification): object {
  const { shardId, status, blockNumber, root, chainRoot, commits } = shard;
  return {
    shardId,
    status: STATUS_WORDS[status],
    height: Number(blockNumber),
    leaves: root === undefined ? null : shard.leafCount,
    root: root === undefined ? null : toHex(root),
    chainRoot: chainRoot === undefined ? null : toHex(chainRoot),
    commits,
    accounts: shard.accountCount ?? null,
    pending: shard.pending,
    withoutKeys: shard.withoutKeys,
  };
}

function rootParts({ status, root, chainRoot }: ShardVerification): readonly string[] {
  if (root === undefined) return [];
  const isOther = status === "mismatch" && chainRoot !== undefined;
  return [`root ${toHex(root)}`, ...(isOther ? [`chain ${toHex(chainRoot)}`] : [])];
}

/** A shard for people, on one line. */
export function shardLine(shard: ShardVerification): string {
  const { shardId, status, blockNumber, leafCount, root, accountCount } = shard;
  return [
    `shard ${shardId}`,
    STATUS_WORDS[status],
    `height ${formatCount(blockNumber)}`,
    ...(root === undefined ? [] : [`${formatCount(leafCount)} leaves`]),
    ...(accountCount === undefined ? [] : [formatAmount(accountCount, "account")]),
    ...rootParts(shard),
    `commits ${shard.commits.replace("_", " ")}`,
  ].join("  ");
}

/** What else there is to say of a shard, indented. */
export function noteLines(shard: ShardVerification): readonly string[] {
  const { blockNumber, root, chainRoot, pending, withoutKeys } = shard;
  const notes: string[] = [];
  if (isUnfinished(shard)) notes.push("its history is still being downloaded");
  if (root !== undefined && chainRoot === undefined) {
    notes.push("the node no longer has that block: compared with what it has now");
  }
  if (pending.length > 0) {
    const accounts = formatAmount(pending.length, "account");
    const block = formatCount(blockNumber);
    notes.push(`not compared: ${accounts} that the node has changed since block ${block}`);
  }
  if (withoutKeys.length > 0) {
    const accounts = formatAmount(withoutKeys.length, "account");
    notes.push(`not compared: the gasless keys of ${accounts}, which come by shard 0`);
  }
  return notes.map((note) => `  ${note}`);
}

/** Counts over shards. */
export interface Totals {
  readonly shards: number;
  readonly matching: number;
  readonly differing: number;
  readonly pending: number;
}

/** Counts what was found. */
export function totalsOf(shards: readonly ShardVerification[]): Totals {
  const sum = (count: (shard: ShardVerification) => number) =>
    shards.reduce((total, shard) => total + count(shard), 0);
  return {
    shards: shards.length,
    matching: sum(({ status }) => (status === "proved" ? 1 : 0)),
    differing: sum(({ differences }) => differences.length),
    pending: sum(({ pending }) => pending.length),
  };
}

/** Counts in a sentence. */
export function totalsLine({ shards, matching, differing, pending }: Totals): string {
  const counts = [
    `${matching} of ${shards} shards match`,
    ...(differing > 0 ? [`accounts that differ: ${formatCount(differing)}`] : []),
    ...(pending > 0 ? [`accounts not compared yet: ${formatCount(pending)}`] : []),
  ];
  return `${counts.join("; ")}.`;
}
