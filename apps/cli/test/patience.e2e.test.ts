// How long the command waits for a server and a node, and what its connections are called, as configured.
import { createDevnet } from "@snaprag/devnet";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { runCli, startCli } from "./support/built-cli.ts";
import type { Workplace } from "./support/databases.ts";
import { onServer } from "./support/databases.ts";
import { querySql } from "./support/query-sql.ts";

async function startNode() {
  const node = createDevnet({ users: 20, messages: 1000, blockMs: 200 });
  await node.start();
  return node;
}

/** Keeps everybody else from the shards' progress until it is disposed of. */
async function lockProgress({ databaseFlags: [, url] }: Workplace): Promise<AsyncDisposable> {
  const client = new pg.Client({ connectionString: url, application_name: "the lock" });
  await client.connect();
  await client.query("begin; lock table sync_progress in access exclusive mode");
  return { [Symbol.asyncDispose]: () => client.end() };
}

/** Names of the sessions in a database, but for those of the test. */
async function namesOf(workplace: Workplace): Promise<readonly string[]> {
  const rows = await querySql(
    workplace,
    `select distinct application_name as name from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and application_name <> 'the lock' order by 1`,
  );
  return rows.map(({ name = "" }) => name);
}

describe("the settings of a server's connections", () => {
  it("end a statement that takes longer than `database.statement_timeout_ms`", async () => {
    await using workplace = await onServer();
    await runCli(["migrate", ...workplace.databaseFlags], workplace);
    await using _lock = await lockProgress(workplace);
    const environment = { SNAPRAG_DATABASE_STATEMENT_TIMEOUT_MS: "300" };

    const status = await runCli(["status", ...workplace.databaseFlags], {
      ...workplace,
      environment,
    });

    expect(status.exitCode).toBe(20);
    expect(status.stderr).toMatch(/^error: The database refuses: .*statement timeout/);
  });

  it("name the connections, unless the URL does", async () => {
    await using workplace = await onServer();
    const [flag = "", url = ""] = workplace.databaseFlags;
    await runCli(["migrate", ...workplace.databaseFlags], workplace);
    await using _lock = await lockProgress(workplace);
    const place = { ...workplace, environment: { SNAPRAG_DATABASE_APPLICATION_NAME: "ada's" } };

    await using _byKey = startCli(["status", flag, url], place);
    await using _byUrl = startCli(["status", flag, `${url}?application_name=by+URL`], place);

    const names = () => namesOf(workplace);
    await expect.poll(names, { timeout: 30_000 }).toEqual(["ada's", "by URL"]);
  });

  it("have a sync that goes silent count as alive for `database.lease_ms`", async () => {
    await using node = await startNode();
    await using workplace = await onServer();
    const flags = ["--snapchain-endpoint", node.endpoint, ...workplace.databaseFlags];
    const environment = { SNAPRAG_DATABASE_LEASE_MS: "7200000" };

    await using sync = startCli(["sync", ...flags], { ...workplace, environment });
    await sync.printed(/"msg":"progress"/);

    const rows = await querySql(
      workplace,
      "select expires_at > now() + interval '1 hour' as is_long from sync_members",
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(new Set(rows.map(({ is_long: isLong }) => isLong))).toEqual(new Set([true]));
  });
});

describe("`sync.snapchain_timeout_ms`", () => {
  it("ends a call that a node leaves unanswered, which is then made again", async () => {
    await using node = await startNode();
    await using workplace = await onServer();
    // Longer than the test may take.
    const delayMs = 3_600_000;
    node.setFaults({ slowRpcs: [{ method: "GetShardSnapshotMetadata", delayMs, times: 1 }] });
    const flags = ["--snapchain-endpoint", node.endpoint, ...workplace.databaseFlags];
    const environment = { SNAPRAG_SYNC_SNAPCHAIN_TIMEOUT_MS: "2000" };

    const sync = await runCli(["sync", "--until-synced", ...flags, "--log-level", "debug"], {
      ...workplace,
      environment,
    });

    expect(sync).toMatchObject({ exitCode: 0, stderr: "" });
    expect(sync.stdout).toMatch(
      /GetShardSnapshotMetadata.*deadline_exceeded|deadline_exceeded.*GetShardSnapshotMetadata/,
    );
  });
});
