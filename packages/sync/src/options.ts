import { availableParallelism } from "node:os";
import type { Clock, NodeClient } from "@snaprag/client";
import { systemClock } from "@snaprag/client";
import { firstPositionOf } from "@snaprag/processors";
import type { Store } from "@snaprag/storage";
import type { ValidatorSet } from "@snaprag/verify";
import type { VerificationLevel } from "./proof/messages/message-checks.ts";

/** The slice of a structured logger that this package calls. A pino logger satisfies it. */
export interface Logger {
  /** For whoever follows single batches and calls. */
  debug(fields: object, message: string): void;
  /** A state has changed, or some progress was made. */
  info(fields: object, message: string): void;
  /** Something went wrong and mends itself, such as a lost connection. */
  warn(fields: object, message: string): void;
  /** Something needs a human. */
  error(fields: object, message: string): void;
  /** A logger that adds these fields to each line. */
  child(bindings: Record<string, unknown>): Logger;
}

/**
 * Which phases a sync runs.
 *
 * - `full`: historical, then realtime for ever.
 * - `historical`: ends when the snapshots are downloaded and shard 0 has reached the node's tip.
 * - `realtime`: follows blocks only; a shard never synced before starts at the node's tip.
 */
export type SyncMode = "full" | "historical" | "realtime";

/** Options of {@link createSyncer}. */
export interface SyncerOptions {
  /** The node to mirror. The syncer does not close it. */
  readonly client: NodeClient;
  /**
   * Other nodes of the same network, for when one fails: each shard goes on at the next that
   * answers, from the last block or page that is stored. A node of another network is never used.
   *
   * @default []
   */
  readonly standbys?: readonly NodeClient[] | undefined;
  /** Where the mirror is kept. The syncer migrates it and does not close it. */
  readonly store: Store;
  /** What this process is, told to others that find the store taken. */
  readonly holder: string;
  /**
   * Shards to mirror; 0 is the block shard, which brings gasless keys.
   *
   * @default all shards of the network
   */
  readonly shardIds?: readonly number[] | undefined;
  /** @default "full" */
  readonly mode?: SyncMode | undefined;
  /**
   * Event id to replay from instead of downloading a snapshot, for shards never synced before;
   * 0 means a snapshot. What happened before it is not mirrored.
   *
   * @default 0n
   */
  readonly fromEventId?: bigint | undefined;
  /**
   * Whether this syncer may lead a shard: follow its blocks when no other syncer does. Of the others
   * it downloads partitions, and watches how far their leaders have come. For several syncers of one
   * store that divide the shards among them; each shard needs one that may lead it.
   *
   * @default every shard
   */
  readonly leads?: ((shardId: number) => boolean) | undefined;
  /**
   * Partitions downloaded at a time, over all shards. Each holds at most two pages in memory.
   *
   * @default 8 to 64, as many as keep pages coming
   */
  readonly lanes?: number | undefined;
  /**
   * Events after which a realtime batch is written without waiting longer.
   *
   * @default 100
   */
  readonly batchSize?: number | undefined;
  /**
   * Longest time an event waits for its batch, in milliseconds.
   *
   * @default 1_000
   */
  readonly syncIntervalMs?: number | undefined;
  /**
   * How much of what a node says is checked.
   *
   * @default "proof"
   */
  readonly verification?: VerificationLevel | undefined;
  /**
   * Threads that verify signatures beside this one, where all are verified; 0 for none beside it,
   * which costs least in all where several syncers in threads of their own share a store.
   *
   * @default the number of cores, as `os.availableParallelism()` counts them
   */
  readonly signatureThreads?: number | undefined;
  /**
   * The network's validators, by whom the blocks that roots stand in must be committed. Without
   * any, proofs say that commits were not checked.
   *
   * @default those of mainnet, on mainnet
   */
  readonly validatorSets?: readonly ValidatorSet[] | undefined;
  /**
   * Blocks after which the accounts they touched are proved again while following, and repaired;
   * 0 for never.
   *
   * @default 100
   */
  readonly proofInterval?: number | undefined;
  /**
   * From how many milliseconds on a page or a batch of blocks that is being written is warned of.
   *
   * @default 5_000
   */
  readonly slowWriteMs?: number | undefined;
  /** Receives state changes, retries and faults. Silent when omitted. */
  readonly logger?: Logger | undefined;
  /**
   * Times the pauses between tries, batches, and the silence of shard 0, and dates proofs. What a client
   * waits for, it has a clock of its own for; the store's leases are by the database's.
   *
   * @default the system's clock
   */
  readonly clock?: Clock | undefined;
}

