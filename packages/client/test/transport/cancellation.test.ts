import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { combineSignals, onAbort, sleep } from "../../src/transport/cancellation.ts";
import { rejectionOf } from "../support/eventually.ts";

const reason = { why: "not even an error" };

describe("combineSignals()", () => {
  it.each(["the caller's signal", "the client's own"])("aborts with %s", (which) => {
    const caller = new AbortController();
    const closing = new AbortController();
    const combined = combineSignals(caller.signal, closing.signal);

    (which === "the client's own" ? closing : caller).abort(reason);

    expect(combined.reason).toBe(reason);
  });
});

describe("onAbort()", () => {
  it("passes on the reason", () => {
    const reasons: unknown[] = [];
    const controller = new AbortController();
    onAbort(controller.signal, (given) => reasons.push(given));

    controller.abort(reason);

    expect(reasons).toEqual([reason]);
  });

  it("stops listening when told", () => {
    const { signal } = new AbortController();
    const stopListening = onAbort(signal, () => undefined);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);

    stopListening();

    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});

describe("sleep()", () => {
  it("ends by itself and leaves no listener", async () => {
    const { signal } = new AbortController();

    await sleep(1, signal);

    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("rejects with the reason of an abort, and leaves no listener", async () => {
    const controller = new AbortController();
    const sleeping = rejectionOf(sleep(1_000_000, controller.signal));

    controller.abort(reason);

    expect(await sleeping).toBe(reason);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });

  it("does not begin when aborted before", async () => {
    expect(await rejectionOf(sleep(1_000_000, AbortSignal.abort(reason)))).toBe(reason);
  });
});
