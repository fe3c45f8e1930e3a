// What is said of embeddings, to people and to machines.
import type { EmbedderProgress, EmbeddingSet, EmbeddingSetStatus } from "@snaprag/embeddings";
import { formatCount } from "../../screen/format-quantity.ts";
import type { Announcement } from "../../screen/reporter.ts";
import { textTable } from "../../screen/text-table.ts";

/** How a set's vectors are kept; it is the one line that says what a database lacks. */
export function storageReport({ vectorType, model, dimension }: EmbeddingSet): Announcement {
  const what = `Keeping vectors of ${model}, ${dimension} numbers each`;
  return {
    event: "vectors",
    fields: { model, dimension, storage: vectorType },
    sentence:
      vectorType === "real[]"
        ? `${what}, in plain arrays: without pgvector, search compares one by one.`
        : `${what}, with pgvector (${vectorType}).`,
  };
}

/** How far a running embedder is. */
export function progressReport(progress: EmbedderProgress): Announcement {
  return { event: "embedding progress", fields: progress, sentence: progressLine(progress) };
}

/**
 * What is left to say of an embedder that has stopped, for as long as the sync beside it goes on: its
 * last progress alone would look as if it had nothing to do.
 */
export function stoppedReport(why: string, progress: EmbedderProgress | undefined): Announcement {
  return {
    event: "embedding progress",
    fields: { ...progress, castsPerSecond: 0, state: "stopped", reason: why },
    sentence: `embeddings  stopped: ${why}`,
  };
}

function progressLine(progress: EmbedderProgress): string {
  const { state, castCount, textCount, reusedTextCount, tokenCount, castsPerSecond } = progress;
  const { refusedCount, errorCount } = progress;
  return [
    `embeddings  ${state}`,
    `${formatCount(castCount)} casts`,
    `${formatCount(textCount)} texts sent, ${formatCount(reusedTextCount)} known`,
    `${formatCount(tokenCount)} tokens`,
    ...(castsPerSecond > 0 ? [`${formatCount(Math.round(castsPerSecond))} casts/s`] : []),
    ...(refusedCount > 0 ? [`${formatCount(refusedCount)} refused`] : []),
    ...(errorCount > 0 ? [`${formatCount(errorCount)} errors`] : []),
  ].join("  ");
}

/** The sets of vectors for machines. Fields are only ever added. */
export function embeddingsToObject(sets: readonly EmbeddingSetStatus[]): readonly object[] {
  return sets.map((set) => ({
    model: set.model,
    version: set.version,
    dimension: set.dimension,
    storage: set.vectorType,
    recipe: set.recipe,
    state: set.state,
    isCurrent: set.isCurrent,
    casts: Number(set.castCount),
    texts: Number(set.textCount),
    tokens: Number(set.tokenCount),
    refused: Number(set.refusedCount),
    backlog: Number(set.backlogCount),
    castsPerSecond: set.castsPerSecond,
    errors: Number(set.errorCount),
    lastError: set.lastError && {
      message: set.lastError.message,
      at: set.lastError.at.toISOString(),
    },
  }));
}

/** The sets of vectors as a table, and the last error of each; nothing where there are none. */
export function embeddingStatusLines(sets: readonly EmbeddingSetStatus[]): readonly string[] {
  if (sets.length === 0) return [];
  const headings = ["model", "version", "vectors", "state", "casts", "tokens", "backlog"];
  const rows = sets.map((set) => [
    set.model,
    set.version,
    `${set.dimension} ${set.vectorType}`,
    set.state,
    formatCount(set.castCount),
    formatCount(set.tokenCount),
    formatCount(set.backlogCount),
    set.castsPerSecond.toFixed(1),
    formatCount(set.refusedCount),
    formatCount(set.errorCount),
  ]);
  const errors = sets.flatMap(({ model, lastError }) =>
    lastError ? [`last error of ${model}: ${lastError.at.toISOString()} ${lastError.message}`] : [],
  );
  return ["", ...textTable([...headings, "casts/s", "refused", "errors"], rows), ...errors];
}
