// What the codes of embedding errors mean to whoever runs the command.
import type { EmbeddingErrorCode } from "@snaprag/embeddings";
import type { FailureRule } from "./failure-rule.ts";

const LATER = "Try again later; what is embedded stays, and a sync does not wait for it.";

/** How each failure of embedding and searching is told. */
export const EMBEDDING_RULES: { readonly [Code in EmbeddingErrorCode]: FailureRule } = {
  key_missing: {
    code: "key_missing",
    advice:
      "Set the key in the environment variable EMBEDDINGS_API_KEY, or in the one that `embeddings.api_key_env` names.",
  },
  key_refused: {
    code: "key_refused",
    advice:
      "Correct the key in the environment variable that `embeddings.api_key_env` names; `snaprag config show` says which that is.",
  },
  unreachable: {
    code: "provider_unreachable",
    advice: "Check that it runs and that `embeddings.endpoint` is right.",
  },
  rate_limited: { code: "provider_failing", advice: LATER },
  provider_failed: { code: "provider_failing", advice: LATER },
  malformed_answer: {
    code: "provider_failing",
    advice: "Check that `embeddings.endpoint` is the URL that /embeddings is below.",
  },
  unknown_model: {
    code: "provider_unsuitable",
    advice: "Correct `embeddings.model`, or `embeddings.endpoint`.",
  },
  // The embedder sets refused texts aside; what is left is a text that is searched for.
  text_refused: {
    code: "provider_unsuitable",
    advice: "Use another text, or a model that takes it.",
  },
  wrong_dimension: {
    code: "dimension_mismatch",
    advice:
      "Use the model that the vectors are of, or count up `embeddings.model_version` to have everything embedded anew.",
  },
  other_model: {
    code: "dimension_mismatch",
    advice:
      "Search with the model that the vectors are of, or run `snaprag embed` to have everything embedded anew.",
  },
  extension_missing: {
    code: "extension_missing",
    advice:
      'Install it on the database server; for vectors, `embeddings.storage = "auto"` does without.',
  },
  package_missing: {
    code: "package_missing",
    advice: "Install it beside snaprag: `npm install @huggingface/transformers`.",
  },
  model_unavailable: {
    code: "model_unavailable",
    advice: "Correct `embeddings.model` or `embeddings.local_folder`.",
  },
  superseded: {
    code: "in_use",
    advice: "One model is kept up to date at a time: stop one of the two.",
  },
  nothing_embedded: {
    code: "nothing_embedded",
    advice: "Run `snaprag embed` first, or search with `--mode words`.",
  },
};
