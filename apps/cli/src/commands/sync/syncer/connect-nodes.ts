import type { NodeClient, NodeClientOptions } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import type { Logger } from "@snaprag/sync";
import { withConfigured } from "../../../errors/cli-error.ts";

/** The node to mirror and those that stand by, as clients. */
export interface ConnectedNodes extends AsyncDisposable {
  readonly client: NodeClient;
  readonly standbys: readonly NodeClient[];
}

/** What all clients have in common. */
interface Connecting {
  readonly metadata: NodeClientOptions["metadata"];
  readonly logger: Logger;
}

/** Creates a client for each endpoint. Nothing is sent yet. */
export function connectNodes(
  [first, ...others]: readonly [string, ...string[]],
  { metadata, logger }: Connecting,
): ConnectedNodes {
  const connect = (endpoint: string) =>
    withConfigured(() => createNodeClient({ endpoint, metadata, logger }));
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
