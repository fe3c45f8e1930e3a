// Where an embedded database is served, and whether it is.
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The name PostgreSQL clients look for in a socket folder. */
export const SOCKET_NAME: string = ".s.PGSQL.5432";

/** Longest path a Unix socket may have on every system, with room to spare. */
const MAX_SOCKET_PATH = 100;

/** The folder of the socket that the database in this folder is served on. */
export function socketFolderOf(folder: string): string {
  const beside = `${folder}.socket`;
  if (join(beside, SOCKET_NAME).length <= MAX_SOCKET_PATH) return beside;
  const name = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  return join(tmpdir(), `snaprag-${name}`);
}

/** Whether a process serves a database in this socket folder, wherever it runs. */
export function isServed(socketFolder: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(join(socketFolder, SOCKET_NAME));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    // A process that was killed leaves its socket, which refuses. One with a full queue is there.
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "EAGAIN"));
  });
}
