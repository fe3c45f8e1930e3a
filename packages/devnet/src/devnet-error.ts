/**
 * Why a devnet cannot do what it was asked.
 *
 * - `not_started`: `start()` has not finished yet.
 * - `stopped`: `stop()` was called; a devnet does not start twice.
 * - `listen_failed`: the address cannot be listened on; `cause` says why.
 */
export type DevnetErrorCode = "not_started" | "stopped" | "listen_failed";

const RETRYABLE: ReadonlySet<DevnetErrorCode> = new Set<DevnetErrorCode>([
  "not_started",
  "listen_failed",
]);

/** A devnet was asked for something it cannot do. Branch on {@link code}, never on the message. */
export class DevnetError extends Error {
  override readonly name = "DevnetError";
  readonly code: DevnetErrorCode;
  /** True when the same request may succeed later. */
  readonly retryable: boolean;

  constructor(code: DevnetErrorCode, message: string, options: ErrorOptions = {}) {
    super(`[${code}] ${message}`, options);
    this.code = code;
    this.retryable = RETRYABLE.has(code);
  }
}
