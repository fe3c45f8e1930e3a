import type { HubEvent } from "@snaprag/proto";

/** All events of one block of a data shard. */
export interface ShardBlock {
  readonly blockNumber: bigint;
  /** Time of the block. */
  readonly at: Date;
  /** By id, without those of gasless keys. */
  readonly events: readonly HubEvent[];
}
