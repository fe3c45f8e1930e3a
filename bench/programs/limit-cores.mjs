// Tells the program that is loaded next that it has so many cores: the sync verifies signatures in one
// thread for each core, and has no option for it. Loaded by `node --import`; BENCH_CORES says how many.
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";

const count = Number(process.env.BENCH_CORES);
os.availableParallelism = () => count;
syncBuiltinESMExports();
