import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";

/** A way to a server that can lose everything. */
export interface SilentProxy extends AsyncDisposable {
  /** The server's URL by this way. */
  readonly url: string;
  /** From now on nothing comes through, in either direction, and no connection ends: as when a machine is gone. */
  fallSilent(): void;
  /** Lets through what comes on new connections. Those that were there stay silent. */
  recover(): void;
}

/** Opens a way to the server of this URL. */
export async function createSilentProxy(serverUrl: string): Promise<SilentProxy> {
  const { hostname, port } = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let isSilent = false;
  const server = createServer({ allowHalfOpen: true }, (near) => {
    sockets.add(near.on("error", () => undefined));
    if (isSilent) return;
    const far = connect(Number(port), hostname);
    sockets.add(far.on("error", () => undefined));
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    fallSilent() {
      isSilent = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    recover() {
      isSilent = false;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
