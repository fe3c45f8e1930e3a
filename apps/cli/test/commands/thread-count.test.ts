import { describe, expect, it } from "vitest";
import type { DatabaseTarget } from "../../src/commands/database/database-target.ts";
import { threadCountOf } from "../../src/commands/sync/threads/thread-count.ts";
import type { VerifyLevel } from "../../src/config/keys/config-keys.ts";

const common = { schema: "public", fidPartitions: undefined };
const server: DatabaseTarget = { ...common, kind: "server", url: "", maxConnections: 8 };
const embedded: DatabaseTarget = { ...common, kind: "embedded", folder: "", shownFolder: "" };

function settingsWith(verify: VerifyLevel, threads?: number) {
  const source = { kind: "default", name: "" } as const;
  return {
    "sync.verify": { value: verify, source },
    "sync.threads": { value: threads, source },
  };
}

const countsOn = (verify: VerifyLevel) =>
  [1, 2, 3, 4, 5, 16].map((cores) => threadCountOf(settingsWith(verify), server, cores));

describe("threadCountOf()", () => {
  it("leaves one core to the database, but of two, and takes four at most", () => {
    expect(countsOn("none")).toEqual([1, 2, 2, 3, 4, 4]);
    expect(countsOn("proof")).toEqual([1, 2, 2, 3, 4, 4]);
  });

  it("leaves the second of two to the threads that verify signatures", () => {
    expect(countsOn("full")).toEqual([1, 1, 2, 3, 4, 4]);
  });

  it("is what is asked for, and one where the database has one session", () => {
    expect(threadCountOf(settingsWith("none", 7), server, 2)).toBe(7);
    expect(threadCountOf(settingsWith("none", 7), embedded, 2)).toBe(1);
  });
});
