// The built program against a node that runs here, on both kinds of database.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createDevnet } from "@snaprag/devnet";
import { FarcasterNetwork } from "@snaprag/proto";
import { describe, expect, it, vi } from "vitest";
import { startBareNode } from "../../../test/support/bare-node.ts";
import type { Ended, RunningCli } from "./support/built-cli.ts";
import { jsonLines, runCli, startCli } from "./support/built-cli.ts";
import type { Workplace } from "./support/databases.ts";
import { DATABASES, inEmptyFolder, onServer } from "./support/databases.ts";
import { querySql } from "./support/query-sql.ts";

/** What the program prints once it follows the node. */
const CAUGHT_UP = "indexes are in place";

async function startNode() {
  const node = createDevnet({ users: 20, messages: 1000, blockMs: 200 });
  await node.start();
  return node;
}

function startSync({ folder, databaseFlags }: Workplace, endpoint: string): RunningCli {
  return startCli(["sync", "--snapchain-endpoint", endpoint, ...databaseFlags], { folder });
}

function run({ folder, databaseFlags }: Workplace, ...argv: string[]): Promise<Ended> {
  return runCli([...argv, ...databaseFlags], { folder });
}

interface Status {
  readonly shards: readonly Record<string, unknown>[];
  readonly tables: Readonly<Record<string, { readonly live: number; readonly total: number }>>;
}

async function readStatus(workplace: Workplace): Promise<Status> {
  const { exitCode, stdout, stderr } = await run(workplace, "status", "--json");
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  expect(stdout.trimEnd()).not.toContain("\n");
  return JSON.parse(stdout);
}

describe("a second snaprag sync", () => {
  it("stands by on a server, and follows when the first one is killed", async () => {
    await using node = await startNode();
    await using workplace = await onServer();
    await using first = startSync(workplace, node.endpoint);
    await first.printed(CAUGHT_UP);
    await using second = startSync(workplace, node.endpoint);
    await second.printed("another process leads this shard");

    first.kill("SIGKILL");

    await second.printed("took the lead of this shard");
    const heightOf = async () => Number((await readStatus(workplace)).shards[1]?.["height"]);
    const before = await heightOf();
    await expect.poll(heightOf, { timeout: 30_000 }).toBeGreaterThan(before);
    second.kill("SIGINT");
    expect((await second.ended).exitCode).toBe(0);
  });
});

describe.each(DATABASES)("snaprag sync on %s", (_, createWorkplace) => {
  it("mirrors a node until it is synced, says what the database holds, and goes on from there", async () => {
    await using node = await startNode();
    await using workplace = await createWorkplace();
    const flags = ["--until-synced", "--snapchain-endpoint", node.endpoint];

    const ended = await run(workplace, "sync", ...flags);

    expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
    const lines = jsonLines(ended);
    expect(lines.map(({ msg }) => msg)).toContain("progress");
    const status = await readStatus(workplace);
    expect(lines.at(-1)).toMatchObject({ msg: "database contents", tables: status.tables });
    expect(status.tables.casts?.live).toBeGreaterThan(100);
    expect(status.shards).toHaveLength(3);
    for (const [shardId, shard] of status.shards.entries()) {
      expect(shard).toEqual({
        shardId,
        phase: "realtime",
        height: expect.any(Number),
        snapshotHeight: expect.any(Number),
        eventId: expect.stringMatching(/^\d+$/),
        messages: expect.any(Number),
        users: expect.any(Number),
        errors: expect.any(Number),
        retries: expect.any(Number),
        quarantined: 0,
        fallbacks: expect.any(Number),
        lagSeconds: expect.any(Number),
        proof: shardId === 0 ? null : expect.objectContaining({ commits: "not_configured" }),
      });
    }

    const again = await run(workplace, "sync", ...flags);

    expect(again.exitCode).toBe(0);
    expect(again.stdout).not.toContain("planned snapshot");
    const after = await readStatus(workplace);
    expect(Number(after.shards[1]?.height)).toBeGreaterThan(Number(status.shards[1]?.height));

    if (workplace.databaseFlags.length > 0) return;
    // People are told where an embedded database is, and how to use a server.
    const told = await run(workplace, "sync", "--log-format", "pretty", ...flags);
    expect(told.stdout).toMatch(/embedded database in \.\/\.snaprag\/db\. --database-url /);
    expect(told.stdout).toMatch(
      /\.\/\.snaprag\/db holds [\d,]+ messages of \d+ users; live rows: /,
    );
  });

  it("can be looked at and keeps others away while it runs, ends at Ctrl-C, and can be reset then", async () => {
    await using node = await startNode();
    await using workplace = await createWorkplace();
    await using sync = startSync(workplace, node.endpoint);
    await sync.printed("syncing");

    const looks: Status[] = [];
    while (looks.at(-1)?.shards[1]?.phase !== "realtime") looks.push(await readStatus(workplace));
    const people = await run(workplace, "status");

    expect(looks.at(-1)?.tables.casts?.live).toBeGreaterThan(0);
    expect(people.exitCode).toBe(0);
    expect(people.stdout).toMatch(/^shard +phase +height/);
    expect(people.stdout).toMatch(/^casts +[\d,]+ +[\d,]+$/m);

    await sync.printed(CAUGHT_UP);
    const refused = await run(workplace, "reset", "--force");
    expect(refused.exitCode).toBe(75);
    expect(refused.stderr).toContain(`(pid ${sync.pid})`);
    if (workplace.databaseFlags.length === 0) {
      const second = await run(workplace, "sync", "--snapchain-endpoint", node.endpoint);
      expect(second.exitCode).toBe(75);
      expect(second.stderr).toMatch(/^error: snaprag sync on [^\n]+\n[A-Z][^\n]+\.\n$/);
      expect(second.stderr).toContain(`(pid ${sync.pid})`);
    }

    sync.kill("SIGINT");
    const ended = await sync.ended;
    expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
    expect(jsonLines(ended).at(-1)).toMatchObject({ msg: "database contents" });

    const done = await run(workplace, "reset", "--force");
    expect(done).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await readStatus(workplace)).toEqual({ shards: [], tables: {}, embeddings: [] });
  });
});

