// Keys of the section `[embeddings]`. The provider's key itself is none: it stays in the environment.
import type { KeyDefinition } from "../key-definition.ts";
import { maskEndpoint } from "../mask-endpoint.ts";
import {
  accountIds,
  httpUrl,
  momentInTime,
  oneOf,
  positiveInteger,
  text,
  texts,
  trueOrFalse,
  wholeNumber,
} from "../value-types.ts";

/** Who embeds: an endpoint like OpenAI's, or a model in this process. */
type ProviderKind = "http" | "local";

/** Which token's vector stands for a text, of a local model. */
type Pooling = "mean" | "cls" | "last_token";

/** How vectors are kept. */
type VectorStorage = "auto" | "pgvector" | "array";

/** The values of the keys of embeddings. */
export interface EmbeddingConfigValues {
  readonly "embeddings.enabled": boolean;
  readonly "embeddings.provider": ProviderKind;
  readonly "embeddings.endpoint": string;
  /** Absent until somebody chooses one. */
  readonly "embeddings.model": string | undefined;
  readonly "embeddings.model_version": string;
  /** Absent for what the model says. */
  readonly "embeddings.dimension": number | undefined;
  readonly "embeddings.api_key_env": string;
  readonly "embeddings.document_prefix": string | undefined;
  readonly "embeddings.query_prefix": string | undefined;
  /** Absent for the provider's own default. */
  readonly "embeddings.max_tokens": number | undefined;
  /** Absent for 64, or what there is room for. */
  readonly "embeddings.overlap_tokens": number | undefined;
  readonly "embeddings.parent_context": boolean;
  readonly "embeddings.quote_context": boolean;
  /** Absent for the provider's own default. */
  readonly "embeddings.batch_size": number | undefined;
  readonly "embeddings.concurrency": number;
  readonly "embeddings.timeout_ms": number;
  readonly "embeddings.retry_ms": number;
  readonly "embeddings.local_folder": string;
  readonly "embeddings.local_download": boolean;
  readonly "embeddings.local_pooling": Pooling;
  readonly "embeddings.min_characters": number;
  /** Absent for everybody's. */
  readonly "embeddings.fids": readonly bigint[] | undefined;
  readonly "embeddings.since": Date | undefined;
  readonly "embeddings.until": Date | undefined;
  /** Absent for casts in and outside of all channels. */
  readonly "embeddings.channels": readonly string[] | undefined;
  readonly "embeddings.budget_texts": number | undefined;
  readonly "embeddings.budget_tokens": number | undefined;
  readonly "embeddings.storage": VectorStorage;
  readonly "embeddings.full_text_index": boolean;
  readonly "embeddings.trigram_index": boolean;
}

