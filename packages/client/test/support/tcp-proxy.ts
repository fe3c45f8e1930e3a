// The network between client and node: it can be cut, and it can fall silent.
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";

export interface TcpProxy {
  readonly port: number;
  readonly endpoint: string;
  /** Connections that the client holds open. */
  openConnectionCount(): number;
  /** Connections made so far. */
  connectionCount(): number;
  /** Breaks every open connection. */
  cut(): void;
  /** Lets no byte through on the open connections any more, and closes none of them. */
  freeze(): void;
  /** Accepts connections from now on without letting a byte through. */
  freezeNewConnections(): void;
  close(): void;
}

/** Reads on, or the end of a connection would go unnoticed, and throws away what it reads. */
function silence(pair: readonly [Socket, Socket]): void {
  for (const socket of pair) socket.unpipe().resume();
}

/** Starts a proxy in front of a port of this machine. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let connectionCount = 0;
  let areNewFrozen = false;
  const server = createServer((client) => {
    connectionCount++;
    const upstream = connect(targetPort, "127.0.0.1");
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of pair) socket.on("close", end).on("error", end);
    if (areNewFrozen) silence(pair);
    else client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  function cut(): void {
    for (const [client, upstream] of pairs) {
      client.destroy();
      upstream.destroy();
    }
  }

  return {
    port,
    endpoint: `http://127.0.0.1:${port}`,
    openConnectionCount: () => pairs.size,
    connectionCount: () => connectionCount,
    cut,
    freeze() {
      for (const pair of pairs) silence(pair);
    },
    freezeNewConnections() {
      areNewFrozen = true;
    },
    close() {
      server.close();
      cut();
    },
  };
}
