import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { FeatureExtractionPipeline } from "@huggingface/transformers";
import { EmbeddingError } from "../../errors.ts";
import type { Transformers } from "./import-transformers.ts";
import { importTransformers, toReason } from "./import-transformers.ts";
import type { ResolvedLocalProviderOptions } from "./local-provider-options.ts";
import { MODEL_FILES } from "./local-provider-options.ts";

/** A model that is ready, and the folder that it is from. */
export interface LoadedModel {
  readonly path: string;
  readonly pipeline: FeatureExtractionPipeline;
}

const TASK = "feature-extraction";

/** ONNX Runtime's level for what ends the process: its warnings are not for users. */
const ONLY_FATAL = 4;

/**
 * Loads a model from its folder, downloading first what is not there if that is allowed.
 *
 * The package's own settings of where models are hold for the whole process, so none of them is
 * touched: a model that is there is loaded by its path, which the package never looks for in the
 * network, and one to be downloaded gets a folder for this load only.
 *
 * @throws {EmbeddingError} `package_missing`, or `model_unavailable` with the path
 */
export async function loadModel(options: ResolvedLocalProviderOptions): Promise<LoadedModel> {
  const transformers = await importTransformers();
  const folder = options.folder ?? transformers.env.cacheDir ?? "models";
  const path = resolve(folder, options.model);
  const missing = await listMissingFiles(path, options);
  if (missing.length > 0 && !options.isDownloadAllowed) {
    throw new EmbeddingError(
      "model_unavailable",
      `the model in ${path} lacks ${missing.join(", ")}. Put it there, or allow its download.`,
    );
  }
  const source =
    missing.length === 0
      ? { name: path, settings: { local_files_only: true } }
      : { name: options.model, settings: { cache_dir: resolve(folder) } };
  try {
    return { path, pipeline: await createPipeline(transformers, source, options) };
  } catch (cause) {
    throw unloadable(path, cause);
  }
}

function unloadable(path: string, cause: unknown): EmbeddingError {
  return new EmbeddingError(
    "model_unavailable",
    `the model in ${path} cannot be loaded: ${toReason(cause)}. Check that its files are complete, or remove them and let them be downloaded.`,
    { cause },
  );
}

interface ModelSource {
  readonly name: string;
  readonly settings: { readonly local_files_only?: boolean; readonly cache_dir?: string };
}

async function createPipeline(
  { pipeline }: Transformers,
  { name, settings }: ModelSource,
  { dtype, threads }: ResolvedLocalProviderOptions,
): Promise<FeatureExtractionPipeline> {
  const created = await pipeline(TASK, name, {
    ...settings,
    device: "cpu",
    dtype,
    session_options: {
      logSeverityLevel: ONLY_FATAL,
      ...(threads !== undefined && { intraOpNumThreads: threads }),
    },
  });
  // The package takes a model without a tokenizer for one that needs none, whatever its types say.
  const tokenizer: unknown = created.tokenizer;
  if (typeof tokenizer === "function") return created;
  await created.dispose();
  throw new Error("it has no tokenizer");
}

/** Looked at beforehand, as the package remembers files that it has not found. */
async function listMissingFiles(
  path: string,
  { dtype }: ResolvedLocalProviderOptions,
): Promise<readonly string[]> {
  const names = ["config.json", "tokenizer.json", "tokenizer_config.json", MODEL_FILES[dtype]];
  const found = await Promise.all(names.map((name) => isFile(join(path, name))));
  return names.filter((_, index) => !found[index]);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    // Not there, or not to be read: of no use either way, and the caller names it.
    return false;
  }
}
