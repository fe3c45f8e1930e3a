import type { FaultPlan } from "./faults/fault-plan.ts";

/** The slice of a structured logger that this package calls. A pino logger satisfies it. */
export interface Logger {
  /** For whoever follows single batches and calls. */
  debug(fields: object, message: string): void;
  /** A state has changed, or some progress was made. */
  info(fields: object, message: string): void;
  /** Something went wrong and mends itself, such as a lost connection. */
  warn(fields: object, message: string): void;
  /** Something needs a human. */
  error(fields: object, message: string): void;
}

/** Options of `createDevnet`. */
export interface DevnetOptions {
  /**
   * Address to listen on.
   *
   * @default "127.0.0.1"
   */
  readonly host?: string | undefined;
  /**
   * Port to listen on; 0 takes any free one.
   *
   * @default 0
   */
  readonly port?: number | undefined;
  /**
   * What everything random follows from. Equal options, seed included, give equal bytes, hashes and
   * ids, as long as the clock is simulated or `now` says the same.
   *
   * @default 1
   */
  readonly seed?: number | undefined;
  /**
   * Users at genesis; 10 to a million.
   *
   * @default 200
   */
  readonly users?: number | undefined;
  /**
   * Live user messages at the end of genesis.
   *
   * @default 20_000
   */
  readonly messages?: number | undefined;
  /**
   * Time between blocks, in milliseconds. 0 means that blocks are made by `produceBlock` only, and
   * that the clock is simulated: it starts at `now` and gains a second with each block.
   *
   * @default 1000
   */
  readonly blockMs?: number | undefined;
  /**
   * User messages of a live block, on average; 0 for blocks without traffic of their own.
   *
   * @default 20
   */
  readonly trafficPerBlock?: number | undefined;
  /**
   * A snapshot is taken at each multiple of this block number.
   *
   * @default 28_800
   */
  readonly snapshotIntervalBlocks?: number | undefined;
  /**
   * Age at which a snapshot is dropped, in milliseconds.
   *
   * @default 86_400_000 (a day)
   */
  readonly snapshotMaxAgeMs?: number | undefined;
  /**
   * Age at which events are dropped, in milliseconds; `Infinity` keeps all. Genesis lies within the
   * day before the start.
   *
   * @default 259_200_000 (three days)
   */
  readonly eventRetentionMs?: number | undefined;
  /**
   * Whether some users add and remove gasless keys, which replication cannot serve.
   *
   * @default true
   */
  readonly gaslessKeys?: boolean | undefined;
  /**
   * Blocks by which data shards are behind in replaying what shard 0 has decided. Genesis knows no
   * such delay.
   *
   * @default 0
   */
  readonly replayDelayBlocks?: number | undefined;
  /**
   * The clock, in milliseconds since 1970. Meant for times since September 2025: users of earlier
   * times rent larger kinds of storage units, and never reach their limits.
   *
   * @default Date.now, or with `blockMs: 0` a fixed moment: 2026-10-01T00:00:00Z
   */
  readonly now?: (() => number) | undefined;
  /**
   * What goes wrong on the first node, until `setFaults` says otherwise.
   *
   * @default {}
   */
  readonly faults?: FaultPlan | undefined;
  /** Receives starts, stops and failed calls. Silent when omitted. */
  readonly logger?: Logger | undefined;
}

/** {@link DevnetOptions} with every default in place. */
export interface ResolvedDevnetOptions {
  readonly host: string;
  readonly port: number;
  readonly seed: number;
  readonly users: number;
  readonly messages: number;
  readonly blockMs: number;
  readonly trafficPerBlock: number;
  readonly snapshotIntervalBlocks: number;
  readonly snapshotMaxAgeMs: number;
  readonly eventRetentionMs: number;
  readonly gaslessKeys: boolean;
  readonly replayDelayBlocks: number;
  readonly now: () => number;
  readonly faults: FaultPlan;
  readonly logger: Logger | undefined;
}

/** Fewer could not play all the parts. */
const MIN_USERS = 10;
/** More would find no fids. */
const MAX_USERS = 1_000_000;
const MAX_PORT = 65_535;
const DAY_MS = 86_400_000;
const SIMULATED_START_MS = Date.UTC(2026, 9, 1);

interface Range {
  readonly min: number;
  readonly max?: number;
}

/** Applies defaults and rejects values that no devnet could honour. */
export function resolveDevnetOptions(options: DevnetOptions): ResolvedDevnetOptions {
  const { blockMs = 1000, eventRetentionMs = 3 * DAY_MS } = options;
  const resolved: ResolvedDevnetOptions = {
    host: options.host ?? "127.0.0.1",
    port: options.port ?? 0,
    seed: options.seed ?? 1,
    users: options.users ?? 200,
    messages: options.messages ?? 20_000,
    blockMs,
    trafficPerBlock: options.trafficPerBlock ?? 20,
    snapshotIntervalBlocks: options.snapshotIntervalBlocks ?? 28_800,
    snapshotMaxAgeMs: options.snapshotMaxAgeMs ?? DAY_MS,
    eventRetentionMs,
    gaslessKeys: options.gaslessKeys ?? true,
    replayDelayBlocks: options.replayDelayBlocks ?? 0,
    now: options.now ?? (blockMs === 0 ? () => SIMULATED_START_MS : Date.now),
    faults: options.faults ?? {},
    logger: options.logger,
  };
  expectPort(resolved.port);
  expectInteger("seed", resolved.seed, { min: 0 });
  expectInteger("users", resolved.users, { min: MIN_USERS, max: MAX_USERS });
  expectInteger("messages", resolved.messages, { min: 0 });
  expectInteger("blockMs", resolved.blockMs, { min: 0 });
  expectInteger("trafficPerBlock", resolved.trafficPerBlock, { min: 0 });
  expectInteger("replayDelayBlocks", resolved.replayDelayBlocks, { min: 0 });
  expectInteger("snapshotIntervalBlocks", resolved.snapshotIntervalBlocks, { min: 1 });
  expectInteger("snapshotMaxAgeMs", resolved.snapshotMaxAgeMs, { min: 0 });
  if (eventRetentionMs !== Number.POSITIVE_INFINITY) {
    expectInteger("eventRetentionMs", eventRetentionMs, { min: 0 });
  }
  return resolved;
}

/** @throws {TypeError} when a number is no port; 0, which takes any free one, is */
export function expectPort(port: number): void {
  expectInteger("port", port, { min: 0, max: MAX_PORT });
}

/** @throws {TypeError} when a value is no whole number, or out of range */
export function expectInteger(name: string, value: number, { min, max = Infinity }: Range): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  const range = max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new TypeError(`Expected \`${name}\` to be a whole number ${range}, got ${value}`);
}
