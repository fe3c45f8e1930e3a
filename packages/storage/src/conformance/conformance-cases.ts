import { CONTRACT_CASES } from "./contract-cases.ts";
import { LAW_CASES } from "./law-cases.ts";
import type { ConformanceCase } from "./subject.ts";

/**
 * Everything a store has to do, as independent cases: call each from a test of its own.
 *
 * @example
 * for (const { name, run } of CONFORMANCE_CASES) it(name, () => run({ openStore, runs: 20 }));
 */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = [...CONTRACT_CASES, ...LAW_CASES];
