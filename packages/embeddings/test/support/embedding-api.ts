// A provider that speaks the OpenAI embeddings API over a real socket, and counts what it is sent.
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import type { EmbeddingFault, EmbeddingFaults } from "./embedding-faults.ts";
import { createFaultSource, sendError, sendFault } from "./embedding-faults.ts";
import { textVector } from "./text-vector.ts";

/** What the provider is like. */
export interface EmbeddingApiOptions {
  /** @default "test-model" */
  readonly model?: string | undefined;
  /** Length of its vectors; `dimensions` of a call may shorten them. @default 32 */
  readonly dimension?: number | undefined;
  /** The key that calls need. @default none */
  readonly apiKey?: string | undefined;
  /** Whether vectors are sent as base64, and out of order. @default false */
  readonly isPeculiar?: boolean | undefined;
  readonly faults?: EmbeddingFaults | undefined;
  /** Port to listen on. @default any that is free */
  readonly port?: number | undefined;
}

/** What the provider was sent so far. */
interface EmbeddingApiCounts {
  /** Calls, those that failed included. */
  readonly callCount: number;
  /** Texts of all calls with the right key and model. */
  readonly textCount: number;
  /** Texts that were answered with a vector. */
  readonly embeddedCount: number;
  /** Calls that went wrong, by fault. */
  readonly faultCounts: { readonly [Fault in EmbeddingFault]?: number };
  /** How often each text was sent. */
  readonly sentCounts: Readonly<Record<string, number>>;
  /** How often each text was answered with a vector. */
  readonly embeddedCounts: Readonly<Record<string, number>>;
}

/** A call as it came. */
interface EmbeddingApiCall {
  readonly headers: IncomingMessage["headers"];
  readonly body: Readonly<Record<string, unknown>>;
}

/** A provider that runs. */
export interface EmbeddingApi extends AsyncDisposable {
  /** What clients take as `endpoint`. */
  readonly endpoint: string;
  readonly dimension: number;
  counts(): EmbeddingApiCounts;
  sentCount(text: string): number;
  embeddedCount(text: string): number;
  /** The last call that could be read. */
  lastCall(): EmbeddingApiCall | undefined;
  /** Another plan of faults, from the next call on. */
  setFaults(faults: EmbeddingFaults): void;
  /** Lets the next calls go wrong so, one after the other. */
  failNext(...faults: readonly EmbeddingFault[]): void;
  /** Forgets what it was sent. */
  resetCounts(): void;
  close(): Promise<void>;
}

interface Tally {
  callCount: number;
  readonly faults: Map<string, number>;
  readonly sent: Map<string, number>;
  readonly embedded: Map<string, number>;
}

const newTally = (): Tally => ({
  callCount: 0,
  faults: new Map(),
  sent: new Map(),
  embedded: new Map(),
});

const add = (counts: Map<string, number>, key: string) =>
  void counts.set(key, (counts.get(key) ?? 0) + 1);
const sum = (counts: Map<string, number>) =>
  [...counts.values()].reduce((all, one) => all + one, 0);
const countWords = (text: string) => text.split(/\s+/).filter(Boolean).length;

