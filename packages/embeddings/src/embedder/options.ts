import type { Clock } from "../clock.ts";
import { systemClock } from "../clock.ts";
import type { EmbeddingProvider } from "../provider.ts";
import type {
  CastContext,
  CastSelection,
  EmbeddingSet,
  EmbeddingStore,
  VectorStorage,
} from "./embedding-store.ts";

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
  /** A logger that adds these fields to each line. */
  child(bindings: Record<string, unknown>): Logger;
}

/** Options of {@link createEmbedder}. */
export interface EmbedderOptions {
  /** Makes the vectors. The embedder does not close it. */
  readonly provider: EmbeddingProvider;
  /** Where casts come from and vectors go. The embedder does not close it. */
  readonly store: EmbeddingStore;
  /**
   * Version of the model, for when other vectors come under the same name: another one has
   * everything embedded anew.
   *
   * @default "1"
   */
  readonly modelVersion?: string | undefined;
  /**
   * Which casts are embedded.
   *
   * @default all of them
   */
  readonly selection?: CastSelection | undefined;
  /**
   * What goes into a text besides the cast's own: another context has everything embedded anew.
   *
   * @default nothing
   */
  readonly context?: CastContext | undefined;
  /** @default "auto" */
  readonly storage?: VectorStorage | undefined;
  /**
   * Tokens that two parts of a long text share. Less than half of the provider's longest text.
   *
   * @default 64, or as many as there may be
   */
  readonly overlapTokens?: number | undefined;
  /**
   * Claims worked on at a time, each with one call of the provider at a time.
   *
   * @default 2
   */
  readonly concurrency?: number | undefined;
  /**
   * Time after which others take over what this process has claimed and not finished, should it
   * have been killed, in milliseconds. While it works, it renews its claims.
   *
   * @default 30_000
   */
  readonly leaseMs?: number | undefined;
  /**
   * Most texts that a run may send. What is refused, or not answered, does not count.
   *
   * @default any number
   */
  readonly maxTextCount?: number | undefined;
  /**
   * Most tokens that a run may send, by the provider's own count; before a call is made, by
   * `countTokens` of the provider.
   *
   * @default any number
   */
  readonly maxTokenCount?: number | undefined;
  /**
   * Nothing new is claimed while this is true: a sync that is behind comes first.
   *
   * @default never
   */
  readonly isPaused?: (() => boolean) | undefined;
  /**
   * How often to look again when there is nothing to do, or while paused, in milliseconds.
   *
   * @default 1_000
   */
  readonly pollMs?: number | undefined;
  /**
   * Whether nothing is claimed while a sync downloads history, which has the database for itself.
   *
   * @default false
   */
  readonly isHistoryAwaited?: boolean | undefined;
  /**
   * Longest wait after a first failure that may pass, in milliseconds. Each further one in a row
   * doubles it, up to a minute. A provider that asks for a longer one gets it.
   *
   * @default 1_000
   */
  readonly retryPauseMs?: number | undefined;
  /** Called once the set is taken up, which says how its vectors are kept. */
  readonly onTakenUp?: ((set: EmbeddingSet) => void) | undefined;
  /** Receives state changes and outages. Silent when omitted. */
  readonly logger?: Logger | undefined;
  /**
   * Times the pauses of outages and while there is nothing to do, and the rate that is told.
   *
   * @default the system's clock
   */
  readonly clock?: Clock | undefined;
}

/** {@link EmbedderOptions} with every default applied. */
export interface ResolvedEmbedderOptions {
  readonly provider: EmbeddingProvider;
  readonly store: EmbeddingStore;
  readonly modelVersion: string;
  readonly selection: CastSelection;
  readonly context: CastContext;
  readonly storage: VectorStorage;
  readonly overlapTokens: number;
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly maxTextCount: number;
  readonly maxTokenCount: number;
  readonly isPaused: () => boolean;
  readonly pollMs: number;
  readonly isHistoryAwaited: boolean;
  readonly retryPauseMs: number;
  readonly onTakenUp: (set: EmbeddingSet) => void;
  readonly logger: Logger;
  readonly clock: Clock;
}

const DEFAULT_OVERLAP_TOKENS = 64;

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};

function expectPositiveInteger(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new TypeError(`Expected \`${name}\` to be a positive integer, got ${value}`);
}

/** The value of a limit that may be left out, which is then none. */
function expectLimit(name: string, value: number | undefined): number {
  return value === undefined ? Number.POSITIVE_INFINITY : expectPositiveInteger(name, value);
}

/** Most tokens that two parts may share, so that each holds more of its own than of others. */
export function maxOverlapOf(maxTokens: number): number {
  return Math.ceil(maxTokens / 2) - 1;
}

function expectOverlap(overlapTokens: number | undefined, maxTokens: number): number {
  const most = maxOverlapOf(maxTokens);
  if (overlapTokens === undefined) return Math.min(DEFAULT_OVERLAP_TOKENS, most);
  if (Number.isInteger(overlapTokens) && overlapTokens >= 0 && overlapTokens <= most) {
    return overlapTokens;
  }
  throw new TypeError(
    `Expected \`overlapTokens\` to be less than half of the model's ${maxTokens}, got ${overlapTokens}`,
  );
}

function expectVersion(modelVersion: string): string {
  if (modelVersion.trim() !== "") return modelVersion;
  throw new TypeError(`Expected \`modelVersion\` to be a name or a number, got "${modelVersion}"`);
}

/** Applies defaults and rejects values no embedder could honour. */
export function resolveEmbedderOptions(options: EmbedderOptions): ResolvedEmbedderOptions {
  const { provider, store, modelVersion = "1", selection = {}, storage = "auto" } = options;
  const { context = { hasParent: false, hasQuotes: false }, concurrency = 2 } = options;
  const { leaseMs = 30_000, pollMs = 1000, retryPauseMs = 1000, logger = SILENT } = options;
  const { isPaused = () => false, isHistoryAwaited = false } = options;
  const { onTakenUp = () => undefined, clock = systemClock } = options;
  return {
    provider,
    store,
    modelVersion: expectVersion(modelVersion),
    selection,
    context,
    storage,
    overlapTokens: expectOverlap(options.overlapTokens, provider.maxTokens),
    concurrency: expectPositiveInteger("concurrency", concurrency),
    leaseMs: expectPositiveInteger("leaseMs", leaseMs),
    maxTextCount: expectLimit("maxTextCount", options.maxTextCount),
    maxTokenCount: expectLimit("maxTokenCount", options.maxTokenCount),
    isPaused,
    pollMs: expectPositiveInteger("pollMs", pollMs),
    isHistoryAwaited,
    retryPauseMs: expectPositiveInteger("retryPauseMs", retryPauseMs),
    onTakenUp,
    logger,
    clock,
  };
}
