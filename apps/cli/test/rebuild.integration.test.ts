// `snaprag rebuild` on the mirror of a devnet.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createNodeClient } from "@snaprag/client";
import { createDevnet } from "@snaprag/devnet";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { createSyncer } from "@snaprag/sync";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestDatabase } from "../../../test/support/test-database.ts";
import { createTestDatabase } from "../../../test/support/test-database.ts";
import { EXIT_CODES } from "../src/exit-codes.ts";
import { runInProcess } from "./support/run-in-process.ts";
import { createTemporaryFolder } from "./support/temporary-folder.ts";

describe("snaprag rebuild", () => {
  let database: TestDatabase;
  let client: pg.Client;
  const rebuild = (...flags: string[]) =>
    runInProcess(["rebuild", "--database-url", database.url, ...flags]);

  beforeAll(async () => {
    database = await createTestDatabase();
    await using devnet = createDevnet({ users: 20, messages: 500, blockMs: 0 });
    await devnet.start();
    await using node = createNodeClient({ endpoint: devnet.endpoint });
    await using store = createPostgresStore({ connectionString: database.url });
    const syncer = createSyncer({ client: node, store, holder: "a test" });
    await syncer.run({ untilSynced: true });
    client = new pg.Client(database.url);
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database[Symbol.asyncDispose]();
  });

  it("finds nothing to change in a mirror that is right", async () => {
    const { exitCode, stdout, stderr } = await rebuild();

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(/^relation +rows +changed$/),
      expect.stringMatching(/^fids +[1-9]\d* +0$/),
      expect.stringMatching(/^user_profiles +[1-9]\d* +0$/),
      "Every row was what the messages say.",
      "",
    ]);
  });

  it("says what it put right, and exits with a code of its own", async () => {
    await client.query("update user_profiles set bio = 'I was hacked'");
    const { rows } = await client.query("select count(*)::int as profiles from user_profiles");
    const { profiles } = rows[0];

    const { exitCode, stdout, stderr } = await rebuild("--json");

    expect(exitCode).toBe(EXIT_CODES.rows_differed);
    const { changed, relations } = JSON.parse(stdout);
    expect(changed).toBe(profiles);
    expect(relations).toMatchObject([
      { relation: "fids", changed: 0 },
      { relation: "user_profiles", rows: profiles, changed: profiles },
    ]);
    expect(stderr).toMatch(/^error: \d+ derived rows were not what the messages say.*\n.*\n$/);
    expect(JSON.parse((await rebuild("--json")).stdout)).toMatchObject({ changed: 0 });
  });

  it("does nothing while a sync runs, and says who that is", async () => {
    await using store = createPostgresStore({ connectionString: database.url });
    await using _sync = await store.joinSync("somebody's sync");

    const { exitCode, stdout, stderr } = await rebuild();

    expect({ exitCode, stdout }).toEqual({ exitCode: EXIT_CODES.in_use, stdout: "" });
    expect(stderr).toContain("somebody's sync");
  });

  it("says that there is nothing where nothing is mirrored, and creates nothing", async () => {
    using folder = createTemporaryFolder();

    const run = await runInProcess(["rebuild"], { folder: folder.path });

    expect(run).toEqual({
      exitCode: 0,
      stdout: "Nothing is mirrored yet in ./.snaprag/db; `snaprag sync` starts.\n",
      stderr: "",
    });
    expect(existsSync(join(folder.path, ".snaprag"))).toBe(false);
  });
});
