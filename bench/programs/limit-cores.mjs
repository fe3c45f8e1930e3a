// Tells the program that is loaded next that it has so many cores: it has a thread for each. As an
// option it would be `sync.threads`, which leaves other choices as they are. Loaded by
// `node --import`; BENCH_CORES says how many.
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";

const count = Number(process.env.BENCH_CORES);
os.availableParallelism = () => count;
syncBuiltinESMExports();
