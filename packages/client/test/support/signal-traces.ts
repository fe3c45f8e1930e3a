import { getEventListeners } from "node:events";

/** What a signal holds of listeners, and of signals that were made of it: Node keeps those under a symbol. */
export function tracesOn(signal: AbortSignal): number {
  const symbol = Object.getOwnPropertySymbols(signal).find(
    ({ description }) => description === "kDependantSignals",
  );
  // Node's own kind of set, which is no instance of `Set`.
  const dependants: { readonly size: number } | undefined = symbol && Reflect.get(signal, symbol);
  return (dependants?.size ?? 0) + getEventListeners(signal, "abort").length;
}
