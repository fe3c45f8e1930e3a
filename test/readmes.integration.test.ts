// The README of a package says what really happens: its example runs, and prints what stands there.
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
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
