import { hostname } from "node:os";
import type { EmbedderOutcome, EmbedderProgress } from "@snaprag/embeddings";
import { createEmbedder } from "@snaprag/embeddings";
import { CliError, withConfigured } from "../../errors/cli-error.ts";
import { createOutput } from "../../output.ts";
import { formatAmount, formatCount } from "../../screen/format-quantity.ts";
import type { DatabaseTarget } from "../database/database-target.ts";
import { databaseTargetOf, placeOf } from "../database/database-target.ts";
import { openDatabase } from "../database/open-database.ts";
import type { Invocation } from "../program/cli-context.ts";
import type { Surroundings } from "../program/until-stopped.ts";
import { untilStopped } from "../program/until-stopped.ts";
import { embedderOptionsOf, textIndexesOf } from "./embedder-options.ts";
import { progressReport, storageReport } from "./embedding-lines.ts";
import { openProvider } from "./open-provider.ts";

/** Flags of `snaprag embed`. */
export interface EmbedFlags {
  readonly once?: true;
  readonly retryRefused?: true;
  readonly forget?: true;
  readonly force?: true;
  readonly devnet?: true;
}

/** `snaprag embed`: gives casts their vectors, until it is told to stop or as `--once` says. */
export async function runEmbed(invocation: Invocation, flags: EmbedFlags): Promise<void> {
  const { context, settings } = invocation;
  const target = databaseTargetOf(settings, { folder: context.folder, isDevnet: flags.devnet });
  if (flags.forget) return await forget(invocation, target, flags);
  await untilStopped(invocation, async (surroundings) => {
    const { shutdown } = surroundings;
    const { signal } = shutdown;
    shutdown.enter("the provider to answer");
    await using provider = await openProvider(settings, { ...context, signal });
    shutdown.enter("the database to open");
    await using database = await openForWriting(target);
    await using store = await database.openEmbeddings();
    shutdown.enter("an index to be built");
    await store.buildTextIndexes(textIndexesOf(settings), signal);
    if (flags.retryRefused) await store.retryRefused();
    const embedder = withConfigured(() =>
      createEmbedder({
        ...{ provider, store, logger: surroundings.reporter.logger },
        ...embedderOptionsOf(settings),
        onTakenUp: (set) => surroundings.reporter.announce(storageReport(set)),
      }),
    );
    announceStart(surroundings, { model: provider.model, place: placeOf(target) });
    shutdown.enter("the batches in progress to be written, or an index to be built");
    using _progress = surroundings.reporter.follow(
      () => [],
      () => [progressReport(embedder.progress())],
    );
    const { reason } = await embedder.run({ signal, untilDone: flags.once });
    announceEnd(surroundings, reason, embedder.progress());
    shutdown.enter("the database to close");
  });
}

/** A database with its relations in place; the one that a sync has open, where it is embedded. */
async function openForWriting(target: DatabaseTarget) {
  const holder = `snaprag embed on ${hostname()}`;
  const database = await openDatabase(target, { holder, isGuestAllowed: true });
  try {
    await database.store.migrate();
    return database;
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

function announceStart(
  { reporter }: Surroundings,
  { model, place }: { readonly model: string; readonly place: string },
): void {
  reporter.announce({
    event: "embedding",
    fields: { model, database: place },
    sentence: `Embedding the casts in ${place} with ${model}. Ctrl-C stops.`,
  });
}

function announceEnd(
  { reporter }: Surroundings,
  reason: EmbedderOutcome["reason"],
  { castCount, textCount, tokenCount }: EmbedderProgress,
): void {
  const done = `${formatAmount(castCount, "cast")} looked at, ${formatAmount(textCount, "text")} sent, ${formatCount(tokenCount)} tokens`;
  reporter.announce({
    event: "embedded",
    fields: { reason, casts: castCount, texts: textCount, tokens: tokenCount },
    sentence:
      reason === "budget" ? `The budget is used up: ${done}.` : `Every cast is embedded: ${done}.`,
  });
}

async function forget(
  { context }: Invocation,
  target: DatabaseTarget,
  flags: EmbedFlags,
): Promise<void> {
  const loss = `every vector in ${placeOf(target)}`;
  if (!flags.force) {
    throw new CliError("usage", `This would delete ${loss}.`, {
      advice: "Add --force to delete them; the casts stay.",
    });
  }
  await using database = await openForWriting(target);
  await using store = await database.openEmbeddings();
  await store.forget();
  createOutput(context.stdout, context.stderr).line(`Deleted ${loss}.`);
}
