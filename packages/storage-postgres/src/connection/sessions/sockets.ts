// The sockets of connections, which the driver keeps to itself.
import { StorageError } from "@snaprag/storage";
import type { Client, PoolClient } from "pg";

/** What a connection speaks through. */
interface Socket {
  cork(): void;
  uncork(): void;
  destroy(error: Error): void;
}

/** The socket of a connection. */
export function findSocket(client: Client | PoolClient): Socket | undefined {
  // Safety: every step may be missing; who asks does without, as where this is another driver.
  const { connection } = client as { readonly connection?: { readonly stream?: Socket } };
  return connection?.stream;
}

/** Connections that are open, to be given up together. */
export interface OpenConnections {
  add(client: Client | PoolClient): void;
  giveUp(why: string): void;
}

/** Keeps account of connections until they end. */
export function createOpenConnections(): OpenConnections {
  const open = new Set<Client | PoolClient>();
  return {
    add(client) {
      open.add(client);
      client.once("end", () => open.delete(client));
    },
    giveUp(why) {
      // To each an error of its own: the driver writes into it.
      for (const client of open) findSocket(client)?.destroy(new StorageError("connection", why));
    },
  };
}
