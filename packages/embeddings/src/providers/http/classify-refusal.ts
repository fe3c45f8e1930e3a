// What an answer with a failing status means. Providers that call themselves compatible agree on
// little but the status, so the texts that are known are read here, in one table, and nowhere else.
import type { Clock } from "../../clock.ts";
import { systemClock } from "../../clock.ts";
import type { EmbeddingErrorCode } from "../../errors.ts";
import { EmbeddingError } from "../../errors.ts";
import type { ResolvedHttpProviderOptions } from "./http-provider-options.ts";
import { isFields, parseFields } from "./read-answer.ts";
import type { Failure } from "./retry.ts";
import { parseRetryAfterMs } from "./retry-after.ts";
import { quote } from "./secrets.ts";

/** An answer that holds no vectors. */
export interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** What of the options an answer depends on. */
export type RefusalScope = Pick<
  ResolvedHttpProviderOptions,
  "shownUrl" | "secrets" | "hasKey" | "model" | "dimension"
> & { readonly clock?: Clock | undefined };

interface Meaning {
  readonly code: EmbeddingErrorCode;
  readonly mayPass?: boolean;
  readonly isTooLong?: boolean;
  readonly advice: string;
}

interface TextRule extends Meaning {
  readonly statuses: readonly number[];
  /** What the provider calls the failure, or says of it. */
  readonly text: RegExp;
  /** The rule is for requests with `dimensions` only. */
  readonly isOfDimension?: boolean;
}

const TOO_LONG: Meaning = {
  code: "text_refused",
  isTooLong: true,
  advice: "Set `maxTokens` to what the model takes",
};

const UNKNOWN_MODEL: Meaning = {
  code: "unknown_model",
  advice: "Check `model`, and that `/embeddings` is under `endpoint`",
};

/** The first rule whose text matches wins; without a match, the status decides. */
const TEXT_RULES: readonly TextRule[] = [
  {
    // OpenAI's account is empty: waiting does not fill it.
    statuses: [402, 403, 429],
    text: /insufficient_quota/,
    code: "rate_limited",
    advice: "The account has no quota left, so the call is not tried again: see to its billing",
  },
  {
    // OpenAI: one call that is larger than the limit of a whole minute.
    statuses: [429],
    text: /^Request too large/m,
    ...TOO_LONG,
  },
  {
    statuses: [400, 422],
    text: /\bdimensions?\b/i,
    isOfDimension: true,
    code: "wrong_dimension",
    advice: "Leave `dimension` out, or set one that the model has",
  },
  {
    // 500: llama.cpp, and Ollama before 0.6.
    statuses: [400, 413, 422, 500],
    text: /maximum context|context (length|size|window)|too many tokens|(less|fewer) than \d+ tokens|too large to process/i,
    ...TOO_LONG,
  },
  {
    statuses: [400, 422],
    text: /too long|too large|\bexceed/i,
    ...TOO_LONG,
  },
  {
    statuses: [400, 403, 422],
    text: /model_not_found|\b(unknown|invalid|no such) model\b|\bmodel\b.{0,100}\b(not found|(does|do) not exist)\b/i,
    ...UNKNOWN_MODEL,
  },
];

const TEXT_REFUSED: Meaning = { code: "text_refused", advice: "The provider does not take it" };
const PROVIDER_FAILED: Meaning = {
  code: "provider_failed",
  mayPass: true,
  advice: "The provider's own log or status page says more",
};
const OTHER_STATUS: Meaning = {
  code: "provider_failed",
  advice: "Check `endpoint`: embeddings APIs do not answer so",
};

const MEANING_BY_STATUS: Readonly<Record<number, Meaning>> = {
  400: TEXT_REFUSED,
  // The service wants to be paid first.
  402: { code: "rate_limited", advice: "See to the account's billing" },
  404: UNKNOWN_MODEL,
  405: UNKNOWN_MODEL,
  408: PROVIDER_FAILED,
  409: PROVIDER_FAILED,
  410: UNKNOWN_MODEL,
  413: TOO_LONG,
  422: TEXT_REFUSED,
  425: PROVIDER_FAILED,
  429: {
    code: "rate_limited",
    mayPass: true,
    advice: "Run fewer calls at a time, or raise `retryMs`",
  },
};

/** Turns an answer that holds no vectors into a coded error, and says whether it may pass. */
export function classifyRefusal(refusal: Refusal, scope: RefusalScope): Failure {
  const { status, headers } = refusal;
  const said = readComplaint(refusal.body);
  const { code, mayPass = false, isTooLong = false, advice } = findMeaning(status, said, scope);
  const text = quote(said.message, scope.secrets);
  const what = text === "" ? "and says nothing more" : JSON.stringify(text);
  const message = `${scope.shownUrl} answers ${status} for model ${JSON.stringify(scope.model)}: ${what}. ${advice}.`;
  // With other codes there is nothing to wait for.
  const isBusy = code === "rate_limited" || code === "provider_failed";
  const { clock = systemClock } = scope;
  const retryAfterMs = isBusy ? parseRetryAfterMs(headers, new Date(clock.now())) : undefined;
  return { error: new EmbeddingError(code, message, { status, retryAfterMs, isTooLong }), mayPass };
}

function findMeaning(status: number, said: Complaint, scope: RefusalScope): Meaning {
  const words = [said.name, said.message].join("\n");
  const rule = TEXT_RULES.find(
    ({ statuses, text, isOfDimension }) =>
      statuses.includes(status) &&
      (isOfDimension !== true || scope.dimension !== undefined) &&
      text.test(words),
  );
  if (rule !== undefined) return rule;
  if (status === 401 || status === 403) {
    return scope.hasKey
      ? { code: "key_refused", advice: "Check `apiKey`, and that it may use this model" }
      : { code: "key_missing", advice: "Set `apiKey`" };
  }
  if (status >= 300 && status < 400) {
    // Following it would turn the call into another, and send texts where nobody said.
    return { code: "unknown_model", advice: "Set `endpoint` to where it redirects" };
  }
  return MEANING_BY_STATUS[status] ?? (status >= 500 ? PROVIDER_FAILED : OTHER_STATUS);
}

interface Complaint {
  /** The failure's code and type. */
  readonly name: string;
  readonly message: string;
}

/**
 * Reads `{ error: { message, code, type } }` (OpenAI), `{ error: "…" }` (Ollama, TEI),
 * `{ message, code, type }` (vLLM, Mistral), `{ detail: [{ msg }] }` (FastAPI), or any other text.
 */
function readComplaint(body: string): Complaint {
  // A proxy's page has no fields, and is quoted as it is.
  const answer = parseFields(body) ?? {};
  const error = isFields(answer.error) ? answer.error : {};
  const names = [error.code, error.type, answer.code, answer.type];
  const name = names.filter((part) => typeof part === "string").join("\n");
  const details: readonly unknown[] = Array.isArray(answer.detail) ? answer.detail : [];
  const messages = [
    error.message,
    answer.error,
    answer.message,
    answer.detail,
    // Not the rest of it: FastAPI repeats the texts that were sent.
    ...details.map((detail) => (isFields(detail) ? detail.msg : undefined)),
  ];
  return { name, message: messages.find((part) => typeof part === "string") ?? body };
}