/** {@link SyncerOptions} with every default applied. */
export interface ResolvedSyncerOptions {
  readonly clients: readonly [NodeClient, ...NodeClient[]];
  readonly store: Store;
  readonly holder: string;
  readonly shardIds: readonly number[] | undefined;
  readonly mode: SyncMode;
  readonly fromEventId: bigint;
  readonly leads: (shardId: number) => boolean;
  readonly lanes: number | undefined;
  readonly batchSize: number;
  readonly syncIntervalMs: number;
  readonly verification: VerificationLevel;
  readonly signatureThreads: number;
  readonly validatorSets: readonly ValidatorSet[] | undefined;
  readonly proofInterval: number;
  readonly slowWriteMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
}

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};

/** The value of a named option, or a TypeError when it is neither 0 nor a positive integer. */
function expectCount(name: string, value: number, of: string): number {
  if (Number.isInteger(value) && value >= 0) return value;
  throw new TypeError(`Expected \`${name}\` to be 0 or a number of ${of}, got ${value}`);
}

/** The value of a named option, or a TypeError when it is not a positive integer. */
export function expectPositiveInteger(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new TypeError(`Expected \`${name}\` to be a positive integer, got ${value}`);
}

/** The smallest id that an event of block 1 can have (docs/protocol.md 1.1). */
const FIRST_EVENT_ID = firstPositionOf(1n);

function expectShardIds(shardIds: readonly number[] | undefined): readonly number[] | undefined {
  if (shardIds === undefined) return undefined;
  const isValid = shardIds.every((shardId) => Number.isInteger(shardId) && shardId >= 0);
  if (isValid && shardIds.length > 0) return [...new Set(shardIds)].sort((a, b) => a - b);
  throw new TypeError(`Expected \`shardIds\` to be a list of shard ids, got [${shardIds}]`);
}

/** Applies defaults and rejects values no sync could honour. */
export function resolveSyncerOptions(options: SyncerOptions): ResolvedSyncerOptions {
  const { store, holder, mode = "full", fromEventId = 0n, logger = SILENT } = options;
  const { leads = () => true, signatureThreads = availableParallelism() } = options;
  const { lanes, batchSize = 100, syncIntervalMs = 1000 } = options;
  const { verification = "proof", validatorSets, proofInterval = 100 } = options;
  const { slowWriteMs = 5000, clock = systemClock } = options;
  // Block 0 has no events, and what would be followed is the block after the one before it.
  if (fromEventId !== 0n && fromEventId < FIRST_EVENT_ID) {
    throw new TypeError(
      `Expected \`fromEventId\` to be 0, or an event id from ${FIRST_EVENT_ID} on, got ${fromEventId}`,
    );
  }
  return {
    clients: [options.client, ...(options.standbys ?? [])],
    store,
    holder,
    shardIds: expectShardIds(options.shardIds),
    mode,
    fromEventId,
    leads,
    lanes: lanes === undefined ? undefined : expectPositiveInteger("lanes", lanes),
    batchSize: expectPositiveInteger("batchSize", batchSize),
    syncIntervalMs: expectPositiveInteger("syncIntervalMs", syncIntervalMs),
    verification,
    signatureThreads: expectCount("signatureThreads", signatureThreads, "threads"),
    validatorSets,
    proofInterval: expectCount("proofInterval", proofInterval, "blocks"),
    slowWriteMs: expectPositiveInteger("slowWriteMs", slowWriteMs),
    logger,
    clock,
  };
}
