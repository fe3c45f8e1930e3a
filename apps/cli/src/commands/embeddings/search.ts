import { existsSync } from "node:fs";
import { hostname } from "node:os";
import type { EmbeddingProvider, SearchHit, SearchMode } from "@snaprag/embeddings";
import { createCastSearch } from "@snaprag/embeddings";
import type { StorageError } from "@snaprag/storage";
import type { PostgresEmbeddingStore } from "@snaprag/storage-postgres/embeddings";
import { CliError, isNamed } from "../../errors/cli-error.ts";
import { createOutput, toJson } from "../../output.ts";
import type { DatabaseTarget } from "../database/database-target.ts";
import { databaseTargetOf, placeOf } from "../database/database-target.ts";
import { UNDEFINED_TABLE } from "../database/look-at-database.ts";
import { openDatabase } from "../database/open-database.ts";
import type { Invocation } from "../program/cli-context.ts";
import { openProvider } from "./open-provider.ts";
import { hitLines, hitsToObject } from "./search-report.ts";

/** Flags of `snaprag search`. */
export interface SearchWords {
  readonly mode: SearchMode;
  readonly fid?: bigint;
  readonly channel?: string;
  readonly since?: Date;
  readonly limit: number;
  readonly json?: true;
  readonly devnet?: true;
}

/** The flags, and what to look for. */
export interface SearchFlags extends SearchWords {
  readonly text: string;
}

/** Somebody is waiting. */
const PATIENCE_MS = 2000;

/** `snaprag search`: live casts, best first. */
export async function runSearch(invocation: Invocation, flags: SearchFlags): Promise<void> {
  const { context, settings } = invocation;
  const target = databaseTargetOf(settings, { folder: context.folder, isDevnet: flags.devnet });
  const output = createOutput(context.stdout, context.stderr);
  if (flags.text.trim() === "") {
    const advice = 'Say what, such as `snaprag search "storage rent"`.';
    throw new CliError("usage", "There is nothing to look for.", { advice });
  }
  // Opening an embedded database would create it.
  if (target.kind === "embedded" && !existsSync(target.folder)) throw nothingMirrored(target);
  const { signal } = new AbortController();
  await using provider =
    flags.mode === "words"
      ? noProvider()
      : await openProvider(settings, { ...context, signal, patienceMs: PATIENCE_MS });
  await using database = await openDatabase(target, {
    holder: `snaprag search on ${hostname()}`,
    isGuestAllowed: true,
  });
  await using store = await database.openEmbeddings();
  const hits = await search(flags, { store, provider, target });
  if (flags.json) return output.line(toJson(hitsToObject(flags, hits)));
  for (const line of hitLines(hits)) output.line(line);
}

/** Stands in the place of a provider where words are enough. */
function noProvider(): AsyncDisposable & { readonly model?: undefined } {
  return { [Symbol.asyncDispose]: async () => undefined };
}

interface SearchPlace {
  readonly store: PostgresEmbeddingStore;
  readonly provider: EmbeddingProvider | ReturnType<typeof noProvider>;
  readonly target: DatabaseTarget;
}

async function search(
  { text, mode, fid, channel, since, limit }: SearchFlags,
  { store, provider, target }: SearchPlace,
): Promise<readonly SearchHit[]> {
  const { search: find } = createCastSearch({
    store,
    provider: provider.model === undefined ? undefined : provider,
  });
  try {
    return await find({ text, mode, filter: { fid, channel, since }, limit });
  } catch (error) {
    const isBare =
      isNamed<StorageError>(error, "StorageError") && error.sqlState === UNDEFINED_TABLE;
    throw isBare ? nothingMirrored(target) : error;
  }
}

function nothingMirrored(target: DatabaseTarget): CliError {
  const what = `Nothing is mirrored yet in ${placeOf(target)}, so that nothing can be found.`;
  return new CliError("nothing_embedded", what, {
    advice: "Run `snaprag sync` first, and `snaprag embed` for more than words.",
  });
}
