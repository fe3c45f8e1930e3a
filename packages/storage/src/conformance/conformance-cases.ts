import { ABORT_CASES } from "./contract/abort-cases.ts";
import { CONTRACT_CASES } from "./contract/contract-cases.ts";
import { FENCE_CASES } from "./contract/fence-cases.ts";
import { GAP_CASES } from "./contract/gap-cases.ts";
import { MEMBERSHIP_CASES } from "./contract/membership-cases.ts";
import { QUARANTINE_CASES } from "./contract/quarantine-cases.ts";
import { SIDE_BY_SIDE_CASES } from "./contract/side-by-side-cases.ts";
import { VIEW_CASES } from "./contract/view-cases.ts";
import { BLOCK_LAWS } from "./laws/block-laws.ts";
import { QUARANTINE_LAWS } from "./laws/quarantine-laws.ts";
import { SNAPSHOT_LAWS } from "./laws/snapshot-laws.ts";
import { COMPACTION_RULES } from "./rules/compaction-rules.ts";
import { END_RULES } from "./rules/end-rules.ts";
import { LISTING_RULES } from "./rules/listing-rules.ts";
import { PROOF_RULES } from "./rules/proof-rules.ts";
import type { ConformanceCase } from "./subject.ts";

/**
 * Everything a store has to do, as independent cases: call each from a test of its own.
 *
 * @example
 * for (const { name, run } of CONFORMANCE_CASES) it(name, () => run({ openStore, runs: 20 }));
 */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = [
  ...CONTRACT_CASES,
  ...FENCE_CASES,
  ...GAP_CASES,
  ...SIDE_BY_SIDE_CASES,
  ...MEMBERSHIP_CASES,
  ...COMPACTION_RULES,
  ...END_RULES,
  ...LISTING_RULES,
  ...PROOF_RULES,
  ...QUARANTINE_CASES,
  ...VIEW_CASES,
  ...ABORT_CASES,
  ...BLOCK_LAWS,
  ...SNAPSHOT_LAWS,
  ...QUARANTINE_LAWS,
];
