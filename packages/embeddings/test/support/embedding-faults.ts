// What goes wrong with a provider, drawn by chance from a plan or put in line by a test.
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { createRandom } from "./text-vector.ts";

/** Something that a provider does instead of answering as it should. */
export type EmbeddingFault =
  | "rate_limited"
  | "quota_exhausted"
  | "server_error"
  | "overloaded"
  | "slow"
  | "truncated"
  | "html"
  | "wrong_dimension"
  | "reset";

/** How often what goes wrong, and which texts are not taken. Shares are of all calls, 0 to 1. */
export interface EmbeddingFaults {
  /** Starts the sequence of chance. @default 1 */
  readonly seed?: number | undefined;
  /** Share of calls that end so; together at most 1. */
  readonly shares?: { readonly [Fault in EmbeddingFault]?: number } | undefined;
  /** What 429 and 503 ask for, in milliseconds. @default no such header */
  readonly retryAfterMs?: number | undefined;
  /** Delay of a slow answer, in milliseconds. @default 200 */
  readonly slowMs?: number | undefined;
  /** Texts with a match are refused, with every other text of their call: a regular expression. */
  readonly refusedPattern?: string | undefined;
  /** Texts of more words are too long for the model. @default no limit */
  readonly maxWords?: number | undefined;
}

/** Chooses what goes wrong with each call. */
export interface FaultSource {
  /** Replaces the plan, and starts its chance anew. */
  plan(faults: EmbeddingFaults): void;
  /** Lets the next calls go wrong so, one after the other, before the plan decides again. */
  queue(faults: readonly EmbeddingFault[]): void;
  /** The fault of the next call, if any. */
  next(): EmbeddingFault | undefined;
  current(): EmbeddingFaults;
}

/** Starts without a fault. */
export function createFaultSource(): FaultSource {
  let planned: EmbeddingFaults = {};
  let random = createRandom(1);
  const queued: EmbeddingFault[] = [];

  function draw(): EmbeddingFault | undefined {
    let left = random();
    for (const [fault, share] of Object.entries(planned.shares ?? {})) {
      left -= share;
      // Safety: the keys of `shares` are faults.
      if (left < 0) return fault as EmbeddingFault;
    }
    return undefined;
  }

  return {
    plan(faults) {
      planned = faults;
      random = createRandom(faults.seed ?? 1);
    },
    queue: (faults) => void queued.push(...faults),
    next: () => queued.shift() ?? draw(),
    current: () => planned,
  };
}

/** An error as OpenAI words it. */
export interface ApiError {
  readonly status: number;
  readonly message: string;
  readonly type?: string;
  readonly code?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers with an error as OpenAI does. */
export function sendError(response: ServerResponse, error: ApiError): void {
  const { status, message, type = "invalid_request_error", code = null, headers = {} } = error;
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ error: { message, type, param: null, code } }));
}

const HTML = "<html><head><title>Just a moment...</title></head><body>Checking</body></html>";

/** Half of what there is to say, after the length of all of it, and then the end. */
function sendHalf(response: ServerResponse, body: string): void {
  const length = Buffer.byteLength(body);
  response.writeHead(200, { "content-type": "application/json", "content-length": length });
  response.write(body.slice(0, body.length / 2), () => response.destroy());
}

/** Answers as a fault has it; `body` is what would be said without. */
export async function sendFault(
  response: ServerResponse,
  fault: EmbeddingFault,
  { body, faults }: { readonly body: string; readonly faults: EmbeddingFaults },
): Promise<void> {
  const { retryAfterMs, slowMs = 200 } = faults;
  // Retry-After knows whole seconds only.
  const headers = retryAfterMs === undefined ? {} : { "retry-after-ms": String(retryAfterMs) };
  switch (fault) {
    case "rate_limited":
      sendError(response, {
        status: 429,
        message: "Rate limit reached",
        type: "requests",
        headers,
      });
      return;
    case "quota_exhausted": {
      const message =
        "You exceeded your current quota, please check your plan and billing details.";
      sendError(response, { status: 429, message, code: "insufficient_quota" });
      return;
    }
    case "server_error":
      sendError(response, {
        status: 500,
        message: "The server had an error",
        type: "server_error",
      });
      return;
    case "overloaded":
      sendError(response, { status: 503, message: "Overloaded", type: "server_error", headers });
      return;
    case "slow":
      // Keeps no process from ending.
      await delay(slowMs, undefined, { ref: false });
      response.writeHead(200, { "content-type": "application/json" }).end(body);
      return;
    case "truncated":
      sendHalf(response, body);
      return;
    case "html":
      response.writeHead(200, { "content-type": "text/html" }).end(HTML);
      return;
    case "wrong_dimension":
      response.writeHead(200, { "content-type": "application/json" });
      response.end(body.replaceAll('"embedding":[', '"embedding":[0,'));
      return;
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    default:
      fault satisfies never;
  }
}
