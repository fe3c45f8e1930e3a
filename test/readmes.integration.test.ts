// The README of a package says what really happens: its example runs, and prints what stands there.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import { createDevnet } from "@snaprag/devnet";
import type { Store } from "@snaprag/storage";
import type { PostgresStoreOptions } from "@snaprag/storage-postgres";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { createSyncer } from "@snaprag/sync";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { TestDatabase } from "./support/test-database.ts";
import { createTestDatabase } from "./support/test-database.ts";

/** Packages whose READMEs are not held by tests of their own. */
const PACKAGES = ["proto", "verify", "processors", "storage", "storage-postgres", "sync"];

function read(path: string): string {
  return readFileSync(new URL(`../packages/${path}`, import.meta.url), "utf8");
}

function blockOf(readme: string, language: string): string | undefined {
  return new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "s").exec(readme)?.[1];
}

afterEach(() => vi.unstubAllEnvs());

describe.each(PACKAGES)("the README of %s", (name) => {
  it("shows an example that runs and prints what it says", async () => {
    await using database = await createTestDatabase();
    vi.stubEnv("DATABASE_URL", database.url);
    const [, ...example] = read(`${name}/test/support/readme-example.ts`).split("\n");
    const log = vi.spyOn(console, "log").mockReturnValue();

    await import(`../packages/${name}/test/support/readme-example.ts`);

    const printed = log.mock.calls.map(([line]) => `${line}\n`).join("");
    log.mockRestore();
    const readme = read(`${name}/README.md`);
    expect(blockOf(readme, "ts")).toBe(example.join("\n"));
    expect(blockOf(readme, "text")).toBe(printed);
    expect(readme.split("\n").length).toBeLessThanOrEqual(121);
  });
});

interface Refusal {
  readonly code: string;
  /** Brings a database, or a store that was migrated in it, to where a sync into it is refused. */
  readonly prepare?: (place: { database: TestDatabase; store: Store }) => Promise<unknown>;
  readonly options?: Partial<PostgresStoreOptions>;
}

const REFUSALS: readonly Refusal[] = [
  { code: "connection", options: { connectionString: "postgres://127.0.0.1:1/x" } },
  {
    code: "newer_schema",
    prepare: async ({ database, store }) => {
      await store.migrate();
      await database.query("insert into schema_migrations (id, name) values (999, 'newer')");
    },
  },
  {
    code: "layout_mismatch",
    prepare: ({ store }) => store.migrate(),
    options: { fidPartitions: 2 },
  },
  {
    code: "migration",
    prepare: ({ database }) => database.query("create table casts (fid bigint)"),
  },
  {
    code: "locked",
    prepare: async ({ store }) => {
      await store.migrate();
      await store.acquireSyncLock("another");
    },
  },
  {
    code: "network_mismatch",
    prepare: async ({ store }) => {
      await store.migrate();
      await store.bindNetwork({ network: 1, shardCount: 2 });
    },
  },
];

describe("what the README of sync says of errors", () => {
  const [, said = ""] =
    /Before it has begun.*?`StorageError`: (.*?)\n\S[^`]*rejects only/s.exec(
      read("sync/README.md"),
    ) ?? [];
  let devnet: Devnet;

  beforeAll(async () => {
    devnet = createDevnet({ users: 10, messages: 0, blockMs: 0 });
    await devnet.start();
  });
  afterAll(() => devnet.stop());

  async function codeOfRun(options: PostgresStoreOptions): Promise<unknown> {
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    await using store = createPostgresStore(options);
    const syncer = createSyncer({ client, store, holder: "the README" });
    return await syncer.run({ untilSynced: true }).then(
      () => undefined,
      (error: unknown) => (error as { code?: unknown }).code,
    );
  }

  it.each(REFUSALS)("names $code, with which a run is refused", async (refusal) => {
    await using database = await createTestDatabase();
    await using store = createPostgresStore({ connectionString: database.url });
    await refusal.prepare?.({ database, store });

    const code = await codeOfRun({ connectionString: database.url, ...refusal.options });

    expect(code).toBe(refusal.code);
    expect(said).toContain(`\`${code}\``);
  });

  it("names what it is refused with by a database that is not there, or not for it", async () => {
    await using database = await createTestDatabase();
    const role = `snaprag_test_${randomBytes(6).toString("hex")}`;
    await database.query(
      `revoke create on schema public from public; create role ${role} login password 'secret'`,
    );
    const missing = new URL(database.url);
    missing.pathname += "_missing";
    const foreign = new URL(database.url);
    foreign.username = role;
    foreign.password = "secret";

    const ofMissing = await codeOfRun({ connectionString: missing.toString() });
    const ofForeign = await codeOfRun({ connectionString: foreign.toString() });

    await database.query(`drop role ${role}`);
    expect([ofMissing, ofForeign]).toEqual(["schema_mismatch", "unauthorized"]);
    expect(said).toMatch(/`unauthorized`, `schema_mismatch`/);
  });
});
