import { setTimeout as sleep } from "node:timers/promises";
import { HubServiceDefinition, ReplicationServiceDefinition } from "@snaprag/proto";
import { DevnetError } from "../devnet-error.ts";
import { createCallFaults } from "../faults/call-faults.ts";
import type { Corruption } from "../faults/corrupt-messages.ts";
import type { Faults } from "../faults/create-faults.ts";
import type { ResolvedDevnetOptions } from "../options.ts";
import { createHubHandlers } from "../services/hub/hub-handlers.ts";
import { createReplicationHandlers } from "../services/replication/replication-handlers.ts";
import type { RpcServer } from "../services/serve.ts";
import { listen, serviceOf } from "../services/serve.ts";
import type { Node } from "./create-node.ts";

/** A node that can be called. */
export interface ServedNode {
  readonly port: number;
  /** Cuts every connection, loses what is in memory only, and listens again on the same port. */
  restart(downMs: number): Promise<void>;
  /** Cuts every connection and frees the port. */
  stop(): void;
}

/** What a node is served with. */
export interface ServeOptions extends Pick<ResolvedDevnetOptions, "host" | "port" | "logger"> {
  readonly faults: Faults;
  readonly corruption: Corruption;
}

/**
 * Listens for calls to a node.
 *
 * @throws {DevnetError} `listen_failed`
 */
export async function serveNode(node: Node, options: ServeOptions): Promise<ServedNode> {
  const { host, logger, corruption } = options;
  const interceptor = createCallFaults(options.faults, (method, response) =>
    corruption.apply(node.lies.apply(method, response)),
  );
  const services = [
    serviceOf(HubServiceDefinition, createHubHandlers(node.context), { interceptor, logger }),
    serviceOf(ReplicationServiceDefinition, createReplicationHandlers(node.context), {
      interceptor,
      logger,
    }),
  ];
  const stopping = new AbortController();

  async function open(port: number): Promise<RpcServer> {
    return await listen(services, { host, port }).catch((cause: unknown) => {
      throw new DevnetError("listen_failed", `Cannot listen on ${host}:${port}`, { cause });
    });
  }

  let server = await open(options.port);
  const { port } = server;
  /** Restarts happen one after the other. */
  let lastRestart: Promise<void> = Promise.resolve();

  async function restart(downMs: number): Promise<void> {
    server.close();
    // Cut short when the node is stopped meanwhile.
    await sleep(downMs, undefined, { signal: stopping.signal }).catch(() => {});
    node.forget();
    if (stopping.signal.aborted) return;
    server = await open(port);
    if (stopping.signal.aborted) server.close();
  }

  return {
    port,
    restart(downMs) {
      const restarted = lastRestart.then(() => restart(downMs));
      // One that fails is its caller's to deal with, not the next caller's.
      lastRestart = restarted.catch(() => {});
      return restarted;
    },
    stop() {
      stopping.abort();
      server.close();
    },
  };
}