/** Starts a provider on this machine. */
export async function startEmbeddingApi(options: EmbeddingApiOptions = {}): Promise<EmbeddingApi> {
  const { model = "test-model", dimension = 32, apiKey, isPeculiar = false } = options;
  const faultSource = createFaultSource();
  faultSource.plan(options.faults ?? {});
  let tally = newTally();
  let lastCall: EmbeddingApiCall | undefined;

  function toBody(texts: readonly string[], length: number): string {
    const data = texts.map((text, index) => {
      const vector = textVector(text, length);
      const embedding = isPeculiar ? Buffer.from(vector.buffer).toString("base64") : [...vector];
      return { object: "embedding", index, embedding };
    });
    if (isPeculiar) data.reverse();
    const tokenCount = texts.reduce((total, text) => total + countWords(text) + 2, 0);
    const usage = { prompt_tokens: tokenCount, total_tokens: tokenCount };
    return JSON.stringify({ object: "list", data, model, usage });
  }

  /** Whether texts are taken; if not, it has been said. */
  function checkTexts(response: ServerResponse, texts: readonly string[]): boolean {
    const { refusedPattern, maxWords = Number.POSITIVE_INFINITY } = faultSource.current();
    const wordCount = Math.max(...texts.map(countWords));
    if (wordCount > maxWords) {
      const message = `This model's maximum context length is ${maxWords} tokens, however you requested ${wordCount} tokens. Please reduce your prompt.`;
      sendError(response, { status: 400, message });
      return false;
    }
    const refused = refusedPattern === undefined ? undefined : new RegExp(refusedPattern, "u");
    if (texts.some((text) => refused?.test(text) || text === "")) {
      sendError(response, { status: 400, message: "'$.input' is invalid. Please check it." });
      return false;
    }
    return true;
  }

  /** Whether the caller may ask, and for this model; if not, it has been said. */
  function checkCaller({ headers, body }: EmbeddingApiCall, response: ServerResponse): boolean {
    if (apiKey !== undefined && headers.authorization !== `Bearer ${apiKey}`) {
      const shown = headers.authorization?.replace(/^Bearer /, "");
      const message = shown
        ? `Incorrect API key provided: ${shown}. You can find your API key at https://example.com.`
        : "You didn't provide an API key.";
      sendError(response, { status: 401, message, code: shown ? "invalid_api_key" : null });
      return false;
    }
    if (body["model"] === model) return true;
    const message = `The model \`${body["model"]}\` does not exist or you do not have access to it.`;
    sendError(response, { status: 404, message, code: "model_not_found" });
    return false;
  }

  async function embed(call: EmbeddingApiCall, response: ServerResponse): Promise<void> {
    if (!checkCaller(call, response)) return;
    const texts = [call.body["input"]].flat() as string[];
    for (const text of texts) add(tally.sent, text);
    const body = toBody(texts, (call.body["dimensions"] as number | undefined) ?? dimension);
    const fault = faultSource.next();
    if (fault !== undefined) {
      add(tally.faults, fault);
      await sendFault(response, fault, { body, faults: faultSource.current() });
      if (fault !== "slow") return;
    } else if (checkTexts(response, texts)) {
      response.writeHead(200, { "content-type": "application/json" }).end(body);
    } else return;
    for (const text of texts) add(tally.embedded, text);
  }

  const counts = (): EmbeddingApiCounts => ({
    callCount: tally.callCount,
    textCount: sum(tally.sent),
    embeddedCount: sum(tally.embedded),
    faultCounts: Object.fromEntries(tally.faults),
    sentCounts: Object.fromEntries(tally.sent),
    embeddedCounts: Object.fromEntries(tally.embedded),
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const content = await readText(request);
    const route = `${request.method} ${request.url}`;
    if (route === "POST /v1/embeddings") {
      tally.callCount++;
      lastCall = { headers: request.headers, body: JSON.parse(content) };
      await embed(lastCall, response);
    } else if (route === "GET /counts") {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(counts()));
    } else if (route === "POST /faults") {
      faultSource.plan(JSON.parse(content));
      response.writeHead(204).end();
    } else {
      sendError(response, { status: 404, message: `Invalid URL (${route})` });
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  return {
    endpoint: `http://127.0.0.1:${port}/v1`,
    dimension,
    counts,
    sentCount: (text) => tally.sent.get(text) ?? 0,
    embeddedCount: (text) => tally.embedded.get(text) ?? 0,
    lastCall: () => lastCall,
    setFaults: (faults) => faultSource.plan(faults),
    failNext: (...faults) => faultSource.queue(faults),
    resetCounts() {
      tally = newTally();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
