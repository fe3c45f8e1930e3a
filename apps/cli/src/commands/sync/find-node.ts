import type { NodeClientError, NodeClientOptions } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import { CliError, isNamed, withConfigured } from "../../errors/cli-error.ts";
import { explainFailure } from "../../errors/explain-failure.ts";

/**
 * Where nothing listens, that is known at once. A node that is busy, or a machine on which it is
 * started together with this, takes seconds to answer.
 */
const ANSWER_TIMEOUT_MS = 10_000;

/** How nodes are asked. */
interface Asking extends Pick<NodeClientOptions, "metadata"> {
  readonly signal: AbortSignal;
}

/**
 * Several endpoints, in their order but for the first, which is the first whose node answers.
 *
 * @throws {NodeClientError} of the only endpoint, when there is one
 */
export async function findNode(
  endpoints: readonly string[],
  asking: Asking,
): Promise<readonly [string, ...string[]]> {
  const failures: unknown[] = [];
  for (const endpoint of endpoints) {
    try {
      await askForInfo(endpoint, asking);
      return [endpoint, ...endpoints.filter((other) => other !== endpoint)];
    } catch (error) {
      asking.signal.throwIfAborted();
      if (!isNamed<NodeClientError>(error, "NodeClientError") || endpoints.length === 1)
        throw error;
      failures.push(error);
    }
  }
  const explained = failures.map(explainFailure);
  const reasons = explained.map(({ what }) => what).join(". ");
  const cause = new AggregateError(failures);
  // One that answers with a refusal is there: what it wants is to be told, and not that it is away.
  const refusal = explained.find(({ code }) => code !== "node_unreachable");
  if (refusal) {
    const { code, advice } = refusal;
    throw new CliError(code, `No node can be mirrored. ${reasons}.`, { advice, cause });
  }
  throw new CliError("node_unreachable", `No node answers. ${reasons}.`, {
    advice: "Check that one of them runs and that the endpoints are right.",
    cause,
  });
}

async function askForInfo(endpoint: string, { metadata, signal }: Asking): Promise<void> {
  const patience = { timeoutMs: ANSWER_TIMEOUT_MS, retry: { attempts: 1 } };
  await using client = withConfigured(() => createNodeClient({ endpoint, metadata, ...patience }));
  await client.hub.getInfo({}, { signal });
}
