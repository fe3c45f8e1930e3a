import { setTimeout as delay } from "node:timers/promises";

/** Waits. An abort ends the wait, which then throws the signal's reason. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}
