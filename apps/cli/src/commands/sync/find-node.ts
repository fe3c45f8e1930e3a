import type { NodeClientError } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import { CliError, isNamed, withConfigured } from "../../errors/cli-error.ts";
import { explainFailure } from "../../errors/explain-failure.ts";

/**
 * Where nothing listens, that is known at once. A node that is busy, or a machine on which it is
 * started together with this, takes seconds to answer.
 */
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Several endpoints, in their order but for the first, which is the first whose node answers.
 *
 * @throws {NodeClientError} of the only endpoint, when there is one
 */
export async function findNode(
  endpoints: readonly string[],
  signal: AbortSignal,
): Promise<readonly [string, ...string[]]> {
  const failures: unknown[] = [];
  for (const endpoint of endpoints) {
    try {
      await askForInfo(endpoint, signal);
      return [endpoint, ...endpoints.filter((other) => other !== endpoint)];
    } catch (error) {
      signal.throwIfAborted();
      if (!isNamed<NodeClientError>(error, "NodeClientError") || endpoints.length === 1)
        throw error;
      failures.push(error);
    }
  }
  const reasons = failures.map((failure) => explainFailure(failure).what);
  throw new CliError("node_unreachable", `No node answers. ${reasons.join(". ")}.`, {
    advice: "Check that one of them runs and that the endpoints are right.",
    cause: new AggregateError(failures),
  });
}

async function askForInfo(endpoint: string, signal: AbortSignal): Promise<void> {
  await using client = withConfigured(() =>
    createNodeClient({ endpoint, timeoutMs: ANSWER_TIMEOUT_MS, retry: { attempts: 1 } }),
  );
  await client.hub.getInfo({}, { signal });
}
