import type { EmbedderOptions } from "@snaprag/embeddings";
import type { TextIndexChoice } from "@snaprag/storage-postgres/embeddings";
import type { Settings } from "../../config/load-settings.ts";

/** What an embedder is told by the configuration: which casts, how, and at what cost. */
type ConfiguredOptions = Pick<
  EmbedderOptions,
  | "modelVersion"
  | "selection"
  | "context"
  | "storage"
  | "overlapTokens"
  | "concurrency"
  | "maxTextCount"
  | "maxTokenCount"
>;

/** Which indexes for searching by words the settings want. */
export function textIndexesOf(settings: Settings): TextIndexChoice {
  return {
    fullText: settings["embeddings.full_text_index"].value,
    trigram: settings["embeddings.trigram_index"].value,
  };
}

/** Takes an embedder's options from the settings. */
export function embedderOptionsOf(settings: Settings): ConfiguredOptions {
  return {
    modelVersion: settings["embeddings.model_version"].value,
    selection: {
      minCharacters: settings["embeddings.min_characters"].value,
      fids: settings["embeddings.fids"].value,
      since: settings["embeddings.since"].value,
      until: settings["embeddings.until"].value,
      channels: settings["embeddings.channels"].value,
    },
    context: {
      hasParent: settings["embeddings.parent_context"].value,
      hasQuotes: settings["embeddings.quote_context"].value,
    },
    storage: settings["embeddings.storage"].value,
    overlapTokens: settings["embeddings.overlap_tokens"].value,
    concurrency: settings["embeddings.concurrency"].value,
    maxTextCount: settings["embeddings.budget_texts"].value,
    maxTokenCount: settings["embeddings.budget_tokens"].value,
  };
}
