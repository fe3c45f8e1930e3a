// The README at the root names what exists: packages, files, scripts and SQL that runs.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createPostgresStore } from "@snaprag/storage-postgres";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { createTestDatabase } from "./support/test-database.ts";

const ROOT = new URL("../", import.meta.url);

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

function listScripts(): readonly string[] {
  return Object.keys((JSON.parse(read("package.json")) as { scripts: object }).scripts);
}

describe("README.md", () => {
  const readme = read("README.md");

  it("lists every package", () => {
    const listed = [...readme.matchAll(/^\| \[`@snaprag\/([a-z-]+)`\]\(([a-z/-]+)\)/gm)];
    const folders = [...readdirSync(new URL("packages", ROOT)).map((name) => `packages/${name}`)];
    expect(listed.map(([, , folder]) => folder).sort()).toEqual(["apps/cli", ...folders].sort());
  });

  it("shows SQL that runs", async () => {
    await using database = await createTestDatabase();
    await using store = createPostgresStore({ connectionString: database.url });
    await store.migrate();
    const client = new pg.Client(database.url);
    await client.connect();
    const sql = /```sql\n(.*?)```/s.exec(readme)?.[1] ?? "";
    await client.query(sql);
    await client.end();
    expect(sql).toContain("user_profiles");
  });
});

describe.each(["README.md", "CONTRIBUTING.md"])("%s", (name) => {
  const text = read(name);

  it("links to files that exist", () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path = ""]) => path);
    expect(links.filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([]);
  });

  it("names scripts that exist", () => {
    const named = [
      ...text.matchAll(/`(?:npm run )?((?:test|check):[a-z]+|bench|generate|format)`/g),
    ];
    const scripts = listScripts();
    expect(named.filter(([, script = ""]) => !scripts.includes(script))).toEqual([]);
  });
});