describe("snaprag sync", () => {
  // On the embedded database: first-minutes.e2e.test.ts.
  it("mirrors a devnet of its own into PostgreSQL, afresh at each start", async () => {
    await using workplace = await onServer();
    const { folder, databaseFlags } = workplace;

    const ended = await run(workplace, "sync", "--devnet", "--until-synced");
    const status = await run(workplace, "status", "--devnet", "--json");
    await using next = startCli(["sync", "--devnet", ...databaseFlags], { folder });
    await next.printed("earlier devnet removed");
    // Only a mirror with nothing in it plans a snapshot.
    await next.printed("planned snapshot");

    expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ended.stdout).not.toContain("earlier devnet removed");
    const { tables } = JSON.parse(status.stdout);
    expect(tables.casts.live).toBeGreaterThan(1000);
    expect(jsonLines(ended).at(-1)).toMatchObject({ msg: "database contents", tables });
  });

  it("goes on at another node when one fails, never at one of another network", async () => {
    await using node = await startNode();
    await using foreign = await startBareNode({ network: FarcasterNetwork.MAINNET });
    const standby = await node.addNode();
    await using workplace = await onServer();
    node.setFaults({ rpcErrors: [{ method: "GetShardTransactions", code: 14, after: 300 }] });

    const ended = await run(
      workplace,
      ...["sync", "--until-synced", "--snapchain-endpoint", node.endpoint],
      ...["--snapchain-endpoint", foreign.endpoint, "--snapchain-endpoint", standby.endpoint],
    );

    expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ended.stdout).toContain("a node is of another network, left out");
    expect(ended.stdout).toContain("reading from another node");
    expect((await readStatus(workplace)).tables.casts?.live).toBeGreaterThan(100);
  });

  it("ends well also when the server lets nobody count the rows any more", async () => {
    await using node = await startNode();
    await using workplace = await onServer();
    const [, url = ""] = workplace.databaseFlags;
    const own = new URL(url);
    own.username = `sync_${own.pathname.slice(1)}`;
    own.password = "x";
    const role = own.username;
    await querySql(
      workplace,
      `create role ${role} login password 'x'; grant create on schema public to ${role}`,
    );
    const asRole = { ...workplace, databaseFlags: ["--database-url", own.toString()] };
    await using sync = startSync(asRole, node.endpoint);
    await sync.printed(CAUGHT_UP);

    await querySql(workplace, `alter role ${role} connection limit 0`);
    sync.kill("SIGTERM");
    const ended = await sync.ended;
    await querySql(workplace, `drop owned by ${role}; drop role ${role}`);

    expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
    expect(jsonLines(ended).at(-1)).toMatchObject({ msg: "the rows cannot be counted" });
  });

  it("ends by itself with --historical-only, at the first of several nodes that answers", async () => {
    await using node = await startNode();
    await using workplace = await onServer();

    const ended = await run(
      workplace,
      ...["sync", "--historical-only", "--snapchain-endpoint", "http://127.0.0.1:1"],
      ...["--snapchain-endpoint", node.endpoint],
    );

    expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ended.stdout).toContain(`"endpoint":"${node.endpoint}"`);
    expect((await readStatus(workplace)).tables.casts?.live).toBeGreaterThan(100);
  });

  it("starts at the node's newest block with --realtime-only", async () => {
    await using node = await startNode();
    await using workplace = await onServer();

    const ended = await run(
      workplace,
      ...["sync", "--realtime-only", "--until-synced", "--snapchain-endpoint", node.endpoint],
    );

    expect(ended.exitCode).toBe(0);
    expect(ended.stdout).not.toContain("planned snapshot");
    expect((await readStatus(workplace)).tables.casts?.live).toBeLessThan(100);
  });

  it("reads file and environment", async () => {
    // One that stands still: what is said of a node that goes on is for other tests.
    await using node = createDevnet({ users: 20, messages: 1000, blockMs: 0 });
    await node.start();
    await using workplace = await onServer();
    const [, url = ""] = workplace.databaseFlags;
    const environment = {
      SNAPRAG_SYNC_SNAPCHAIN_ENDPOINT: node.endpoint,
      SNAPRAG_DATABASE_URL: url,
      SNAPRAG_DATABASE_SCHEMA: "farcaster",
      SNAPRAG_LOG_LEVEL: "error",
    };

    const { folder } = workplace;
    const ended = await runCli(["sync", "--until-synced"], { folder, environment });
    const status = await runCli(["status", "--json"], { folder, environment });

    expect(ended).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    expect(JSON.parse(status.stdout).tables.casts.live).toBeGreaterThan(100);
    expect(await readStatus(workplace)).toEqual({ shards: [], tables: {}, embeddings: [] });
  });
});

