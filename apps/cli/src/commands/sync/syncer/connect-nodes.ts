import type { NodeClient } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import type { Logger } from "@snaprag/sync";
import { withConfigured } from "../../../errors/cli-error.ts";

/** The node to mirror and those that stand by, as clients. */
export interface ConnectedNodes extends AsyncDisposable {
  readonly client: NodeClient;
  readonly standbys: readonly NodeClient[];
}

/** Creates a client for each endpoint. Nothing is sent yet. */
export function connectNodes(
  [first, ...others]: readonly [string, ...string[]],
  logger: Logger,
): ConnectedNodes {
  const connect = (endpoint: string) =>
    withConfigured(() => createNodeClient({ endpoint, logger }));
  const client = connect(first);
  const standbys = others.map(connect);
  return {
    client,
    standbys,
    async [Symbol.asyncDispose]() {
      await Promise.all([client, ...standbys].map((each) => each.close()));
    },
  };
}
