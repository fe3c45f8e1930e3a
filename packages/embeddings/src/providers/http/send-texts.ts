import { EmbeddingError } from "../../errors.ts";
import type { EmbeddedTexts } from "../../provider.ts";
import { followSignals } from "../follow-signals.ts";
import { classifyRefusal } from "./classify-refusal.ts";
import type { ResolvedHttpProviderOptions } from "./http-provider-options.ts";
import { readAnswer } from "./read-answer.ts";
import type { Outcome } from "./retry.ts";

/** The texts of one call, and what is known of their vectors. */
export interface TextBatch {
  readonly texts: readonly string[];
  /** Undefined when it is yet to be learned. */
  readonly dimension: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Sends texts once. Throws only the reason of the signal; every failure is an outcome. */
export async function sendTexts(
  batch: TextBatch,
  options: ResolvedHttpProviderOptions,
): Promise<Outcome<EmbeddedTexts>> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  using either = followSignals(batch.signal === undefined ? [timeout] : [batch.signal, timeout]);
  let response: Response | undefined;
  let body: string;
  try {
    response = await fetch(options.url, {
      method: "POST",
      headers: options.headers,
      body: toRequestBody(batch.texts, options),
      redirect: "manual",
      signal: either.signal,
    });
    body = await response.text();
  } catch (cause) {
    batch.signal?.throwIfAborted();
    const { shownUrl, timeoutMs } = options;
    if (timeout.aborted) return failed(tooSlow(shownUrl, timeoutMs));
    return failed(response === undefined ? noAnswer(shownUrl, cause) : cutOff(shownUrl, cause));
  }
  if (response.ok) return readOutcome(body, batch, options);
  const { status, headers } = response;
  return { failure: classifyRefusal({ status, headers, body }, options) };
}

function toRequestBody(
  texts: readonly string[],
  { model, dimension }: ResolvedHttpProviderOptions,
): string {
  // What is undefined is left out of the JSON.
  return JSON.stringify({ model, input: texts, encoding_format: "float", dimensions: dimension });
}

function readOutcome(
  body: string,
  { texts, dimension }: TextBatch,
  { shownUrl, secrets }: ResolvedHttpProviderOptions,
): Outcome<EmbeddedTexts> {
  try {
    return { result: readAnswer(body, { shownUrl, secrets, textCount: texts.length, dimension }) };
  } catch (error) {
    if (error instanceof EmbeddingError) return failed(error);
    throw error;
  }
}

function failed(error: EmbeddingError): Outcome<never> {
  return { failure: { error, mayPass: error.retryable } };
}

function tooSlow(shownUrl: string, timeoutMs: number): EmbeddingError {
  return new EmbeddingError(
    "unreachable",
    `no answer of ${shownUrl} within ${timeoutMs} ms. Raise \`timeoutMs\` or lower \`maxBatchTexts\` if it is only slow.`,
  );
}

function noAnswer(shownUrl: string, cause: unknown): EmbeddingError {
  return new EmbeddingError(
    "unreachable",
    `no answer of ${shownUrl}${describe(cause)}. Check that the provider is up and that \`endpoint\` is right.`,
    { cause },
  );
}

function cutOff(shownUrl: string, cause: unknown): EmbeddingError {
  return new EmbeddingError(
    "malformed_answer",
    `the answer of ${shownUrl} was cut off${describe(cause)}. A proxy in between may be to blame.`,
    { cause },
  );
}

/** Node's fetch says only that it failed; why stands in the cause, as a code of the system. */
function describe(cause: unknown): string {
  const reason = cause instanceof Error ? cause.cause : undefined;
  const code = reason instanceof Error && "code" in reason ? reason.code : undefined;
  return typeof code === "string" ? ` (${code})` : "";
}
