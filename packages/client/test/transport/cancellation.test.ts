import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import {
  combineSignals,
  onAbort,
  sleep,
  throwIfAborted,
} from "../../src/transport/cancellation.ts";
import { rejectionOf } from "../support/eventually.ts";
import { tracesOn } from "../support/signal-traces.ts";

const reason = { why: "not even an error" };

describe("combineSignals()", () => {
  it.each(["the caller's signal", "the client's own"])("aborts with %s", (which) => {
    const caller = new AbortController();
    const closing = new AbortController();
    const combined = combineSignals(caller.signal, closing.signal);
    const reasons: unknown[] = [];
    for (let call = 0; call < 2; call++) onAbort(combined, (given) => reasons.push(given));

    (which === "the client's own" ? closing : caller).abort(reason);

    expect(reasons).toEqual([reason, reason]);
    expect([caller, closing].map(({ signal }) => tracesOn(signal))).toEqual([0, 0]);
  });

  it.each(["the caller's signal", "the client's own"])(
    "has aborted with %s, also when nobody listened",
    async (which) => {
      const caller = new AbortController();
      const closing = new AbortController();
      const combined = combineSignals(caller.signal, closing.signal);
      expect(() => throwIfAborted(combined)).not.toThrow();

      (which === "the client's own" ? closing : caller).abort(reason);

      expect(await rejectionOf(sleep(1_000_000, combined))).toBe(reason);
      expect(await rejectionOf(Promise.resolve().then(() => throwIfAborted(combined)))).toBe(
        reason,
      );
    },
  );

  it("leaves nothing with either signal of those who have stopped listening", () => {
    const { signal: caller } = new AbortController();
    const { signal: closing } = new AbortController();

    for (let call = 0; call < 100; call++) {
      const { signal: own } = new AbortController();
      const combined = [combineSignals(caller, closing), combineSignals(own, closing)];
      const stops = [...combined, ...combined].map((each) => onAbort(each, () => undefined));
      // Twice is once.
      for (const stop of [...stops, ...stops]) stop();
    }

    expect([tracesOn(caller), tracesOn(closing)]).toEqual([0, 0]);
  });

  it("still aborts for one who listens when another has stopped", () => {
    const caller = new AbortController();
    const combined = combineSignals(caller.signal, new AbortController().signal);
    const reasons: unknown[] = [];
    const stop = onAbort(combined, () => expect.unreachable());
    onAbort(combined, (given) => reasons.push(given));
    stop();
    stop();

    caller.abort(reason);

    expect(reasons).toEqual([reason]);
  });

  it("combines two signals once, however often it is asked", () => {
    const { signal: caller } = new AbortController();
    const { signal: other } = new AbortController();
    const { signal: closing } = new AbortController();

    const combined = combineSignals(caller, closing);

    expect(combineSignals(caller, closing)).toBe(combined);
    expect(combineSignals(other, closing)).not.toBe(combined);
    expect(combineSignals(undefined, closing)).not.toBe(combined);
    expect(combineSignals(closing, caller)).not.toBe(combined);
  });

  it("takes a listener for each of many calls without a warning", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning);
    process.on("warning", onWarning);
    const { signal } = new AbortController();
    const { signal: closing } = new AbortController();
    const combined = combineSignals(signal, closing);

    for (let call = 0; call < 20; call++) {
      onAbort(combined, () => undefined);
      onAbort(combineSignals(new AbortController().signal, closing), () => undefined);
      onAbort(combineSignals(undefined, closing), () => undefined);
    }
    await new Promise(setImmediate);

    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
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
