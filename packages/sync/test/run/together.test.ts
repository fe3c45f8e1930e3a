import { describe, expect, it } from "vitest";
import { together } from "../../src/run/together.ts";

describe("together()", () => {
  it("ends the run at the first failure, but settles only when all work has", async () => {
    const reasons: unknown[] = [];
    let finish = () => {};
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let isSettled = false;
    const all = together([slow, Promise.reject(new Error("first"))], (reason) =>
      reasons.push(reason),
    ).finally(() => {
      isSettled = true;
    });
    all.catch(() => undefined);
    await new Promise(setImmediate);

    expect(reasons).toEqual([new Error("first")]);
    expect(isSettled).toBe(false);
    finish();
    await expect(all).rejects.toThrow("first");
  });
});
