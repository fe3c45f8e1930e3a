import { NodeClientError } from "@snaprag/client";
import { describe, expect, it } from "vitest";
import { createPageFailures } from "../../src/historical/failures.ts";

const internal = new NodeClientError("internal", "disk error");

describe("createPageFailures()", () => {
  it("gives a page up at once that the node says it cannot serve", () => {
    const failures = createPageFailures();

    expect(failures.count(null, new NodeClientError("unservable_page", "KeyAdd"))).toBe(true);
  });

  it("gives a page up on which the node has failed five times in a row", () => {
    const failures = createPageFailures();

    const verdicts = [1, 2, 3, 4, 5].map(() => failures.count("a", internal));

    expect(verdicts).toEqual([false, false, false, false, true]);
  });

  it("begins to count anew at another page", () => {
    const failures = createPageFailures();
    for (let count = 0; count < 4; count++) failures.count("a", internal);

    expect(failures.count("b", internal)).toBe(false);
    expect(failures.count("a", internal)).toBe(false);
  });

  it("never gives a page up because the node does not answer, or the store fails", () => {
    const failures = createPageFailures();
    const lost = [
      new NodeClientError("unavailable", "no connection"),
      new NodeClientError("snapshot_gone", "expired"),
      new Error("disk full"),
    ];

    for (const error of lost) {
      for (let count = 0; count < 20; count++) expect(failures.count("a", error)).toBe(false);
    }
  });

  it("knows the last key before the token that was reached, and before no other", () => {
    const failures = createPageFailures();
    const key = Uint8Array.of(1, 2);

    failures.reach("a", key);

    expect([failures.lastKeyBefore("a"), failures.lastKeyBefore(null)]).toEqual([key, undefined]);
    failures.reach("b", undefined);
    expect([failures.lastKeyBefore("a"), failures.lastKeyBefore("b")]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
