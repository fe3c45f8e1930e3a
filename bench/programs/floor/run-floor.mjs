// The least that any program must do which loads a node's snapshots into these relations: receive
// the pages, decode them, COPY the rows, build the keys and indexes. Nothing is checked, no progress is
// kept, and it cannot run twice. It has the sync's decoder and as much room for young objects.
//
// node run-floor.mjs <endpoint> <database URL> <JSON array of index definitions>
import { Worker } from "node:worker_threads";

/** What a thread of the sync has, in MiB; the main thread's cannot be changed any more. */
const YOUNG_GENERATION_MB = 96;

const thread = new Worker(new URL("load-relations.mjs", import.meta.url), {
  argv: process.argv.slice(2),
  resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
});
thread.once("exit", (exitCode) => {
  process.exitCode = exitCode;
});
