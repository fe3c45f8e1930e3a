import type { NodeClientError } from "../errors/node-client-error.ts";
import type { Clock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import type { Endpoint } from "./endpoint.ts";
import { parseEndpoint } from "./endpoint.ts";
import { expectDurationMs, expectInteger } from "./expect-option.ts";
import type { Logger } from "./logger.ts";

/** How often and how patiently a failed call is repeated. */
export interface RetryOptions {
  /**
   * Most tries of a unary call, the first one included; 1 turns retrying off. Subscriptions
   * reconnect without limit.
   *
   * @default 5
   */
  readonly attempts?: number | undefined;
  /**
   * Longest wait before the second try. Each further try doubles it, and the real wait is a random
   * part of it (full jitter), so that many clients do not come back at once.
   *
   * @default 500
   */
  readonly baseDelayMs?: number | undefined;
  /**
   * The doubling stops here.
   *
   * @default 10_000
   */
  readonly maxDelayMs?: number | undefined;
}

/** TLS settings of an `https` endpoint. */
export interface TlsOptions {
  /**
   * Certificates to trust, in PEM, instead of those that Node.js ships.
   *
   * @default the certificates that Node.js ships
   */
  readonly rootCertificates?: string | Uint8Array | undefined;
}

/** One failed try, reported before the wait for the next one. */
export interface RetryReport {
  /** Path of the RPC, such as `/HubService/Subscribe`. */
  readonly method: string;
  readonly endpoint: string;
  /** Failed tries in a row, this one included. */
  readonly failureCount: number;
  /** The wait that follows. */
  readonly delayMs: number;
  readonly error: NodeClientError;
}

/** Options of {@link createNodeClient}. */
export interface NodeClientOptions {
  /**
   * Address of the node's gRPC services: `http://host:port` for plaintext, which is what a node
   * itself speaks, `https://host:port` for TLS, which public nodes put in front. A bare `host:port`
   * is plaintext whatever the port. The port is 3383 when left out.
   */
  readonly endpoint: string;
  /**
   * Longest wait for each try of a unary call, in milliseconds. As long as a node's own bootstrap
   * waits for a page.
   *
   * @default 60_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Largest answer accepted, in bytes. The default holds the largest page there can be: 1,000 link
   * compact states of 64 KiB, each sent twice.
   *
   * @default 268_435_456
   */
  readonly maxReceiveBytes?: number | undefined;
  /**
   * HTTP/2 flow-control window, in bytes. With the 64 KiB that HTTP/2 starts from, a node 50 ms away
   * yields 3,000 messages a second however many calls run in parallel.
   *
   * @default 8_388_608
   */
  readonly flowControlWindowBytes?: number | undefined;
  /**
   * Time between keepalive pings while a call runs, in milliseconds. Nodes have no keepalive of
   * their own, and the proxies in front of some punish frequent pings.
   *
   * @default 30_000
   */
  readonly keepaliveMs?: number | undefined;
  /** How failed calls are repeated. */
  readonly retry?: RetryOptions | undefined;
  /** TLS settings; for `https` endpoints only. */
  readonly tls?: TlsOptions | undefined;
  /**
   * gRPC metadata sent with every call, such as `{ authorization: "Basic …" }` for submitting
   * messages. Never logged.
   */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Receives retries (debug) and reconnects (warn). Silent when omitted. */
  readonly logger?: Logger | undefined;
  /** Called before each retry and reconnect, for counting. What it throws fails the call. */
  readonly onRetry?: ((report: RetryReport) => void) | undefined;
  /**
   * Times the pauses before retries, and the silence of streams.
   *
   * @default the system's clock
   */
  readonly clock?: Clock | undefined;
}

/** {@link RetryOptions} with every default applied. */
export interface ResolvedRetryOptions {
  readonly attempts: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
}

/** {@link NodeClientOptions} with every default applied. */
export interface ResolvedNodeClientOptions {
  readonly endpoint: Endpoint;
  readonly timeoutMs: number;
  readonly maxReceiveBytes: number;
  readonly flowControlWindowBytes: number;
  readonly keepaliveMs: number;
  readonly retry: ResolvedRetryOptions;
  readonly rootCertificates: Uint8Array | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly logger: Logger | undefined;
  readonly onRetry: ((report: RetryReport) => void) | undefined;
  readonly clock: Clock;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_MAX_RECEIVE_BYTES = 256 * 1024 * 1024;
const DEFAULT_FLOW_CONTROL_WINDOW_BYTES = 8 * 1024 * 1024;
const DEFAULT_KEEPALIVE_MS = 30_000;
const DEFAULT_ATTEMPTS = 5;
const DEFAULT_BASE_DELAY_MS = 500;
const DEFAULT_MAX_DELAY_MS = 10_000;

/** HTTP/2 windows start at 65,535 bytes and are signed 32-bit integers (RFC 9113, 6.9). */
const WINDOW_RANGE = { min: 65_535, max: 2_147_483_647 };
/** Headers that gRPC and HTTP/2 set themselves, or that no call over HTTP/2 may have. */
const TRANSPORT_HEADERS: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"],
  ...["http2-settings", "host", "te", "user-agent", "content-type", "content-length"],
]);

