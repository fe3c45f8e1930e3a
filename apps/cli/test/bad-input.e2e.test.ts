// Every failure that a person can meet: its exit code, and two lines without a stack trace.
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createDevnet } from "@snaprag/devnet";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startBareNode } from "../../../test/support/bare-node.ts";
import type { TestDatabase } from "../../../test/support/test-database.ts";
import { createTestDatabase } from "../../../test/support/test-database.ts";
import type { Ended } from "./support/built-cli.ts";
import { CLI_PATH, runCli } from "./support/built-cli.ts";
import type { TemporaryFolder } from "./support/temporary-folder.ts";
import { createTemporaryFolder } from "./support/temporary-folder.ts";

/** Nothing listens on port 1. */
const NOWHERE = "http://127.0.0.1:1";
const NO_DATABASE = "postgres://ada:secret@127.0.0.1:1/mirror";
const MAINNET = 1;

let folder: TemporaryFolder;
let database: TestDatabase;

beforeEach(() => {
  folder = createTemporaryFolder();
});

afterEach(() => folder[Symbol.dispose]());

/** Gives each test of a suite an empty database. */
function useDatabase(): void {
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database[Symbol.asyncDispose]());
}

function run(...argv: string[]): Promise<Ended> {
  return runCli(argv, { folder: folder.path });
}

function writeConfig(toml: string): void {
  writeFileSync(join(folder.path, "snaprag.toml"), toml);
}

async function query(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

/** The URL of the test database with some parts changed. */
function databaseUrl(change: (url: URL) => void): string {
  const url = new URL(database.url);
  change(url);
  return url.toString();
}

function expectFailure({ exitCode, stdout, stderr }: Ended, expected: number, ...words: string[]) {
  expect(stderr.trimEnd().split("\n")).toHaveLength(2);
  expect(stderr).toMatch(/^error: \S[^\n]*\n[A-Z][^\n]*[.?]\n$/);
  expect(`${stdout}${stderr}`).not.toMatch(/^\s+at /m);
  for (const word of words) expect(stderr).toContain(word);
  expect(exitCode).toBe(expected);
}

describe("a wrong command line exits with 2", () => {
  it("for an unknown flag", async () => {
    expectFailure(await run("sync", "--until-sinced"), 2, "--until-sinced", "--until-synced");
  });

  it("for an unknown command", async () => {
    expectFailure(await run("stauts"), 2, "stauts", "status");
  });

  it("for a reset without --force", async () => {
    expectFailure(await run("reset", "--database-url", NO_DATABASE), 2, "delete", "--force");
  });

  it("for a reset of a folder that is no database", async () => {
    const file = join(folder.path, "data/diary.txt");
    mkdirSync(join(folder.path, "data"));
    writeFileSync(file, "not to be lost");
    writeConfig('[database]\nembedded_folder = "data"');

    expectFailure(await run("reset", "--force"), 2, "data", "database.embedded_folder");
    expect(existsSync(file)).toBe(true);
  });
});

describe("a wrong configuration exits with 3", () => {
  it("for an unknown key", async () => {
    writeConfig("[sync]\nbatch_sise = 5");

    expectFailure(await run("sync"), 3, "snaprag.toml", "sync.batch_sise", "sync.batch_size");
  });

  it("for a value of the wrong type", async () => {
    writeConfig('[sync]\nbatch_size = "five"');

    expectFailure(await run("status"), 3, "snaprag.toml", "sync.batch_size", '"five"');
  });

  it("for a file that is not there", async () => {
    expectFailure(await run("sync", "--config", "other.toml"), 3, "other.toml");
  });

  it("for an endpoint that is not one", async () => {
    expectFailure(await run("sync", "--snapchain-endpoint", "ftp://node"), 3, "ftp://node");
  });

  it("for a schema name that is not one", async () => {
    writeConfig('[database]\nschema = "My Schema"');

    expectFailure(await run("migrate", "--database-url", NO_DATABASE), 3, "My Schema");
  });

  it("for a devnet that no port is free for", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };

    const ended = await run(
      ...["devnet", "--port", String(port), "--users", "10", "--messages", "10"],
    );

    taken.close();
    expectFailure(ended, 3, `127.0.0.1:${port}`, "--port");
  });
});

