// Tells the program that is loaded next that it has so many cores: how many threads it has follows from
// that. Loaded by `node --import`; BENCH_CORES says how many.
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";

const count = Number(process.env.BENCH_CORES);
os.availableParallelism = () => count;
syncBuiltinESMExports();
