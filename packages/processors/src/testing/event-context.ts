import { FarcasterNetwork } from "@snaprag/proto";
import { fromFarcasterTime } from "../clocks.ts";
import type { EventContext } from "../process/processed.ts";

/**
 * A context of shard 1 of a mainnet with two data shards, where odd fids live on shard 1 and even
 * ones, 0 included, on shard 2. Its time is that of the built events' default block.
 */
export function anEventContext(overrides: Partial<EventContext> = {}): EventContext {
  return {
    shardId: 1,
    network: FarcasterNetwork.MAINNET,
    homeShardOf: (fid) => (fid % 2n === 1n ? 1 : 2),
    at: fromFarcasterTime(100_001_000),
    ...overrides,
  };
}
