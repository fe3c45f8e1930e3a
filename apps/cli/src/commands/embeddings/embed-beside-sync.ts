// Embedding beside a sync: whatever happens to it, the sync goes on.
import { setTimeout as delay } from "node:timers/promises";
import type { Embedder, EmbedderOutcome, EmbeddingError } from "@snaprag/embeddings";
import { createEmbedder } from "@snaprag/embeddings";
import type { StorageError } from "@snaprag/storage";
import type { Settings } from "../../config/load-settings.ts";
import { isNamed, withConfigured } from "../../errors/cli-error.ts";
import { explainFailure } from "../../errors/explain-failure.ts";
import type { Announcement, Reporter } from "../../screen/reporter.ts";
import type { OpenDatabase } from "../database/open-database.ts";
import type { CliContext } from "../program/cli-context.ts";
import { embedderOptionsOf, textIndexesOf } from "./embedder-options.ts";
import { progressReport, stoppedReport, storageReport } from "./embedding-lines.ts";
import { openProvider } from "./open-provider.ts";

/** Between two tries to reach a provider, from the first to the longest. */
const RETRY_MS = 5000;
const MAX_RETRY_MS = 60_000;
/** How often it is asked whether the sync has caught up. */
const LOOK_MS = 500;

/** The sync that is embedded beside. */
export interface EmbeddedSync {
  readonly context: Pick<CliContext, "environment" | "folder">;
  readonly settings: Settings;
  readonly database: OpenDatabase;
  readonly reporter: Reporter;
  /** Whether the mirror has caught up once: until it has, it has machine and database for itself. */
  readonly isCaughtUp: () => boolean;
  readonly signal: AbortSignal;
}

/** An embedder that runs beside a sync. Disposing stops it and waits for that. */
export interface EmbedderBeside extends AsyncDisposable {
  /** What is to be told of it, also when it has stopped; nothing before it has begun. */
  report(): readonly Announcement[];
}

/** What there is where embeddings are not enabled. */
const NOTHING: EmbedderBeside = {
  report: () => [],
  [Symbol.asyncDispose]: async () => undefined,
};

/** Starts the embedder if the settings say so. Its failures are logged, and end nothing but it. */
export function embedBesideSync(sync: EmbeddedSync): EmbedderBeside {
  if (!sync.settings["embeddings.enabled"].value) return NOTHING;
  const leaving = new AbortController();
  const signal = AbortSignal.any([sync.signal, leaving.signal]);
  let embedder: Embedder | undefined;
  let whyStopped: string | undefined;
  const onBegun = (begun: Embedder) => {
    embedder = begun;
  };

  async function run(): Promise<void> {
    try {
      const { reason } = await embedAll({ ...sync, signal }, onBegun);
      whyStopped = reason === "budget" ? "The budget is used up." : "Every cast is embedded.";
    } catch (error) {
      if (signal.aborted) return;
      const { what, advice } = explainFailure(error);
      whyStopped = what;
      sync.reporter.logger.error(
        { err: error },
        `embedding has stopped, the sync goes on: ${what} ${advice}`,
      );
    }
  }

  const running = run();
  return {
    report() {
      if (whyStopped !== undefined) return [stoppedReport(whyStopped, embedder?.progress())];
      return embedder === undefined ? [] : [progressReport(embedder.progress())];
    },
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await running;
    },
  };
}

async function embedAll(
  sync: EmbeddedSync,
  onBegun: (embedder: Embedder) => void,
): Promise<EmbedderOutcome> {
  const { settings, database, reporter, isCaughtUp, signal } = sync;
  while (!isCaughtUp()) await delay(LOOK_MS, undefined, { signal });
  await using provider = await patiently(sync, "the embedding provider does not answer yet", () =>
    openProvider(settings, { ...sync.context, signal }),
  );
  await using store = await database.openEmbeddings();
  await patiently(sync, "the text indexes are not built yet", () =>
    store.buildTextIndexes(textIndexesOf(settings), signal),
  );
  const embedder = withConfigured(() =>
    createEmbedder({
      ...{ provider, store, logger: reporter.logger },
      ...embedderOptionsOf(settings),
      isHistoryAwaited: true,
      onTakenUp: (set) => reporter.announce(storageReport(set)),
    }),
  );
  onBegun(embedder);
  return await embedder.run({ signal });
}

function mayPass(error: unknown): boolean {
  return (
    (isNamed<EmbeddingError>(error, "EmbeddingError") && error.retryable) ||
    (isNamed<StorageError>(error, "StorageError") && error.retryable)
  );
}

/** Tries again what may pass: a provider that is down may come up later, as a database does. */
async function patiently<Result>(
  { reporter, signal }: EmbeddedSync,
  why: string,
  work: () => Promise<Result>,
): Promise<Result> {
  for (let waitMs = RETRY_MS; ; waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error)) throw error;
      reporter.logger.warn({ err: error, waitMs }, why);
      await delay(waitMs, undefined, { signal });
    }
  }
}
