// Ending on request: the first Ctrl-C ends the work cleanly, the second at once, and no end takes
// longer than a bounded time.
import { EXIT_CODES } from "./exit-codes.ts";

/** Where signals come from; `process` is one. */
export interface SignalSource {
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
}

/** What ending takes. */
export interface ShutdownOptions {
  readonly signals: SignalSource;
  /** Ends the process at once. */
  readonly exit: (exitCode: number) => void;
  /** Tells the person at the terminal; one line. */
  readonly tell: (line: string) => void;
  /**
   * Longest time from the first signal to the end, in milliseconds.
   *
   * @default 10_000
   */
  readonly graceMs?: number | undefined;
}

/** The wish to end, while a command runs. */
export interface Shutdown extends Disposable {
  /** Aborts at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Says what the command does from now on, for the case that it does not end in time. */
  enter(step: string): void;
}

/** As long as operators and container platforms wait before they kill. */
const DEFAULT_GRACE_MS = 10_000;

/** npm and npx pass on the Ctrl-C that the terminal has already sent to everyone. */
const ECHO_MS = 500;

/** Listens for signals until disposed. */
export function createShutdown(options: ShutdownOptions): Shutdown {
  const { signals, exit, tell, graceMs = DEFAULT_GRACE_MS } = options;
  const controller = new AbortController();
  let step = "the start";
  let timer: NodeJS.Timeout | undefined;
  let firstSignalAt = 0;

  function giveUp(): void {
    tell(`error: No clean end within ${graceMs / 1000} seconds, still waiting for ${step}.`);
    tell("Nothing committed is lost; start again to go on.");
    exit(EXIT_CODES.unexpected);
  }

  function onSignal(): void {
    if (controller.signal.aborted) {
      if (Date.now() - firstSignalAt >= ECHO_MS) exit(EXIT_CODES.forced);
      return;
    }
    firstSignalAt = Date.now();
    // Not unref'd: what is waited for may hold nothing open.
    timer = setTimeout(giveUp, graceMs);
    controller.abort();
  }

  signals.on("SIGINT", onSignal);
  signals.on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    enter(next) {
      step = next;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      signals.off("SIGINT", onSignal);
      signals.off("SIGTERM", onSignal);
    },
  };
}
