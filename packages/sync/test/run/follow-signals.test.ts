import { describe, expect, it } from "vitest";
import { followSignals } from "../../src/run/follow-signals.ts";
import { tracesOn } from "../support/signal-traces.ts";

const reason = { why: "not even an error" };

describe("followSignals()", () => {
  it.each([0, 1])("aborts with the reason of whichever comes first, of number %i", (which) => {
    const parents = [new AbortController(), new AbortController()] as const;
    using following = followSignals(parents.map(({ signal }) => signal));
    expect(following.signal.aborted).toBe(false);

    parents[which]?.abort(reason);
    for (const parent of parents) parent.abort("later");

    expect(following.signal.reason).toBe(reason);
  });

  it("has aborted when one of them had before", () => {
    const { signal } = new AbortController();

    using following = followSignals([signal, AbortSignal.abort(reason)]);

    expect(following.signal.reason).toBe(reason);
  });

  it("leaves nothing with them when it is disposed of, and follows no longer", () => {
    const parents = [new AbortController(), new AbortController()];
    const signals = parents.map(({ signal }) => signal);

    const followings = Array.from({ length: 100 }, () => {
      using following = followSignals(signals);
      return following;
    });
    expect(signals.map(tracesOn)).toEqual([0, 0]);
    for (const parent of parents) parent.abort();

    expect(followings.some(({ signal }) => signal.aborted)).toBe(false);
  });
});