describe("a node that cannot be reached exits with 10", () => {
  it("for an endpoint where nothing listens", async () => {
    expectFailure(await run("sync", "--snapchain-endpoint", NOWHERE), 10, NOWHERE, "ECONNREFUSED");
  });

  it("for a host that does not exist", async () => {
    const endpoint = "http://node.invalid:3383";

    expectFailure(await run("sync", "--snapchain-endpoint", endpoint), 10, endpoint);
  });

  it("naming each of several endpoints", async () => {
    const other = "http://127.0.0.1:2";

    const ended = await run(
      ...["sync", "--snapchain-endpoint", NOWHERE, "--snapchain-endpoint", other],
    );

    expectFailure(ended, 10, NOWHERE, other);
  });
});

describe("a node that cannot be mirrored exits with 11", () => {
  useDatabase();

  it("without ReplicationService", async () => {
    await using node = await startBareNode({ network: MAINNET });

    const ended = await run(
      ...["sync", "--snapchain-endpoint", node.endpoint, "--database-url", database.url],
    );

    expectFailure(ended, 11, "ReplicationService", "replication.enable");
  });

  it("without a shard that was asked for", async () => {
    await using node = await startBareNode({ network: MAINNET });

    const ended = await run(
      ...["sync", "--snapchain-endpoint", node.endpoint, "--database-url", database.url],
      ...["--shard-ids", "7"],
    );

    expectFailure(ended, 11, "shard 7", "0, 1, 2");
  });

  it("without a block that says what network it is of", async () => {
    await using node = await startBareNode();

    const ended = await run(
      ...["sync", "--snapchain-endpoint", node.endpoint, "--database-url", database.url],
    );

    expectFailure(ended, 11, "network");
  });

  it("that wants credentials", async () => {
    await using node = await startBareNode({ isClosed: true });

    expectFailure(await run("sync", "--snapchain-endpoint", node.endpoint), 11, node.endpoint);
  });

  it("that wants credentials, though another one is away", async () => {
    await using node = await startBareNode({ isClosed: true });

    const ended = await run(
      ...["sync", "--snapchain-endpoint", NOWHERE, "--snapchain-endpoint", node.endpoint],
    );

    expectFailure(ended, 11, NOWHERE, node.endpoint, "sync.snapchain_headers");
  });
});

describe("a database that does not answer or refuses exits with 20", () => {
  useDatabase();

  it("where nothing listens", async () => {
    await using node = await startBareNode({ network: MAINNET });

    const ended = await run(
      ...["sync", "--snapchain-endpoint", node.endpoint, "--database-url", NO_DATABASE],
    );

    expectFailure(ended, 20, "ECONNREFUSED");
    expect(ended.stdout + ended.stderr).not.toContain("secret");
  });

  it("for a wrong password", async () => {
    const url = databaseUrl((parts) => {
      parts.password = "wrong";
    });

    expectFailure(await run("migrate", "--database-url", url), 20, "password");
  });

  it("for a database that does not exist", async () => {
    const url = databaseUrl((parts) => {
      parts.pathname = "/nothing_of_that_name";
    });

    expectFailure(await run("status", "--database-url", url), 20, "nothing_of_that_name");
  });

  it("for an embedded database that is broken", async () => {
    mkdirSync(join(folder.path, ".snaprag/db"), { recursive: true });
    writeFileSync(join(folder.path, ".snaprag/db/PG_VERSION"), "nonsense");

    expectFailure(await run("migrate"), 20, ".snaprag/db", "as a last resort, delete the folder");
  });

  it("for an embedded database whose folder cannot be made, without a word of deleting", async () => {
    writeFileSync(join(folder.path, ".snaprag"), "a file");

    const ended = await run("migrate");

    expectFailure(ended, 20, ".snaprag/db", "can be a folder");
    expect(ended.stderr).not.toContain("Delete");
  });

  it("for a reset that cannot see who has the embedded database, which stays", async () => {
    const mark = join(folder.path, ".snaprag/db/PG_VERSION");
    mkdirSync(join(folder.path, ".snaprag/db"), { recursive: true });
    writeFileSync(mark, "18");
    mkdirSync(join(folder.path, ".snaprag/db.owner"));

    const ended = await run("reset", "--force");

    expectFailure(ended, 20, ".snaprag/db", "EISDIR");
    expect(ended.stderr).not.toContain("Delete");
    expect(existsSync(mark)).toBe(true);
  });
});

describe("an output that cannot be written exits with 1", () => {
  it.runIf(existsSync("/dev/full"))("saying so where that can be", async () => {
    const sink = openSync("/dev/full", "w");
    const child = spawn(process.execPath, [CLI_PATH, "config", "show"], {
      cwd: folder.path,
      stdio: ["ignore", sink, "pipe"],
    });
    closeSync(sink);
    let stderr = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));

    expectFailure({ exitCode, stdout: "", stderr }, 1, "ENOSPC", "Make room");
  });
});

