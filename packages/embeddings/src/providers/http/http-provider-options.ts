import type { Clock } from "../../clock.ts";
import { systemClock } from "../../clock.ts";
import type { EmbeddingError } from "../../errors.ts";
import {
  expectCount,
  expectDurationMs,
  expectDurationOrNoneMs,
  expectOptionalCount,
  expectText,
} from "../expect-option.ts";
import type { RolePrefixes } from "../role-prefixes.ts";
import type { Secrets } from "./secrets.ts";
import { basicCredentials, listSecrets, toShownUrl } from "./secrets.ts";

/** Options of {@link openHttpProvider}. */
export interface HttpProviderOptions {
  /**
   * Address under which `/embeddings` is, such as `https://api.openai.com/v1` or
   * `http://localhost:11434/v1`. Credentials in it are sent as `authorization: Basic`.
   */
  readonly endpoint: string;
  /** The model, as the provider names it. */
  readonly model: string;
  /**
   * Sent as `authorization: Bearer`, and never put in a message. Empty is none.
   *
   * @default none
   */
  readonly apiKey?: string | undefined;
  /**
   * Numbers in a vector. When given, it is sent as `dimensions`, which some models take for how far
   * to shorten their vectors and others refuse, and what comes must have it.
   *
   * @default as the model has it
   */
  readonly dimension?: number | undefined;
  /**
   * Longest text that the model takes, in tokens as {@link EmbeddingProvider.countTokens} counts
   * them.
   *
   * @default 512
   */
  readonly maxTokens?: number | undefined;
  /**
   * Most texts of one call.
   *
   * @default 64
   */
  readonly maxBatchTexts?: number | undefined;
  /**
   * Longest wait for each try, in milliseconds. Node.js itself waits no longer than 300_000 for an
   * answer to begin.
   *
   * @default 60_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How long after the first failure of a call it is still tried again, in milliseconds. A provider
   * that asks for a longer wait than is left fails the call at once. 0 turns retrying off.
   *
   * @default 120_000
   */
  readonly retryMs?: number | undefined;
  /**
   * Longest wait before the second try, in milliseconds. Each further try doubles it, up to 30
   * seconds, and the real wait is a random part of it (full jitter), so that many clients do not
   * come back at once. It is never shorter than the provider asks for.
   *
   * @default 500
   */
  readonly retryDelayMs?: number | undefined;
  /**
   * Put before each text that can be found, such as `passage: ` for the E5 models.
   *
   * @default ""
   */
  readonly documentPrefix?: string | undefined;
  /**
   * Put before each text that is searched for, such as `query: ` for the E5 models.
   *
   * @default ""
   */
  readonly queryPrefix?: string | undefined;
  /** Called before each wait for the next try. What it throws fails the call. */
  readonly onRetry?: ((error: EmbeddingError, waitMs: number) => void) | undefined;
  /**
   * Times the waits before tries, and how long there may be any.
   *
   * @default the system's clock
   */
  readonly clock?: Clock | undefined;
  /** Ends the opening, which then throws the signal's reason. Calls take signals of their own. */
  readonly signal?: AbortSignal | undefined;
}

/** {@link HttpProviderOptions} with every default applied. */
export interface ResolvedHttpProviderOptions {
  /** Where texts are sent, without credentials. */
  readonly url: URL;
  /** The same for messages. */
  readonly shownUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly secrets: Secrets;
  readonly hasKey: boolean;
  readonly model: string;
  readonly dimension: number | undefined;
  readonly maxTokens: number;
  readonly maxBatchTexts: number;
  readonly timeoutMs: number;
  readonly retryMs: number;
  readonly retryDelayMs: number;
  readonly prefixes: RolePrefixes;
  readonly onRetry: ((error: EmbeddingError, waitMs: number) => void) | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/** What most sentence models take. */
const DEFAULT_MAX_TOKENS = 512;
const DEFAULT_MAX_BATCH_TEXTS = 64;
const DEFAULT_TIMEOUT_MS = 60_000;
/** Outlasts the limits of providers, which count by the minute. */
const DEFAULT_RETRY_MS = 120_000;
const DEFAULT_RETRY_DELAY_MS = 500;

/** Applies defaults and rejects values that no provider could honour. */
export function resolveHttpProviderOptions(
  options: HttpProviderOptions,
): ResolvedHttpProviderOptions {
  const {
    maxTokens = DEFAULT_MAX_TOKENS,
    maxBatchTexts = DEFAULT_MAX_BATCH_TEXTS,
    timeoutMs = DEFAULT_TIMEOUT_MS,
    retryMs = DEFAULT_RETRY_MS,
    retryDelayMs = DEFAULT_RETRY_DELAY_MS,
    documentPrefix = "",
    queryPrefix = "",
  } = options;
  return {
    ...resolveAddress(options),
    model: expectText("model", options.model),
    dimension: expectOptionalCount("dimension", options.dimension),
    maxTokens: expectCount("maxTokens", maxTokens),
    maxBatchTexts: expectCount("maxBatchTexts", maxBatchTexts),
    timeoutMs: expectDurationMs("timeoutMs", timeoutMs),
    retryMs: expectDurationOrNoneMs("retryMs", retryMs),
    retryDelayMs: expectDurationMs("retryDelayMs", retryDelayMs),
    prefixes: { document: documentPrefix, query: queryPrefix },
    onRetry: options.onRetry,
    clock: options.clock ?? systemClock,
    signal: options.signal,
  };
}

type Address = Pick<
  ResolvedHttpProviderOptions,
  "url" | "shownUrl" | "headers" | "secrets" | "hasKey"
>;

function resolveAddress({ endpoint, apiKey: givenKey }: HttpProviderOptions): Address {
  const apiKey = givenKey === "" ? undefined : givenKey;
  const url = parseEndpoint(endpoint);
  const basic = basicCredentials(url);
  // The value is not quoted: it is a secret, and an error that Node.js would make of it quotes it.
  if (apiKey !== undefined && !/^[!-~]+$/.test(apiKey)) {
    throw new TypeError(
      "Expected `apiKey` to be printable ASCII without spaces, got something else in it",
    );
  }
  if (apiKey !== undefined && basic !== undefined) {
    throw new TypeError(
      `Expected \`apiKey\` or credentials in \`endpoint\`, got both for ${toShownUrl(url)}`,
    );
  }
  const shownUrl = toShownUrl(url);
  const secrets = listSecrets(apiKey, url);
  url.username = "";
  url.password = "";
  const authorization = apiKey === undefined ? basic && `Basic ${basic}` : `Bearer ${apiKey}`;
  const headers = { "content-type": "application/json", ...(authorization && { authorization }) };
  return { url, shownUrl, headers, secrets, hasKey: authorization !== undefined };
}

/** Adds the path of the call to the base address. */
function parseEndpoint(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const shown = String(endpoint).replace(/^([^/@]*:\/\/)?[^/]*@/, "$1***@");
    throw new TypeError(
      `Expected \`endpoint\` to be an http or https URL, got ${JSON.stringify(shown)}`,
    );
  }
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/embeddings`;
  url.hash = "";
  return url;
}
