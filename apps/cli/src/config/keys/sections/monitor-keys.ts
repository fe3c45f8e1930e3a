// Keys of the section `[monitor]`.
import type { KeyDefinition } from "../key-definition.ts";
import { listenAddress } from "../listen-address.ts";
import { positiveInteger } from "../value-types.ts";

/** The values of the keys of monitoring. */
export interface MonitorConfigValues {
  /** `host:port`. Absent where nothing is to be served. */
  readonly "monitor.address": string | undefined;
  readonly "monitor.max_lag_seconds": number;
}

/** The definitions of the keys of monitoring. */
export const MONITOR_KEYS: {
  readonly [Key in keyof MonitorConfigValues]: KeyDefinition<MonitorConfigValues[Key]>;
} = {
  "monitor.address": {
    type: listenAddress,
    default: undefined,
    description:
      "[host:]port that /live, /ready, /status and /metrics are served on, of this machine alone without a host; nothing is when left out",
    flag: "--monitor <address>",
  },
  "monitor.max_lag_seconds": {
    type: positiveInteger,
    default: 60,
    description: "seconds that a shard may be behind the present while the mirror counts as ready",
  },
};
