// A PostgreSQL server that can be killed, with all its processes, and comes back with its data.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import pg from "pg";

const SCRIPT = fileURLToPath(new URL("../support/serve-postgres.mjs", import.meta.url));

/** A server for the databases of scenarios. */
export interface DatabaseServer extends AsyncDisposable {
  /** Creates a database, as a copy of `template` when one is given. Returns its URL. */
  createDatabase(template?: string): Promise<string>;
  dropDatabase(url: string): Promise<void>;
  /** Kills the server and its sessions with SIGKILL and starts it again. */
  kill(): Promise<void>;
}

/** Starts a server of its own. */
export async function startDatabaseServer(): Promise<DatabaseServer> {
  const helper = spawn(process.execPath, [SCRIPT], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(helper.stdout)[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error("The PostgreSQL server of the chaos run has ended");
    return value;
  };
  const rootUrl = await nextLine();

  async function execute(statement: string): Promise<void> {
    const client = new pg.Client({ connectionString: rootUrl });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  }

  const nameOf = (url: string) => new URL(url).pathname.slice(1);

  return {
    async createDatabase(template) {
      const name = `chaos_${randomBytes(6).toString("hex")}`;
      await execute(`create database ${name} ${template ? `template ${nameOf(template)}` : ""}`);
      const url = new URL(rootUrl);
      url.pathname = `/${name}`;
      return url.toString();
    },
    dropDatabase: (url) => execute(`drop database ${nameOf(url)} with (force)`),
    async kill() {
      helper.stdin.write("kill\n");
      await nextLine();
    },
    async [Symbol.asyncDispose]() {
      helper.stdin.end();
      await once(helper, "exit");
    },
  };
}