/** gRPC writes a message's length in 32 bits. */
const RECEIVE_RANGE = { min: 1, max: 4_294_967_295 };

/** Applies defaults and rejects values that no connection could honour. */
export function resolveNodeClientOptions(options: NodeClientOptions): ResolvedNodeClientOptions {
  const {
    timeoutMs = DEFAULT_TIMEOUT_MS,
    maxReceiveBytes = DEFAULT_MAX_RECEIVE_BYTES,
    flowControlWindowBytes = DEFAULT_FLOW_CONTROL_WINDOW_BYTES,
    keepaliveMs = DEFAULT_KEEPALIVE_MS,
    metadata = {},
  } = options;
  const endpoint = parseEndpoint(options.endpoint);
  if (options.tls !== undefined && !endpoint.isTls) {
    throw new TypeError(`Expected an https \`endpoint\` with \`tls\`, got ${endpoint.url}`);
  }
  return {
    endpoint,
    timeoutMs: expectDurationMs("timeoutMs", timeoutMs),
    maxReceiveBytes: expectInteger("maxReceiveBytes", maxReceiveBytes, RECEIVE_RANGE),
    flowControlWindowBytes: expectInteger(
      "flowControlWindowBytes",
      flowControlWindowBytes,
      WINDOW_RANGE,
    ),
    keepaliveMs: expectDurationMs("keepaliveMs", keepaliveMs),
    retry: resolveRetryOptions(options.retry),
    rootCertificates: resolveRootCertificates(options.tls),
    metadata: expectMetadata(metadata),
    logger: options.logger?.child({ component: "client", endpoint: endpoint.url }),
    onRetry: options.onRetry,
    clock: options.clock ?? systemClock,
  };
}

function resolveRetryOptions(options: RetryOptions = {}): ResolvedRetryOptions {
  const {
    attempts = DEFAULT_ATTEMPTS,
    baseDelayMs = DEFAULT_BASE_DELAY_MS,
    maxDelayMs = DEFAULT_MAX_DELAY_MS,
  } = options;
  return {
    attempts: expectInteger("retry.attempts", attempts, { min: 1 }),
    baseDelayMs: expectDurationMs("retry.baseDelayMs", baseDelayMs),
    maxDelayMs: expectDurationMs("retry.maxDelayMs", maxDelayMs),
  };
}

function resolveRootCertificates(tls: TlsOptions | undefined): Uint8Array | undefined {
  const certificates = tls?.rootCertificates;
  return typeof certificates === "string" ? new TextEncoder().encode(certificates) : certificates;
}

/** Whether a call can bring a header. Keys that end in -bin hold bytes, which a string cannot. */
function isMetadataKey(key: string): boolean {
  const isText = /^[0-9a-z_.-]+$/i.test(key) && !/^grpc-|-bin$/i.test(key);
  return isText && !TRANSPORT_HEADERS.has(key.toLowerCase());
}

/** Quotes keys only: the values are often secrets. */
function expectMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  for (const [key, value] of Object.entries(metadata)) {
    if (!isMetadataKey(key) || !/^[ -~]*$/.test(value)) {
      throw new TypeError(
        `Expected \`metadata\` with gRPC text keys and printable ASCII values, got key ${JSON.stringify(key)}`,
      );
    }
  }
  return { ...metadata };
}
