import type { DownloadLimits } from "../../historical/plan/download-limits.ts";
import type { NodeFacts } from "../nodes/inspect-node.ts";

/** What the shards of a run share besides the run itself. */
export interface ShardSurroundings {
  readonly limits: DownloadLimits;
  readonly facts: NodeFacts;
  /** Called when a data shard has left its historical phase; more than once, maybe. */
  readonly onHistoryDone: () => void;
}
