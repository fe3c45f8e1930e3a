// What stands in the way of a sync, told before one is started.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Devnet } from "@snaprag/devnet";
import { createDevnet } from "@snaprag/devnet";
import { describe, expect, it } from "vitest";
import { openAsOlderServer } from "../../../test/support/older-server.ts";
import { jsonLines, runCli } from "./support/built-cli.ts";
import type { Workplace } from "./support/databases.ts";
import { inEmptyFolder, onServer } from "./support/databases.ts";
import { querySql } from "./support/query-sql.ts";

/** Status of gRPC for a call that a server does not know. */
const UNIMPLEMENTED = 12;

const README = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");

/** What the README at the root says that `snaprag doctor` prints. */
const [, README_OUTPUT = ""] = /cli doctor .*?```text\n(.*?)```/s.exec(README) ?? [];

/** The same without what is different at each node and database; a distant one's disk is not seen. */
function shapeOf(printed: string): string {
  return printed
    .replace(/\w+:\/\/\S+/g, "URL")
    .replace(/\d[\d,.]*( \w?B\b| ms\b|[ms]\b( \d+s)?)?/g, "0")
    .replace(/, 0 are free|; how much is free .*/g, "");
}

const NOWHERE = "http://127.0.0.1:1";

/** Without a time between blocks it stands still, at a day that is long ago. */
async function startNode(blockMs: number): Promise<Devnet> {
  const node = createDevnet({ users: 20, messages: 1000, blockMs });
  await node.start();
  return node;
}

function doctor(endpoints: string, workplace: Workplace, ...flags: string[]) {
  const node = ["--snapchain-endpoint", endpoints];
  return runCli(["doctor", ...node, ...workplace.databaseFlags, ...flags], workplace);
}

/** What `doctor --json` says of one subject. */
async function findings(endpoints: string, workplace: Workplace, ...flags: string[]) {
  const ended = await doctor(endpoints, workplace, "--json", ...flags);
  const [report] = jsonLines(ended) as [
    { isReady: boolean; checks: { outcome: string; subject: string; message: string }[] },
  ];
  const of = (outcome: string) =>
    report.checks.filter((check) => check.outcome === outcome).map(({ message }) => message);
  return { ...ended, ...report, of };
}

