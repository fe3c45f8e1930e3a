import { resolve } from "node:path";
import type { EmbeddingProvider } from "@snaprag/embeddings";
import type { Settings } from "../../config/load-settings.ts";
import { CliError, whenConfigured } from "../../errors/cli-error.ts";
import type { CliContext } from "../program/cli-context.ts";

/** Where a provider is opened from. */
export interface ProviderSurroundings extends Pick<CliContext, "environment" | "folder"> {
  readonly signal: AbortSignal;
  /**
   * Longest time that a call is tried again, whatever is configured, in milliseconds.
   *
   * @default no limit
   */
  readonly patienceMs?: number | undefined;
}

function modelOf(settings: Settings): string {
  const model = settings["embeddings.model"].value;
  if (model !== undefined) return model;
  throw new CliError("configuration", "No model is chosen to embed with.", {
    advice:
      "Set `embeddings.model` or --model, such as `nomic-embed-text` of Ollama or `text-embedding-3-small` of OpenAI.",
  });
}

/** What providers of either kind are told. */
function sharedOptionsOf(settings: Settings) {
  return {
    model: modelOf(settings),
    dimension: settings["embeddings.dimension"].value,
    maxTokens: settings["embeddings.max_tokens"].value,
    maxBatchTexts: settings["embeddings.batch_size"].value,
    documentPrefix: settings["embeddings.document_prefix"].value,
    queryPrefix: settings["embeddings.query_prefix"].value,
  };
}

/**
 * Opens the provider that the settings describe, and asks it once, so that a wrong key, model or
 * address shows at once. The key is read from the environment, and stands nowhere else.
 *
 * @throws {CliError} `configuration` when no model is chosen
 * @throws {EmbeddingError} when it does not answer as it should
 */
export async function openProvider(
  settings: Settings,
  { environment, folder, signal, patienceMs = Number.POSITIVE_INFINITY }: ProviderSurroundings,
): Promise<EmbeddingProvider> {
  const { openHttpProvider, openLocalProvider } = await import("@snaprag/embeddings");
  const shared = sharedOptionsOf(settings);
  if (settings["embeddings.provider"].value === "local") {
    return whenConfigured(() =>
      openLocalProvider({
        ...shared,
        folder: resolve(folder, settings["embeddings.local_folder"].value),
        isDownloadAllowed: settings["embeddings.local_download"].value,
        pooling: settings["embeddings.local_pooling"].value,
      }),
    );
  }
  return whenConfigured(() =>
    openHttpProvider({
      ...shared,
      endpoint: settings["embeddings.endpoint"].value,
      // An empty variable counts as not set, as compose files write it.
      apiKey: environment[settings["embeddings.api_key_env"].value] || undefined,
      timeoutMs: settings["embeddings.timeout_ms"].value,
      retryMs: Math.min(settings["embeddings.retry_ms"].value, patienceMs),
      signal,
    }),
  );
}