/** The definition of each key of embeddings. */
export const EMBEDDING_KEYS: {
  readonly [Key in keyof EmbeddingConfigValues]: KeyDefinition<EmbeddingConfigValues[Key]>;
} = {
  "embeddings.enabled": {
    type: trueOrFalse,
    default: false,
    description: "embed casts beside the sync",
  },
  "embeddings.provider": {
    type: oneOf<ProviderKind>(["http", "local"]),
    default: "http",
    description:
      "http: an endpoint like OpenAI's (also Ollama, vLLM, TEI); local: a model in this process",
    flag: "--provider <kind>",
  },
  "embeddings.endpoint": {
    type: httpUrl,
    default: "http://localhost:11434/v1",
    description: "URL that /embeddings is below, such as https://api.openai.com/v1",
    flag: "--embeddings-endpoint <url>",
    mask: maskEndpoint,
  },
  "embeddings.model": {
    type: text,
    default: undefined,
    description: "name of the model, such as text-embedding-3-small; must be set",
    flag: "--model <name>",
  },
  "embeddings.model_version": {
    type: text,
    default: "1",
    description: "counted up by you when the model behind the name has changed; embeds all anew",
  },
  "embeddings.dimension": {
    type: positiveInteger,
    default: undefined,
    description:
      "numbers in a vector, asked of models that offer several; the model's own otherwise",
  },
  "embeddings.api_key_env": {
    type: text,
    default: "EMBEDDINGS_API_KEY",
    description: "environment variable that holds the provider's key, if it wants one",
  },
  "embeddings.document_prefix": {
    type: text,
    default: undefined,
    description: "put before every text that is embedded, for models that ask for it",
  },
  "embeddings.query_prefix": {
    type: text,
    default: undefined,
    description: "put before every text that is searched for, for models that ask for it",
  },
  "embeddings.max_tokens": {
    type: positiveInteger,
    default: undefined,
    description:
      "longest text, in tokens; longer casts are embedded in parts. 512 over http, else the model's",
  },
  "embeddings.overlap_tokens": {
    type: wholeNumber,
    default: undefined,
    description:
      "tokens that a part repeats of the one before, below half of the longest text; 64, or what there is room for",
  },
  "embeddings.parent_context": {
    type: trueOrFalse,
    default: false,
    description: "embed a reply together with the text that it replies to",
  },
  "embeddings.quote_context": {
    type: trueOrFalse,
    default: false,
    description: "embed a cast together with the texts of the casts that it quotes",
  },
  "embeddings.batch_size": {
    type: positiveInteger,
    default: undefined,
    description: "texts of one call; 64 over http, 16 in this process",
  },
  "embeddings.concurrency": {
    type: positiveInteger,
    default: 2,
    description: "calls at a time",
  },
  "embeddings.timeout_ms": {
    type: positiveInteger,
    default: 60_000,
    description: "longest wait for one answer, in milliseconds",
  },
  "embeddings.retry_ms": {
    type: wholeNumber,
    default: 10_000,
    description:
      "how long a failing call is tried again before it counts as failed, in milliseconds",
  },
  "embeddings.local_folder": {
    type: text,
    default: "./.snaprag/models",
    description: "folder that holds local models, each in a folder of its name",
  },
  "embeddings.local_download": {
    type: trueOrFalse,
    default: true,
    description: "download a local model that is not there",
  },
  "embeddings.local_pooling": {
    type: oneOf<Pooling>(["mean", "cls", "last_token"]),
    default: "mean",
    description: "what a local model makes its vector of",
  },
  "embeddings.min_characters": {
    type: positiveInteger,
    default: 1,
    description: "fewest characters of a cast that is embedded",
  },
  "embeddings.fids": {
    type: accountIds,
    default: undefined,
    description: "authors whose casts are embedded; everybody's when left out",
  },
  "embeddings.since": {
    type: momentInTime,
    default: undefined,
    description: "time from which casts are embedded, such as 2026-01-01",
  },
  "embeddings.until": {
    type: momentInTime,
    default: undefined,
    description: "time up to which casts are embedded, itself excluded",
  },
  "embeddings.channels": {
    type: texts,
    default: undefined,
    description: "parent URLs of the channels whose casts are embedded; all casts when left out",
  },
  "embeddings.budget_texts": {
    type: positiveInteger,
    default: undefined,
    description: "most texts that one run sends to the provider",
  },
  "embeddings.budget_tokens": {
    type: positiveInteger,
    default: undefined,
    description: "most tokens that one run sends to the provider",
  },
  "embeddings.storage": {
    type: oneOf<VectorStorage>(["auto", "pgvector", "array"]),
    default: "auto",
    description:
      "auto: pgvector where the database has it; array: without, searched one by one; pgvector: that or nothing",
  },
  "embeddings.full_text_index": {
    type: trueOrFalse,
    default: false,
    description: "keep an index of the words of all casts, for search by words",
  },
  "embeddings.trigram_index": {
    type: trueOrFalse,
    default: false,
    description:
      "keep an index of parts of words of all casts, for search by words that are misspelt",
  },
};
