// @snaprag/storage/conformance: what every store has to do, for the tests of adapters.
export { CONFORMANCE_CASES } from "./conformance-cases.ts";
export type { ConformanceCase, ConformanceSubject } from "./subject.ts";
