// The HTTP server beside a sync that tells other programs how it does.
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "@snaprag/sync";
import { formatListenAddress, parseListenAddress } from "../../../config/keys/listen-address.ts";
import { CliError } from "../../../errors/cli-error.ts";
import { createPaceMeter } from "../../../screen/pace.ts";
import type { Answering } from "./answer-request.ts";
import { answerRequest } from "./answer-request.ts";
import { createMetrics } from "./metrics.ts";
import type { WatchedSync, WatchedSyncOptions } from "./watched-sync.ts";
import { watchSync } from "./watched-sync.ts";

/** How a monitor is started. */
export interface MonitorOptions {
  /** `host:port`; port 0 for any free one. */
  readonly address: string;
  /** Seconds that a shard may be behind the present while the mirror counts as ready. */
  readonly maxLagSeconds: number;
  /** Version of this program. */
  readonly version: string;
  /** Aborts when the process is asked to end. */
  readonly signal: AbortSignal;
  /** Is told of what cannot be answered. */
  readonly logger: Logger;
}

/** A running monitor. Disposing ends it and every connection to it. */
export interface Monitor extends AsyncDisposable {
  /** Such as `http://127.0.0.1:9464`. */
  readonly url: string;
  /** Watches a sync, until the result is disposed. */
  watch(sync: WatchedSyncOptions): AsyncDisposable;
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  answering: Answering,
): Promise<void> {
  const { status, contentType, body } = await answerRequest(request, answering);
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

function cannotListen(address: string, cause: NodeJS.ErrnoException): CliError {
  const why = cause.code === "EADDRINUSE" ? "the address is in use" : cause.message;
  return new CliError("configuration", `The monitor cannot listen on ${address}: ${why}`, {
    advice:
      "Choose another address with --monitor or `monitor.address`; port 0 takes any free one.",
    cause,
  });
}

/**
 * Starts a monitor. It answers at once, also while the sync waits for its node or its database.
 *
 * @throws {CliError} `configuration` when it cannot listen
 */
export async function startMonitor(options: MonitorOptions): Promise<Monitor> {
  const { address, maxLagSeconds, version, signal, logger } = options;
  const listenAddress = parseListenAddress(address);
  if (listenAddress === undefined) throw new TypeError(`${address} is no address`);
  let watched: WatchedSync | undefined;
  const answering: Answering = {
    ...{ maxLagSeconds, signal, meter: createPaceMeter(), metrics: createMetrics(version) },
    watched: () => watched,
  };
  const server = createServer((request, response) => {
    send(request, response, answering).catch((error: unknown) => {
      logger.warn({ err: error, url: request.url }, "the monitor has no answer");
      response.destroy();
    });
  });
  try {
    server.listen(listenAddress);
    await once(server, "listening");
  } catch (error) {
    // Safety: what a server fails to listen with comes from the system.
    throw cannotListen(address, error as NodeJS.ErrnoException);
  }
  // Safety: a server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${formatListenAddress({ ...listenAddress, port })}`,
    watch(sync) {
      const watching = watchSync(sync);
      watched = watching;
      return {
        async [Symbol.asyncDispose]() {
          watched = undefined;
          await watching[Symbol.asyncDispose]();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
