import { describe, expect, it } from "vitest";
import type { DatabaseTarget } from "../../src/commands/database/database-target.ts";
import { shareOfTarget, threadCountsOf } from "../../src/commands/sync/threads/thread-count.ts";
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

const leadersOn = (verify: VerifyLevel) =>
  [1, 2, 3, 4, 5, 16].map((cores) => threadCountsOf(settingsWith(verify), server, cores).leaders);

describe("threadCountsOf()", () => {
  it("leaves one core to the database, and takes four at most", () => {
    for (const verify of ["none", "proof", "full"] as const) {
      expect(leadersOn(verify)).toEqual([1, 1, 2, 3, 4, 4]);
    }
  });

  it("has one help on two cores, where no threads verify signatures", () => {
    const atMostOn = (cores: number, verify: VerifyLevel) =>
      threadCountsOf(settingsWith(verify), server, cores).atMost;

    expect([1, 2, 3, 16].map((cores) => atMostOn(cores, "none"))).toEqual([1, 2, 2, 4]);
    expect(atMostOn(2, "proof")).toBe(2);
    expect(atMostOn(2, "full")).toBe(1);
  });

  it("is what is asked for, and one where the database has one session", () => {
    expect(threadCountsOf(settingsWith("none", 7), server, 2)).toEqual({ leaders: 7, atMost: 7 });
    expect(threadCountsOf(settingsWith("none", 7), embedded, 2)).toEqual({ leaders: 1, atMost: 1 });
  });
});

describe("shareOfTarget()", () => {
  it("keeps connections for one that may help", () => {
    expect(shareOfTarget(server, { leaders: 1, atMost: 2 })).toMatchObject({ maxConnections: 4 });
    expect(shareOfTarget(server, { leaders: 9, atMost: 9 })).toMatchObject({ maxConnections: 1 });
    expect(shareOfTarget(embedded, { leaders: 1, atMost: 1 })).toBe(embedded);
  });
});
