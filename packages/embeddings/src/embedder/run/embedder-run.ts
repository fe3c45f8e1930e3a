import type { VectorMemory } from "../claim/vector-memory.ts";
import type { EmbeddingSet } from "../embedding-store.ts";
import type { ResolvedEmbedderOptions } from "../options.ts";
import type { EmbedderActivity } from "../progress.ts";
import type { Budget } from "./budget.ts";
import type { Outages } from "./outages.ts";

/** What the workers of a run share. */
export interface EmbedderRun {
  readonly options: ResolvedEmbedderOptions;
  readonly set: EmbeddingSet;
  readonly activity: EmbedderActivity;
  readonly budget: Budget;
  readonly memory: VectorMemory;
  readonly outages: Outages;
  /** What was spent and is not told to the store yet. */
  readonly unbilled: { textCount: number; tokenCount: number };
  /** Ends the run. */
  readonly signal: AbortSignal;
  readonly isUntilDone: boolean;
}