describe("a database that cannot hold the mirror exits with 21", () => {
  useDatabase();

  it("when a newer version has migrated it", async () => {
    expect((await run("migrate", "--database-url", database.url)).exitCode).toBe(0);
    await query("insert into schema_migrations (id, name) values (1000, 'from the future')");

    const ended = await run("migrate", "--database-url", database.url);

    expectFailure(ended, 21, "1000", "Upgrade");
  });

  it("when its tables were made with another number of partitions", async () => {
    writeConfig(`[database]\nurl = "${database.url}"\nfid_partitions = 2`);
    expect((await run("migrate")).exitCode).toBe(0);
    const { rows } = await database.query(
      "select from pg_inherits where inhparent = 'casts'::regclass",
    );
    expect(rows).toHaveLength(2);
    writeConfig(`[database]\nurl = "${database.url}"\nfid_partitions = 4`);

    expectFailure(await run("migrate"), 21, "2 of each large table", "database.fid_partitions");
  });

  it("when it mirrors another network", async () => {
    expect((await run("migrate", "--database-url", database.url)).exitCode).toBe(0);
    await query("insert into sync_network (network, shard_count) values (2, 2)");
    await using node = await startBareNode({ network: MAINNET });

    const ended = await run(
      ...["sync", "--realtime-only", "--snapchain-endpoint", node.endpoint],
      ...["--database-url", database.url],
    );

    expectFailure(ended, 21, "network 2", "network 1");
  });

  it("when a devnet would spoil the mirror of a real network", async () => {
    expect((await run("migrate", "--database-url", database.url)).exitCode).toBe(0);
    await query("insert into sync_network (network, shard_count) values (1, 2)");

    const ended = await run("sync", "--devnet", "--until-synced", "--database-url", database.url);

    expectFailure(ended, 21, "network 1", "--devnet");
  });

  it("when a devnet would take the place of one that an ordinary sync has mirrored", async () => {
    await using devnet = createDevnet({ users: 10, messages: 100, blockMs: 0 });
    await devnet.start();
    const flags = ["--until-synced", "--database-url", database.url];
    const mirrored = await run("sync", "--snapchain-endpoint", devnet.endpoint, ...flags);
    const countFids = async () => (await database.query("select from fids")).rows.length;
    const before = await countFids();

    const ended = await run("sync", "--devnet", ...flags);

    expect(mirrored.exitCode).toBe(0);
    expectFailure(ended, 21, "sync --devnet", "snaprag reset --force");
    expect(before).toBeGreaterThan(0);
    expect(await countFids()).toBe(before);
  });

  it("when a reset would take away what a view is built on, which stays", async () => {
    expect((await run("migrate", "--database-url", database.url)).exitCode).toBe(0);
    await query("create view mine as select fid from casts");

    const ended = await run("reset", "--force", "--database-url", database.url);

    expectFailure(ended, 21, "view mine depends on table casts", "Drop what was built on it");
    await query("select from mine");
  });

  it("when its user lacks a right", async () => {
    await query(`
      drop role if exists snaprag_reader;
      create role snaprag_reader login password 'reader';
      revoke create on schema public from public;`);
    const url = databaseUrl((parts) => {
      parts.username = "snaprag_reader";
      parts.password = "reader";
    });

    const ended = await run("migrate", "--database-url", url);

    expectFailure(ended, 21, "permission denied", "Grant");
    await query("drop role snaprag_reader");
  });

  it("when its user may read the tables and not use their schema", async () => {
    expect((await run("migrate", "--database-url", database.url)).exitCode).toBe(0);
    const username = `reader_${new URL(database.url).pathname.slice(1)}`;
    await query(`
      create role ${username} login password 'reader';
      grant select on all tables in schema public to ${username};
      revoke usage on schema public from public;`);
    const url = databaseUrl((parts) => {
      parts.username = username;
      parts.password = "reader";
    });

    try {
      for (const command of [["status"], ["quarantine", "list"], ["verify"], ["repair"]]) {
        const ended = await run(...command, "--database-url", url);
        expectFailure(ended, 21, "permission denied for schema public", "Grant");
      }
    } finally {
      await query(`drop owned by ${username}; drop role ${username}`);
    }
  });
});
