// A provider of embeddings in a process of its own, that fails as it is told.
import { cpuSecondsOf } from "./processes/run-measured.mjs";
import { startChild } from "./processes/start-child.mjs";

/** What the provider calls its model. */
export const MODEL = "test-model";

const PROGRAM = "../packages/embeddings/test/support/serve-embedding-api.ts";
const AS_SOURCE = ["--conditions", "snaprag-source", "--import", "tsx"];

/** Starts a provider; options are those of `startEmbeddingApi`. */
export async function startEmbeddingsApi(options = {}) {
  const child = await startChild(PROGRAM, [JSON.stringify({ model: MODEL, ...options })], {
    nodeFlags: AS_SOURCE,
  });
  const endpoint = child.ready;
  return {
    endpoint,
    /** CPU seconds so far. */
    cpuSeconds: () => cpuSecondsOf(child.pid),
    /** Calls and texts so far. */
    async counts() {
      const response = await fetch(new URL("/counts", endpoint));
      return await response.json();
    },
    stop: child.stop,
  };
}
