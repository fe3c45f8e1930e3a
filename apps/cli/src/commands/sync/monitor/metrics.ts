// A sighting in the words of Prometheus.
import type { ShardProof } from "@snaprag/storage";
import type { ShardActivity } from "@snaprag/sync";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { historyShare } from "../../../screen/pace.ts";
import { lagSeconds } from "../../../screen/shard-line.ts";
import type { Sighting } from "./sighting.ts";

/** One number of each shard that has it. */
interface ShardMetric {
  readonly help: string;
  readonly kind: "counter" | "gauge";
  readonly read: (shard: ShardActivity, sighting: Sighting) => number | undefined;
}

/** A number of the latest proof. */
function ofProof(read: (proof: ShardProof) => number): ShardMetric["read"] {
  return ({ shardId }, { proofs }) => {
    const proof = proofs?.get(shardId);
    return proof && read(proof);
  };
}

function lagBlocks(
  { shardId, phase, blockNumber }: ShardActivity,
  { nodeHeights }: Sighting,
): number | undefined {
  const height = nodeHeights?.get(shardId);
  if (height === undefined || phase === "historical") return undefined;
  return Math.max(0, Number(height - blockNumber));
}

/** What is told of each shard, by the name of the metric; all have the label `shard`. */
export const SHARD_METRICS: ReadonlyMap<string, ShardMetric> = new Map<string, ShardMetric>([
  [
    "snaprag_history_ratio",
    { help: "Share of the history that is here, 0 to 1", kind: "gauge", read: historyShare },
  ],
  [
    "snaprag_caught_up",
    {
      help: "Whether the node's newest block has been applied since the start",
      kind: "gauge",
      read: ({ isCaughtUp }) => Number(isCaughtUp),
    },
  ],
  [
    "snaprag_block_height",
    {
      help: "Last block applied",
      kind: "gauge",
      read: ({ blockNumber }) => Number(blockNumber),
    },
  ],
  [
    "snaprag_node_block_height",
    {
      help: "Newest block of the node",
      kind: "gauge",
      read: ({ shardId }, { nodeHeights }) => toNumber(nodeHeights?.get(shardId)),
    },
  ],
  [
    "snaprag_lag_blocks",
    { help: "Blocks of the node that are not applied", kind: "gauge", read: lagBlocks },
  ],
  [
    "snaprag_lag_seconds",
    {
      help: "Age of the last block applied, in seconds",
      kind: "gauge",
      read: ({ blockTime }, { now }) => lagSeconds(blockTime, now) ?? undefined,
    },
  ],
  [
    "snaprag_messages_total",
    {
      help: "Messages written since the database was empty",
      kind: "counter",
      read: ({ messageCount }) => messageCount,
    },
  ],
  [
    "snaprag_errors_total",
    {
      help: "Failures since the start that were survived",
      kind: "counter",
      read: ({ errorCount }) => errorCount,
    },
  ],
  [
    "snaprag_retries_total",
    {
      help: "Operations tried again since the start",
      kind: "counter",
      read: ({ retryCount }) => retryCount,
    },
  ],
  [
    "snaprag_proof_mismatch",
    {
      help: "Whether the latest proof found rows that are not what the chain says",
      kind: "gauge",
      read: ofProof(({ status }) => Number(status === "mismatch")),
    },
  ],
  [
    "snaprag_proof_proved",
    {
      help: "Whether the latest proof found the rows to be what the chain says",
      kind: "gauge",
      read: ofProof(({ status }) => Number(status === "proved")),
    },
  ],
  [
    "snaprag_proof_height",
    {
      help: "Block of the latest proof",
      kind: "gauge",
      read: ofProof(({ blockNumber }) => Number(blockNumber)),
    },
  ],
  [
    "snaprag_proof_timestamp_seconds",
    {
      help: "Time of the latest proof, in Unix seconds",
      kind: "gauge",
      read: ofProof(({ provedAt }) => Math.floor(provedAt.getTime() / 1000)),
    },
  ],
]);

interface ProcessMetric {
  readonly help: string;
  readonly read: (sighting: Sighting) => number;
}

/** What is told of the sync as a whole, by the name of the metric. */
export const SYNC_METRICS: ReadonlyMap<string, ProcessMetric> = new Map<string, ProcessMetric>([
  [
    "snaprag_ready",
    {
      help: "Whether the mirror counts as ready",
      read: ({ reasons }) => Number(reasons.length === 0),
    },
  ],
  [
    "snaprag_node_up",
    {
      help: "Whether the node answers",
      read: ({ nodeHeights }) => Number(nodeHeights !== undefined),
    },
  ],
  [
    "snaprag_database_up",
    {
      help: "Whether the database answers",
      read: ({ proofs }) => Number(proofs !== undefined),
    },
  ],
]);

function toNumber(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** Renders sightings, with what Node tells of the process. */
export interface Metrics {
  readonly contentType: string;
  render(sighting: Sighting): Promise<string>;
}

/** Begins to collect what Node tells of the process. */
export function createMetrics(version: string): Metrics {
  const ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  const info = new Gauge({
    name: "snaprag_build_info",
    help: "Version of the program, as a label",
    labelNames: ["version"],
    registers: [ofProcess],
  });
  info.set({ version }, 1);
  return {
    contentType: ofProcess.contentType,
    // Made anew each time: a shard that is not mirrored any more is not told of any more.
    render: (sighting) => Registry.merge([registryOf(sighting), ofProcess]).metrics(),
  };
}

function registryOf(sighting: Sighting): Registry {
  const registry = new Registry();
  const registers = [registry];
  for (const [name, { help, read }] of SYNC_METRICS) {
    new Gauge({ name, help, registers }).set(read(sighting));
  }
  for (const [name, { help, kind, read }] of SHARD_METRICS) {
    const Metric = kind === "counter" ? Counter : Gauge;
    const metric = new Metric({ name, help, labelNames: ["shard"], registers });
    for (const shard of sighting.shards) {
      const value = read(shard, sighting);
      if (value !== undefined) metric.inc({ shard: String(shard.shardId) }, value);
    }
  }
  return registry;
}
