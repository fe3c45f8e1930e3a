import type { NodeClient, NodeClientOptions, RetryReport } from "../../src/index.ts";
import { createNodeClient } from "../../src/index.ts";

/** A client under test, and what it reported. */
export interface TestClient {
  readonly client: NodeClient;
  readonly retries: readonly RetryReport[];
}

/** A client that does not keep a test waiting: three tries, a few milliseconds apart. */
export function clientOn(
  { endpoint }: { readonly endpoint: string },
  options: Omit<NodeClientOptions, "endpoint"> = {},
): TestClient {
  const retries: RetryReport[] = [];
  const client = createNodeClient({
    endpoint,
    retry: { attempts: 3, baseDelayMs: 1, maxDelayMs: 5 },
    onRetry: (report) => retries.push(report),
    ...options,
  });
  return { client, retries };
}
