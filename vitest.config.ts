import { defineConfig } from "vitest/config";
import type { TestSpecification } from "vitest/node";
import { BaseSequencer } from "vitest/node";

// Tests import the packages' sources, never a build that may be stale.
const conditions = ["snaprag-source", "node"];
const shared = { resolve: { conditions }, ssr: { resolve: { conditions } } };
// Files of a worker share what they import, which takes most of the time of many; what a test puts in
// another's place is taken back before the next one.
const together = { isolate: false, restoreMocks: true, unstubEnvs: true };
// Two files at a time, also where the default would be one; three of those that wait for databases
// and processes of their own, because a wait leaves a core to others.
const computing = { ...together, maxWorkers: 2 };
const waiting = { ...together, maxWorkers: 3 };

/** Tests that take the longest, the longest of each project first. Others fill what is left beside them. */
const LONG_TESTS = [
  ...["/sync.e2e.", "/kills.e2e.", "/embed.e2e.", "/whole.e2e.", "/packed.e2e."],
  ...["/failover.integration.", "/conformance.integration.", "/await-others.integration."],
];

function lengthRank({ moduleId }: TestSpecification): number {
  const rank = LONG_TESTS.findIndex((name) => moduleId.includes(name));
  return rank === -1 ? LONG_TESTS.length : rank;
}

/** Starts long tests first: begun last, they would run alone at the end, on one core. */
class LongTestsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((left, right) => lengthRank(left) - lengthRank(right));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongTestsFirst },
    projects: [
      {
        ...shared,
        test: {
          name: "unit",
          include: ["{packages,apps}/*/test/**/*.test.ts"],
          exclude: ["**/*.integration.test.ts", "**/*.e2e.test.ts"],
          // Laws take a second each, and several times that on a machine that is busy.
          testTimeout: 30_000,
          ...computing,
        },
      },
      {
        ...shared,
        test: {
          name: "integration",
          include: [
            "{packages,apps}/*/test/**/*.integration.test.ts",
            "test/*.integration.test.ts",
          ],
          globalSetup: ["./test/support/postgres-server.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          ...waiting,
        },
      },
      {
        ...shared,
        test: {
          name: "e2e",
          include: ["{packages,apps,examples}/*/test/**/*.e2e.test.ts"],
          globalSetup: ["./test/support/postgres-server.ts"],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          ...waiting,
        },
      },
    ],
  },
});
