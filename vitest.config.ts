import { defineConfig } from "vitest/config";

// Tests import the packages' sources, never a build that may be stale.
const conditions = ["snaprag-source", "node"];
// Two files at a time, also where the default would be one: they wait for databases and processes of
// their own as much as they compute.
const maxWorkers = 2;
const shared = { resolve: { conditions }, ssr: { resolve: { conditions } } };
// Files of a worker share what they import, which takes most of the time of many; what a test puts in
// another's place is taken back before the next one.
const together = { isolate: false, restoreMocks: true, unstubEnvs: true };

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: "unit",
          include: ["{packages,apps}/*/test/**/*.test.ts"],
          exclude: ["**/*.integration.test.ts", "**/*.e2e.test.ts"],
          // Laws take a second each, and several times that on a machine that is busy.
          testTimeout: 30_000,
          ...together,
          maxWorkers,
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
          ...together,
          maxWorkers,
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
          ...together,
          // Programs that start, wait and are killed leave a core unused more often than not.
          maxWorkers: maxWorkers + 1,
        },
      },
    ],
  },
});