describe("snaprag migrate", () => {
  it.each([
    ["PostgreSQL", onServer],
    ["the embedded database", inEmptyFolder],
  ])("prepares %s, also twice", async (_, createWorkplace) => {
    await using workplace = await createWorkplace();

    const first = await run(workplace, "migrate");
    const second = await run(workplace, "migrate");

    expect(first).toMatchObject({ exitCode: 0, stderr: "" });
    expect(first.stdout).toMatch(/is at schema version \d+\.\n$/);
    expect(first.stdout).not.toContain("postgres:postgres@");
    expect(second.stdout).toBe(first.stdout);
    expect((await readStatus(workplace)).shards).toEqual([]);
  });
});

describe("snaprag status", () => {
  it("waits for an embedded database that is just being made", async () => {
    await using workplace = await inEmptyFolder();
    await using migrate = startCli(["migrate"], { folder: workplace.folder });
    const made = join(workplace.folder, ".snaprag/db");
    await vi.waitFor(() => expect(existsSync(made)).toBe(true), { timeout: 30_000, interval: 5 });

    expect((await readStatus(workplace)).shards).toEqual([]);
    expect((await migrate.ended).exitCode).toBe(0);
  });
});

describe("snaprag devnet", () => {
  it("gives its start up at Ctrl-C", async () => {
    await using workplace = await inEmptyFolder();
    const { folder } = workplace;
    await using devnet = startCli(["devnet", "--port", "0", "--messages", "500000"], { folder });
    await devnet.printed("making history");

    devnet.kill("SIGINT");

    const { exitCode, stdout, stderr } = await devnet.ended;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).not.toContain("devnet ready");
  });

  it("is a node that others can mirror, until Ctrl-C", async () => {
    await using workplace = await onServer();
    const { folder } = workplace;
    const size = ["--users", "20", "--messages", "1000", "--block-ms", "200"];
    await using devnet = startCli(["devnet", "--port", "0", ...size], { folder });
    const [, endpoint = ""] = await devnet.printed(/"endpoint":"(.+?)","msg":"devnet ready"/);

    const sync = await run(workplace, "sync", "--until-synced", "--snapchain-endpoint", endpoint);
    devnet.kill("SIGINT");

    expect(sync.exitCode).toBe(0);
    expect((await readStatus(workplace)).tables.casts?.live).toBeGreaterThan(100);
    expect(await devnet.ended).toMatchObject({ exitCode: 0, stderr: "" });
  });
});
