import { setTimeout as sleep } from "node:timers/promises";
import type { HubEvent } from "@snaprag/proto";
import type { Listener, ListenOptions } from "../engine/events/broadcast.ts";
import type { Faults } from "./create-faults.ts";

/** What lies between the live events of a shard and one of its streams (docs/protocol.md 1.3). */
export function withLiveEventFaults(
  listener: Listener<HubEvent>,
  { faults, isAfterReplay }: { readonly faults: Faults; readonly isAfterReplay: boolean },
): Listener<HubEvent> {
  /** Events that had their faults already, and come before any new one. */
  const due: HubEvent[] = [];
  let lossLength = (isAfterReplay ? faults.strike("replayGap")?.events : undefined) ?? 0;

  function isLost(): boolean {
    if (lossLength === 0) lossLength = faults.strike("ringLoss")?.events ?? 0;
    if (lossLength === 0) return faults.strike("drop") !== undefined;
    lossLength--;
    return true;
  }

  async function delay({ signal }: ListenOptions): Promise<void> {
    const late = faults.strike("delay");
    if (late === undefined) return;
    await sleep(faults.prng("delay").int(late.maxMs + 1), undefined, { signal, ref: false });
  }

  /** The next event that is not lost. */
  async function receive(options: ListenOptions): Promise<HubEvent> {
    for (;;) {
      const event = await listener.next(options);
      // A plan that is over ends what it began.
      if (faults.isQuiet()) lossLength = 0;
      if (!isLost()) return event;
    }
  }

  return {
    async next(options) {
      const dueEvent = due.shift();
      if (dueEvent !== undefined) return dueEvent;
      const event = await receive(options);
      await delay(options);
      if (faults.strike("duplicate") !== undefined) due.push(event);
      if (faults.strike("reorder") === undefined) return event;
      const following = await listener.next(options);
      due.push(event);
      return following;
    },
  };
}
