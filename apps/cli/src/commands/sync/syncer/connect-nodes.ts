import type { NodeClient, NodeClientOptions } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import type { Logger } from "@snaprag/sync";
import type { Settings } from "../../../config/load-settings.ts";
import { withConfigured } from "../../../errors/cli-error.ts";

/** The node to mirror and those that stand by, as clients. */
export interface ConnectedNodes extends AsyncDisposable {
  readonly client: NodeClient;
  readonly standbys: readonly NodeClient[];
}

/** What all clients have in common. */
interface Connecting {
  readonly settings: Settings;
  readonly metadata: NodeClientOptions["metadata"];
  readonly logger: Logger;
}

/** How long is waited for a node that is mirrored, or compared with. */
export function nodePatienceOf(
  settings: Pick<Settings, "sync.snapchain_timeout_ms" | "sync.snapchain_keepalive_ms">,
): Pick<NodeClientOptions, "timeoutMs" | "keepaliveMs"> {
  return {
    timeoutMs: settings["sync.snapchain_timeout_ms"].value,
    keepaliveMs: settings["sync.snapchain_keepalive_ms"].value,
  };
}

/** Creates a client for each endpoint. Nothing is sent yet. */
export function connectNodes(
  [first, ...others]: readonly [string, ...string[]],
  { settings, metadata, logger }: Connecting,
): ConnectedNodes {
  const patience = nodePatienceOf(settings);
  const connect = (endpoint: string) =>
    withConfigured(() => createNodeClient({ endpoint, metadata, logger, ...patience }));
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
