import type { KeyDefinition } from "./key-definition.ts";
import { maskEndpoint } from "./mask-endpoint.ts";
import { maskHeader, nodeHeaders } from "./node-headers.ts";
import type { DatabaseConfigValues } from "./sections/database-keys.ts";
import { DATABASE_KEYS } from "./sections/database-keys.ts";
import type { EmbeddingConfigValues } from "./sections/embedding-keys.ts";
import { EMBEDDING_KEYS } from "./sections/embedding-keys.ts";
import type { MonitorConfigValues } from "./sections/monitor-keys.ts";
import { MONITOR_KEYS } from "./sections/monitor-keys.ts";
import {
  duration,
  eventId,
  integerBetween,
  oneOf,
  positiveInteger,
  publicKeys,
  shardIds,
  texts,
  trueOrFalse,
  wholeNumber,
} from "./value-types.ts";

/** How much is logged, from most to least. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** How it is logged: `auto` is for people on a terminal and JSON lines elsewhere. */
export type LogFormat = "auto" | "json" | "pretty";

/** How much of what nodes say is checked, from nothing to everything. */
export type VerifyLevel = "none" | "proof" | "full";

/** The value of each configuration key. */
export interface ConfigValues
  extends DatabaseConfigValues,
    EmbeddingConfigValues,
    MonitorConfigValues {
  readonly "sync.snapchain_endpoint": readonly string[];
  /** Each `name: value`. */
  readonly "sync.snapchain_headers": readonly string[];
  readonly "sync.snapchain_timeout_ms": number;
  readonly "sync.snapchain_keepalive_ms": number;
  readonly "sync.enable_realtime_sync": boolean;
  readonly "sync.enable_historical_sync": boolean;
  readonly "sync.historical_sync_from_event_id": bigint;
  readonly "sync.batch_size": number;
  readonly "sync.sync_interval_ms": number;
  /** Absent for all shards of the network. */
  readonly "sync.shard_ids": readonly number[] | undefined;
  /** Absent for as many as keep pages coming. */
  readonly "sync.lanes": number | undefined;
  /** Absent for as many as the machine has a use for. */
  readonly "sync.threads": number | undefined;
  readonly "sync.verify": VerifyLevel;
  readonly "sync.proof_interval_blocks": number;
  /** As hex; empty for those that are known of the network. */
  readonly "sync.validator_keys": readonly string[];
  readonly "log.level": LogLevel;
  readonly "log.format": LogFormat;
}

/** Path of a value in a configuration file: section, dot, key. */
export type ConfigKey = keyof ConfigValues;

/**
 * Every configuration key there is. File validation, `SNAPRAG_*` variables, flags and `config show`
 * all follow from this table.
 */
export const CONFIG_KEYS: { readonly [Key in ConfigKey]: KeyDefinition<ConfigValues[Key]> } = {
  "sync.snapchain_endpoint": {
    type: texts,
    default: ["http://localhost:3383"],
    description:
      "node to mirror, http:// or https://; of several, the first that answers, then the next when it fails",
    flag: "--snapchain-endpoint <url>",
    mask: maskEndpoint,
  },
  // No flag sets it: everybody on a machine sees the command lines.
  "sync.snapchain_headers": {
    type: nodeHeaders,
    default: [],
    description: 'headers sent to these nodes with every call, such as "x-api-key: secret"',
    mask: maskHeader,
  },
  "sync.snapchain_timeout_ms": {
    type: duration,
    default: 60_000,
    description: "longest wait for one answer of a node, in milliseconds; it is then asked again",
  },
  "sync.snapchain_keepalive_ms": {
    type: duration,
    default: 30_000,
    description:
      "time between pings while a node is asked or followed, in milliseconds; one that leaves a ping unanswered for 10 seconds is connected to anew",
  },
  "sync.enable_realtime_sync": {
    type: trueOrFalse,
    default: true,
    description: "follow the node once its history is here",
  },
  "sync.enable_historical_sync": {
    type: trueOrFalse,
    default: true,
    description: "download the node's snapshots first",
  },
  "sync.historical_sync_from_event_id": {
    type: eventId,
    default: 0n,
    description: "event id to replay from instead of downloading snapshots; 0 for snapshots",
  },
  "sync.batch_size": {
    type: positiveInteger,
    default: 100,
    description: "events after which a realtime batch is written at once",
  },
  "sync.sync_interval_ms": {
    type: positiveInteger,
    default: 1000,
    description: "longest wait of an event for its batch, in milliseconds",
  },
  "sync.shard_ids": {
    type: shardIds,
    default: undefined,
    description: "shards to mirror, such as 0,1,2; all of the network when left out",
    flag: "--shard-ids <ids>",
  },
  "sync.lanes": {
    type: positiveInteger,
    default: undefined,
    description:
      "partitions downloaded at a time, shared by threads, also one that may come to help; as many as keep pages coming when left out",
  },
  "sync.threads": {
    type: integerBetween(1, 64),
    default: undefined,
    description:
      "threads that share the work, with a server; all cores but one, 1 to 4, when left out, and of two the second for a large first load",
  },
  "sync.verify": {
    type: oneOf<VerifyLevel>(["none", "proof", "full"]),
    default: "proof",
    description:
      "what is checked: none, proof (hashes, and Merkle roots up to the chain's) or full (signatures too)",
    flag: "--verify <level>",
  },
  "sync.proof_interval_blocks": {
    type: wholeNumber,
    default: 100,
    description: "blocks after which the accounts they touched are proved again; 0 for never",
  },
  "sync.validator_keys": {
    type: publicKeys,
    default: [],
    description:
      "public keys, in hex, of the validators of all data shards; empty for mainnet's on mainnet, and none elsewhere",
  },
  ...DATABASE_KEYS,
  ...MONITOR_KEYS,
  ...EMBEDDING_KEYS,
  "log.level": {
    type: oneOf<LogLevel>(["debug", "info", "warn", "error"]),
    default: "info",
    description: "debug, info, warn or error",
    flag: "--log-level <level>",
  },
  "log.format": {
    type: oneOf<LogFormat>(["auto", "json", "pretty"]),
    default: "auto",
    description: "json lines, pretty for people, or auto: pretty on a terminal",
    flag: "--log-format <format>",
  },
};

// Safety: Object.keys returns exactly the keys of the mapped type.
const KEYS = Object.keys(CONFIG_KEYS) as ConfigKey[];

/** All keys, in the order in which they are shown. */
export function listConfigKeys(): readonly ConfigKey[] {
  return KEYS;
}

/** The key with this path; undefined when there is none. */
export function findConfigKey(path: string): ConfigKey | undefined {
  return KEYS.find((key) => key === path);
}

/** Variable that sets a key, such as `SNAPRAG_SYNC_BATCH_SIZE`. */
export function variableOf(key: ConfigKey): string {
  return `SNAPRAG_${key.replace(".", "_").toUpperCase()}`;
}
