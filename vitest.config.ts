import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
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
  "apps/cli/test/sync.e2e.test.ts",
  "apps/cli/test/embeddings/embed.e2e.test.ts",
  "apps/cli/test/kills.e2e.test.ts",
  "apps/cli/test/whole.e2e.test.ts",
  "apps/cli/test/proof.e2e.test.ts",
  "apps/cli/test/packed.e2e.test.ts",
  "packages/sync/test/failover.integration.test.ts",
  "packages/storage-postgres/test/conformance.integration.test.ts",
  "packages/sync/test/proof/repair.integration.test.ts",
  "packages/sync/test/run/await-others.integration.test.ts",
].map((path) => fileURLToPath(new URL(path, import.meta.url)));

for (const path of LONG_TESTS) {
  if (!existsSync(path)) throw new Error(`LONG_TESTS in vitest.config.ts names no file: ${path}`);
}

function lengthRank({ moduleId }: TestSpecification): number {
  const rank = LONG_TESTS.indexOf(moduleId);
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
