import type { ProcessContext } from "@snaprag/processors";
import type { Message } from "@snaprag/proto";
import type { NetworkIdentity, Store, SyncMembership } from "@snaprag/storage";
import type { Blake3, Ed25519, ValidatorSet } from "@snaprag/verify";
import { homeShardOf } from "@snaprag/verify";
import type { Logger, ResolvedSyncerOptions } from "../options.ts";
import type { Activity } from "../progress.ts";
import type { MessageChecks } from "../proof/messages/message-checks.ts";
import type { RunEnd } from "./end/run-end.ts";
import type { NodePool } from "./nodes/node-pool.ts";
import type { SlowWrites } from "./slow-writes.ts";

/** Everything the parts of one run share. */
export interface SyncRun {
  readonly nodes: NodePool;
  readonly store: Store;
  /** What of the work that several processes share is this one's. */
  readonly membership: SyncMembership;
  readonly options: ResolvedSyncerOptions;
  /** Shards that are mirrored. */
  readonly shardIds: readonly number[];
  readonly network: NetworkIdentity;
  readonly blake3: Blake3;
  readonly ed25519: Ed25519;
  /** Empty where the validators are not known. */
  readonly validatorSets: readonly ValidatorSet[];
  /** Whether somebody has named them, rather than this version knowing of them. */
  readonly areValidatorsConfigured: boolean;
  /** Checks signatures where all are; says what else messages are to be checked with. */
  readonly checkMessages: (messages: readonly Message[]) => Promise<MessageChecks>;
  readonly activity: Activity;
  /** Shards that are followed and have not come to their node's newest block since they are. */
  readonly shardsBehind: Set<number>;
  readonly logger: Logger;
  readonly slowWrites: SlowWrites;
  /** Where the run ends, if it does by itself. */
  readonly end: RunEnd;
  /** Aborts when the run ends, for whatever reason. */
  readonly signal: AbortSignal;
  /** Called whenever a shard has applied the node's newest block for the first time. */
  readonly onCaughtUp: () => void;
  /** Called whenever a shard has come to the end of the run. */
  readonly onEndReached: () => void;
  /** Called when the store has all its indexes. */
  readonly onLoaded: () => void;
  /** Ends the run. */
  readonly abort: (reason: unknown) => void;
}

/** Looks up home shards by fid, and keeps those that it has found. */
function createHomes(shardCount: number): ProcessContext["homeShardOf"] {
  const homes = new Map<bigint, number>();
  // Entries come account by account, and looking up a `bigint` costs more than comparing it.
  let latestFid: bigint | undefined;
  let latestHome = 0;

  function findHome(fid: bigint): number {
    const known = homes.get(fid);
    if (known !== undefined) return known;
    const home = homeShardOf(fid, shardCount);
    // Bounded: a network has millions of fids, and a page or block names few of them.
    if (homes.size >= 10_000) homes.clear();
    homes.set(fid, home);
    return home;
  }

  return (fid) => {
    if (fid !== latestFid) {
      latestHome = findHome(fid);
      latestFid = fid;
    }
    return latestHome;
  };
}

/** Home shards by the number of shards there are: what is known of one page serves the next. */
const homesByShardCount = new Map<number, ProcessContext["homeShardOf"]>();

/** What processors must know about entries and events of a shard. */
export function processContextOf(
  { network }: Pick<SyncRun, "network">,
  shardId: number,
): ProcessContext {
  const { shardCount } = network;
  const homeShardAmong = homesByShardCount.get(shardCount) ?? createHomes(shardCount);
  homesByShardCount.set(shardCount, homeShardAmong);
  return { shardId, network: network.network, homeShardOf: homeShardAmong };
}

/** Counts a shard as behind its node, until it has caught up or is not followed any more. */
export function countAsBehind({ shardsBehind }: SyncRun, shardId: number): Disposable {
  shardsBehind.add(shardId);
  return { [Symbol.dispose]: () => void shardsBehind.delete(shardId) };
}
