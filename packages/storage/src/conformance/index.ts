/**
 * What every store has to do, for the tests of adapters.
 *
 * @module @snaprag/storage/conformance
 */

export { CONFORMANCE_CASES } from "./conformance-cases.ts";
export type { ConformanceCase, ConformanceSubject } from "./subject.ts";
