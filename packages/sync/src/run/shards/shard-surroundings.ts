import type { NodeFacts } from "../inspect-node.ts";
import type { Lanes } from "../lanes.ts";

/** What the shards of a run share besides the run itself. */
export interface ShardSurroundings {
  readonly lanes: Lanes;
  readonly facts: NodeFacts;
  /** Called when a data shard has left its historical phase; more than once, maybe. */
  readonly onHistoryDone: () => void;
}
