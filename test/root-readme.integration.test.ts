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

interface Run {
  readonly peakMb: number;
}

interface LiveRun extends Run {
  readonly rate: number;
  readonly setting: string;
}

/** What documents quote of bench/results/latest.json. */
interface Published {
  readonly peakMemoryMb: number;
  readonly parts: {
    readonly embedding: {
      readonly result: { once: { castsPerSecond: number; bytesPerCast: number } };
    };
    readonly historical: { readonly result: { readonly sizes: { programs: { proof: Run[] } }[] } };
    readonly realtime: { readonly result: { catchUp: { runs: Run[] }; live: LiveRun[] } };
    readonly verify: { readonly result: { verify: Run[]; repair: Run } };
  };
}

function medianPeak(runs: readonly Run[]): number | undefined {
  const peaks = runs.map(({ peakMb }) => peakMb).toSorted((a, b) => a - b);
  return peaks[Math.floor(peaks.length / 2)];
}

describe("README.md", () => {
  const readme = read("README.md");

  it("lists every package", () => {
    const listed = [...readme.matchAll(/^\| \[`@snaprag\/([a-z-]+)`\]\(([a-z/-]+)\)/gm)];
    const folders = [...readdirSync(new URL("packages", ROOT)).map((name) => `packages/${name}`)];
    expect(listed.map(([, , folder]) => folder).sort()).toEqual(["apps/cli", ...folders].sort());
  });

  it("quotes the memory that the published benchmark says", () => {
    const { parts, peakMemoryMb } = JSON.parse(read("bench/results/latest.json")) as Published;
    const { catchUp, live } = parts.realtime.result;
    const figures = [
      ...parts.historical.result.sizes.map(({ programs }) => medianPeak(programs.proof)),
      medianPeak(catchUp.runs),
      live.find(({ rate, setting }) => rate === 100 && setting === "50 ms")?.peakMb,
      medianPeak(parts.verify.result.verify),
      parts.verify.result.repair.peakMb,
      peakMemoryMb,
    ];
    const [, sentence = ""] = /Of memory, (.*?) \(\[measured\]/s.exec(readme) ?? [];
    const quoted = [...sentence.matchAll(/(\d+) MB/g)];
    expect(quoted.map(([, figure]) => Number(figure))).toEqual(figures);
  });

  it("is one of several that say how packages can be loaded", () => {
    for (const name of readdirSync(new URL("packages", ROOT))) {
      expect(read(`packages/${name}/README.md`), name).toMatch(
        /Node[^\n]* 20\.19 or (newer|later)[^`]*\bES modules only; `require\(\)` works too, from Node 20\.19 and 22\.12 on\./,
      );
    }
  });

  it("is one of several that say where the API reference is written", () => {
    for (const name of readdirSync(new URL("packages", ROOT))) {
      expect(read(`packages/${name}/README.md`)).toContain(`build/api/_snaprag/${name}.html`);
    }
  });

  it("quotes what docs/supply.md says of packages of others", () => {
    const rows = [
      ...read("docs/supply.md").matchAll(/^\| `@snaprag\/(\S+)` +\| (\d+) +\| (\S+) MB/gm),
    ];
    const counts = rows.flatMap(([, name, count]) => (name === "cli" ? [] : [Number(count)]));
    const [, , count, size] = rows.find(([, name]) => name === "cli") ?? [];
    expect(rows).toHaveLength(1 + readdirSync(new URL("packages", ROOT)).length);
    expect(Math.min(...counts)).toBe(0);
    expect(readme).toContain(
      `between none and ${Math.max(...counts)} packages of others, the command ${count} (${size} MB,`,
    );
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

describe("docs/retrieval.md", () => {
  it("quotes what the published benchmark says of embedding", () => {
    const { parts } = JSON.parse(read("bench/results/latest.json")) as Published;
    const { castsPerSecond, bytesPerCast } = parts.embedding.result.once;
    const document = read("docs/retrieval.md");
    const minutes = (1e6 / castsPerSecond / 60).toFixed(1);
    const gigabytes = (bytesPerCast / 1000).toFixed(1);

    expect(document).toContain(
      `${minutes} minutes (${castsPerSecond.toLocaleString("en-US")} casts/s)`,
    );
    expect(document).toContain(
      `${gigabytes} GB (${bytesPerCast.toLocaleString("en-US")} bytes a cast)`,
    );
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
      ...text.matchAll(/`(?:npm run )?((?:test|check|docs):[a-z]+|audit|bench|generate|format)`/g),
    ];
    const scripts = listScripts();
    expect(named.filter(([, script = ""]) => !scripts.includes(script))).toEqual([]);
  });
});
