import type { EmbeddingErrorCode } from "../../errors.ts";
import { EmbeddingError } from "../../errors.ts";
import type { EmbeddedTexts, EmbeddingProvider } from "../../provider.ts";
import type { EmbedderRun } from "../run/embedder-run.ts";
import type { PartText } from "./draft.ts";

/** Failures that one text can bring about. The others are of whoever asks, or of the network. */
const BLAMED_ON_TEXTS: ReadonlySet<EmbeddingErrorCode> = new Set([
  "text_refused",
  "provider_failed",
  "malformed_answer",
]);

/** A text that the budget has room for. */
export interface Order extends PartText {
  readonly tokenCount: number;
}

/** What became of texts, by content hash as hex. */
export interface Answers {
  readonly vectors: Map<string, Float32Array>;
  readonly refusals: Map<string, EmbeddingError>;
}

function checkAnswer(answer: EmbeddedTexts, textCount: number, provider: EmbeddingProvider): void {
  const { model, dimension } = provider;
  if (answer.vectors.length !== textCount) {
    throw new EmbeddingError(
      "malformed_answer",
      `${model} gave ${answer.vectors.length} vectors for ${textCount} texts`,
    );
  }
  for (const vector of answer.vectors) {
    if (vector.length !== dimension) {
      throw new EmbeddingError(
        "wrong_dimension",
        `${model} gave a vector of ${vector.length} numbers in place of ${dimension}`,
      );
    }
    if (!vector.every((number) => Number.isFinite(number))) {
      throw new EmbeddingError("malformed_answer", `${model} gave a vector with no finite number`);
    }
  }
}

function countTokens(orders: readonly Order[]): number {
  return orders.reduce((sum, order) => sum + order.tokenCount, 0);
}

/** One call, and its price. */
async function call(run: EmbedderRun, orders: readonly Order[], answers: Answers): Promise<void> {
  const { provider } = run.options;
  run.signal.throwIfAborted();
  const texts = orders.map((order) => order.text);
  const answer = await provider.embed(texts, { role: "document", signal: run.signal });
  checkAnswer(answer, texts.length, provider);
  const reserved = countTokens(orders);
  const tokenCount = answer.tokenCount ?? reserved;
  run.budget.refund(0, reserved - tokenCount);
  for (const counts of [run.activity, run.unbilled]) {
    counts.textCount += texts.length;
    counts.tokenCount += tokenCount;
  }
  for (const [index, vector] of answer.vectors.entries()) {
    const key = orders[index]?.key ?? "";
    answers.vectors.set(key, vector);
    run.memory.keep(key, vector);
  }
}

/** One call. Returns what went wrong with it, if that can be for one of its texts. */
async function tryCall(
  run: EmbedderRun,
  orders: readonly Order[],
  answers: Answers,
): Promise<EmbeddingError | undefined> {
  try {
    await call(run, orders, answers);
    return undefined;
  } catch (error) {
    if (!(error instanceof EmbeddingError) || !BLAMED_ON_TEXTS.has(error.code)) throw error;
    run.signal.throwIfAborted();
    return error;
  }
}

/** Whether the provider answers, with a vector or by refusing the text. */
async function isAnswered(
  run: EmbedderRun,
  orders: readonly Order[],
  answers: Answers,
): Promise<boolean> {
  const error = await tryCall(run, orders, answers);
  return error === undefined || error.code === "text_refused";
}

/** Calls with halves of what fails, down to the texts that are meant. */
async function callInHalves(
  run: EmbedderRun,
  orders: readonly Order[],
  answers: Answers,
): Promise<void> {
  const [first] = orders;
  if (first === undefined) return;
  const error = await tryCall(run, orders, answers);
  if (error === undefined) return;
  if (orders.length === 1) {
    answers.refusals.set(first.key, error);
    return;
  }
  const middle = orders.length >> 1;
  await callInHalves(run, orders.slice(0, middle), answers);
  await callInHalves(run, orders.slice(middle), answers);
}

/**
 * Embeds the texts of one call, without those that fail it.
 *
 * Whoever refuses a text says so. One that makes a provider fail looks like an outage: it is told by
 * other texts that go through at the same time. So before all of them are tried in halves, the first
 * and the last are asked by themselves, and when neither gets an answer the provider is down.
 */
async function callWithoutBad(
  run: EmbedderRun,
  orders: readonly Order[],
  answers: Answers,
): Promise<void> {
  const error = await tryCall(run, orders, answers);
  if (error === undefined) return;
  if (error.code !== "text_refused") {
    const [first, last] = [orders.slice(0, 1), orders.slice(1).slice(-1)];
    const isUp =
      last.length > 0 &&
      ((await isAnswered(run, first, answers)) || (await isAnswered(run, last, answers)));
    if (!isUp) throw error;
  } else if (orders.length === 1) {
    for (const { key } of orders) answers.refusals.set(key, error);
    return;
  }
  const rest = orders.filter(({ key }) => !answers.vectors.has(key));
  const middle = Math.ceil(rest.length / 2);
  await callInHalves(run, rest.slice(0, middle), answers);
  await callInHalves(run, rest.slice(middle), answers);
}

/**
 * Embeds texts, in calls of as many as the provider takes.
 *
 * Those that it refuses are told apart from the others. What the budget had promised to texts that
 * are not embedded goes back to it.
 */
export async function embedTexts(run: EmbedderRun, orders: readonly Order[]): Promise<Answers> {
  const answers: Answers = { vectors: new Map(), refusals: new Map() };
  const { maxBatchTexts } = run.options.provider;
  try {
    for (let from = 0; from < orders.length; from += maxBatchTexts) {
      await callWithoutBad(run, orders.slice(from, from + maxBatchTexts), answers);
    }
  } finally {
    const rest = orders.filter((order) => !answers.vectors.has(order.key));
    run.budget.refund(rest.length, countTokens(rest));
  }
  return answers;
}