describe("snaprag doctor", () => {
  it("finds nothing in the way of a sync into a server, before and after it", async () => {
    await using node = await startNode(200);
    await using workplace = await onServer();

    const before = await doctor(node.endpoint, workplace);
    const sync = ["sync", "--until-synced", "--snapchain-endpoint", node.endpoint];
    await runCli([...sync, ...workplace.databaseFlags], workplace);
    const after = await findings(node.endpoint, workplace);

    expect(before).toMatchObject({ exitCode: 0, stderr: "" });
    expect(before.stdout).toMatch(/serves a snapshot of shard 2 at height \d+, .* leaves/);
    expect(before.stdout).toMatch(/has no mirror in schema public yet, and lets one be made/);
    expect(before.stdout).toMatch(/connections to give, of which a sync takes up to \d+/);
    expect(before.stdout).toMatch(/Nothing stands in the way of a sync\.\n$/);
    expect(before.stdout).not.toMatch(/warning|failed/);
    expect(shapeOf(before.stdout)).toBe(shapeOf(README_OUTPUT));
    expect(after).toMatchObject({ exitCode: 0, stderr: "", isReady: true });
    expect(after.of("ok")).toContain("mirrors network 3, as the node's");
    expect(after.of("failed")).toEqual([]);
  });

  it("tells of node and database what is wrong, and makes nothing", async () => {
    await using workplace = await inEmptyFolder();

    const ended = await doctor(NOWHERE, workplace);
    const flags = ["--database-url", "postgres://ada:secret@127.0.0.1:1/x"];
    const both = await findings(NOWHERE, { ...workplace, databaseFlags: flags });

    expect(ended.exitCode).toBe(10);
    expect(ended.stdout).toContain("failed   The node at http://127.0.0.1:1 cannot be reached");
    expect(ended.stdout).toContain("ok       is made by the first sync");
    expect(ended.stderr).toMatch(/^error: 1 of \d checks failed\.\nCheck that the node runs/);
    expect(existsSync(join(workplace.folder, ".snaprag"))).toBe(false);
    expect(both).toMatchObject({ exitCode: 10, isReady: false });
    expect(both.of("failed")).toEqual([
      expect.stringContaining("The node at http://127.0.0.1:1 cannot be reached"),
      expect.stringContaining("The database cannot be reached"),
    ]);
    expect(both.stdout).not.toContain("secret");
  });

  it("goes by the node that can be mirrored, of several", async () => {
    await using node = await startNode(200);
    await using workplace = await inEmptyFolder();

    const { exitCode, isReady, of } = await findings(`${NOWHERE},${node.endpoint}`, workplace);

    expect({ exitCode, isReady }).toEqual({ exitCode: 0, isReady: true });
    expect(of("warning")).toEqual([expect.stringContaining("cannot be reached")]);
  });

  it("warns of a node that is far behind, of which a sync would still be made", async () => {
    await using node = await startNode(0);
    await using workplace = await inEmptyFolder();

    const { exitCode, isReady, of } = await findings(node.endpoint, workplace);

    expect({ exitCode, isReady }).toEqual({ exitCode: 0, isReady: true });
    expect(of("warning")).toEqual([
      expect.stringMatching(/^is of network 3, and its newest block is \d+d/),
      expect.stringMatching(/^serves a snapshot of shard 1 at height \d+, \d+d/),
      expect.stringMatching(/^serves a snapshot of shard 2 at height \d+, \d+d/),
    ]);
  });

  it("finds a shard that is not hosted, and a service that is not offered", async () => {
    await using node = await startNode(200);
    await using workplace = await inEmptyFolder();

    const shard = await findings(node.endpoint, workplace, "--shard-ids", "1,7");
    const missing = { method: "GetShardSnapshotMetadata", code: UNIMPLEMENTED } as const;
    node.setFaults({ rpcErrors: [{ ...missing, message: "Operation is not implemented" }] });
    const service = await findings(node.endpoint, workplace);

    expect(shard.exitCode).toBe(11);
    expect(shard.of("failed")).toEqual(["does not host shard 7, but 0, 1, 2"]);
    expect(service.exitCode).toBe(11);
    expect(service.of("failed")).toEqual([
      "does not offer ReplicationService, which snapshots come from",
    ]);
  });

  it("finds a database of another network, and of a newer version", async () => {
    await using node = await startNode(200);
    await using workplace = await onServer();
    const sync = ["sync", "--until-synced", "--snapchain-endpoint", node.endpoint];
    await runCli([...sync, ...workplace.databaseFlags], workplace);

    await querySql(workplace, "update sync_network set network = 1");
    const other = await findings(node.endpoint, workplace);
    await querySql(workplace, "insert into schema_migrations (id, name) values (999, 'later')");
    const newer = await findings(node.endpoint, workplace);

    expect(other.exitCode).toBe(21);
    expect(other.of("failed")).toEqual(["mirrors network 1, and the node is of network 3"]);
    expect(newer.exitCode).toBe(21);
    expect(newer.of("failed")[0]).toMatch(/^has a mirror of a newer version in schema public: 999/);
  });

  it("finds a server that is too old, as a sync does", async () => {
    await using node = await startNode(200);
    await using workplace = await onServer();
    const [, server = ""] = workplace.databaseFlags;
    await using older = await openAsOlderServer(server, 13);
    const onOlder = { ...workplace, databaseFlags: ["--database-url", older.url] };

    const { exitCode, of } = await findings(node.endpoint, onOlder);
    const sync = ["sync", "--until-synced", "--snapchain-endpoint", node.endpoint];
    const synced = await runCli([...sync, ...onOlder.databaseFlags], workplace);

    expect(exitCode).toBe(21);
    expect(of("failed")).toEqual([
      expect.stringMatching(new RegExp(`^answers within \\d+ ms, PostgreSQL ${older.version}`)),
    ]);
    expect(synced).toMatchObject({
      exitCode: 21,
      stderr: `error: The server is PostgreSQL ${older.version}, older than 14\nUse a newer server, or leave the URL out to use the embedded database.\n`,
    });
  });

  it("finds that a user may not make a mirror", async () => {
    await using node = await startNode(200);
    await using workplace = await onServer();
    const [, server = ""] = workplace.databaseFlags;
    const role = `doctor_${process.pid}`;
    await querySql(workplace, `create role ${role} login password 'x'`);
    const url = Object.assign(new URL(server), { username: role, password: "x" }).href;

    const { exitCode, of } = await findings(node.endpoint, {
      ...workplace,
      databaseFlags: ["--database-url", url],
    });
    await querySql(workplace, `drop role ${role}`);

    expect(exitCode).toBe(21);
    expect(of("failed")).toEqual(["does not let this user create relations in schema public"]);
  });
});
