import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { Transform } from "node:stream";
import pg from "pg";

/** A way to a server by which it says that it is older than it is. */
export interface OlderServer extends AsyncDisposable {
  /** The server's URL by this way. */
  readonly url: string;
  /** What the server calls its version there, such as `13.4`. */
  readonly version: string;
}

/** The server's own words, as `18.4` and `180004`. */
async function readVersions(url: string): Promise<readonly [string, string]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client
    .query(
      "select current_setting('server_version') as v, current_setting('server_version_num') as n",
    )
    .finally(() => client.end());
  return [rows[0].v, rows[0].n];
}

/** Opens a way to the server of this URL by which its major version is another of two digits. */
export async function openAsOlderServer(serverUrl: string, major: number): Promise<OlderServer> {
  const { hostname, port } = new URL(serverUrl);
  const [version, number] = await readVersions(serverUrl);
  const disguise = (text: string) => `${major}${text.slice(2)}`;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    // Of the same length, so that nothing else of what is sent is to be changed.
    const answers = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        const text = chunk.toString("latin1");
        const told = text
          .replaceAll(version, disguise(version))
          .replaceAll(number, disguise(number));
        done(null, Buffer.from(told, "latin1"));
      },
    });
    for (const socket of [near, far]) sockets.add(socket.on("error", () => undefined));
    near.pipe(far).pipe(answers).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    version: disguise(version),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
