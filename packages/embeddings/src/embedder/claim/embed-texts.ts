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
  const tokenCount = answer.tokenCount ?? countTokens(orders);
  // What was answered before is paid for once more, and nothing was promised to it.
  const promised = orders.filter(({ key }) => !answers.vectors.has(key));
  run.budget.refund(promised.length - orders.length, countTokens(promised) - tokenCount);
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

/** The search for the texts that fail a call. */
interface Search {
  readonly answers: Answers;
  /** The texts of a call that the provider answers while it is up. */
  readonly witness: readonly Order[];
}

/** One of several texts that is answered by itself; undefined when the provider is down. */
async function findWitness(
  run: EmbedderRun,
  orders: readonly Order[],
  answers: Answers,
): Promise<readonly Order[] | undefined> {
  // A text by itself says nothing of others.
  if (orders.length === 1) return undefined;
  for (const alone of [orders.slice(0, 1), orders.slice(-1)]) {
    if (await isAnswered(run, alone, answers)) return alone;
  }
  return undefined;
}

/** Calls with halves of what fails, down to the texts that are meant. */
async function callInHalves(
  run: EmbedderRun,
  orders: readonly Order[],
  search: Search,
): Promise<void> {
  const { answers, witness } = search;
  const [first] = orders;
  if (first === undefined) return;
  const error = await tryCall(run, orders, answers);
  if (error === undefined) return;
  if (orders.length === 1) {
    const isRefused = error.code === "text_refused" || (await isAnswered(run, witness, answers));
    if (!isRefused) throw error;
    // The text may be of the witness, and answered with it.
    if (!answers.vectors.has(first.key)) answers.refusals.set(first.key, error);
    return;
  }
  const middle = orders.length >> 1;
  await callInHalves(run, orders.slice(0, middle), search);
  await callInHalves(run, orders.slice(middle), search);
}

/**
 * Embeds the texts of one call, without those that fail it.
 *
 * Whoever refuses a text says so. One that makes a provider fail looks like an outage: it is told by
 * other texts that go through at the same time. So before all of them are tried in halves, the first
 * and the last are asked by themselves, and when neither gets an answer the provider is down. It may
 * go down later as well: what was answered is asked again before each text that is blamed.
 */
async function callWithoutBad(
  run: EmbedderRun,
  orders: readonly Order[],
  answers: Answers,
): Promise<void> {
  const error = await tryCall(run, orders, answers);
  if (error === undefined) return;
  const isRefused = error.code === "text_refused";
  if (isRefused && orders.length === 1) {
    for (const { key } of orders) answers.refusals.set(key, error);
    return;
  }
  // A refusal of all of them is an answer.
  const witness = isRefused ? orders : await findWitness(run, orders, answers);
  if (witness === undefined) throw error;
  const search = { answers, witness };
  const rest = orders.filter(({ key }) => !answers.vectors.has(key));
  const middle = Math.ceil(rest.length / 2);
  await callInHalves(run, rest.slice(0, middle), search);
  await callInHalves(run, rest.slice(middle), search);
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
