// grpc-js waits for ever for a peer that accepts a connection and never says a word, and closing its
// channel leaves that connection open (grpc-node issue 2785). So sockets are watched from here, by
// way of the credentials, which get to see each one between its TCP and its HTTP/2 handshake.
import type { Socket } from "node:net";
import type { ChannelCredentials } from "@grpc/grpc-js";

/** What gRPC allows a connection attempt at least (gRPC's doc/connection-backoff.md). */
const HANDSHAKE_TIMEOUT_MS = 20_000;

type SecureConnector = ReturnType<ChannelCredentials["_createSecureConnector"]>;

/** The sockets made with some credentials. */
export interface WatchedSockets {
  /** Closes all of them, and those yet to come. */
  close(): void;
}

/**
 * Watches every socket that the credentials, which must be nobody else's, are used for.
 *
 * Closes those whose peer sends nothing for `timeoutMs` after TCP and TLS are done, or never gets
 * TLS done: grpc-js then sees a failed attempt and makes another.
 */
export function watchSockets(
  channelCredentials: ChannelCredentials,
  timeoutMs: number = HANDSHAKE_TIMEOUT_MS,
): WatchedSockets {
  const sockets = new Set<Socket>();
  let isClosed = false;
  const createConnector = channelCredentials._createSecureConnector.bind(channelCredentials);
  channelCredentials._createSecureConnector = (...args) => {
    const connector = createConnector(...args);
    return {
      connect(socket) {
        // grpc-js destroys the socket of an attempt that fails.
        if (isClosed) return Promise.reject(new Error("The channel was closed"));
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
        return connectWithin(timeoutMs, connector, socket);
      },
      waitForReady: () => connector.waitForReady(),
      getCallCredentials: () => connector.getCallCredentials(),
      destroy: () => connector.destroy(),
    };
  };
  return {
    close() {
      isClosed = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function connectWithin(
  timeoutMs: number,
  connector: SecureConnector,
  socket: Socket,
): ReturnType<SecureConnector["connect"]> {
  let bytesWhenSecure: number | undefined;
  const timer = setTimeout(() => {
    if (bytesWhenSecure === undefined || socket.bytesRead === bytesWhenSecure) socket.destroy();
  }, timeoutMs);
  timer.unref();
  // grpc-js goes on waiting for TLS on a socket that was closed without an error.
  const closed = new Promise<never>((_resolve, reject) => {
    socket.once("close", () => {
      clearTimeout(timer);
      reject(new Error("The connection was closed before it was secure"));
    });
  });
  const secured = await Promise.race([connector.connect(socket), closed]);
  bytesWhenSecure = socket.bytesRead;
  return secured;
}
