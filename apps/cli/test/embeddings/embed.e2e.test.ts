// The built program makes vectors of a mirror and searches them.
import { setTimeout as delay } from "node:timers/promises";
import type { Devnet } from "@snaprag/devnet";
import { createDevnet } from "@snaprag/devnet";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EmbeddingApi } from "../../../../packages/embeddings/test/support/embedding-api.ts";
import { startEmbeddingApi } from "../../../../packages/embeddings/test/support/embedding-api.ts";
import { jsonLines, runCli, startCli } from "../support/built-cli.ts";
import type { Workplace } from "../support/databases.ts";
import { DATABASES, embedded, onServer } from "../support/databases.ts";
import { querySql } from "../support/query-sql.ts";

const MODEL = "test-model";
/** Kills of one run; the embedder is given time to do something in between. */
const KILLS = 20;

let devnet: Devnet;
/** A mirror of it on the server, of which tests that are about what comes then take copies. */
let mirrored: Workplace;

beforeAll(async () => {
  devnet = createDevnet({ users: 30, messages: 4000, blockMs: 0 });
  await devnet.start();
  mirrored = await onServer();
  await sync(mirrored);
});

afterAll(async () => {
  await mirrored[Symbol.asyncDispose]();
  await devnet.stop();
});

const LIVE = "from casts where deleted_at is null and btrim(text, E' \\t\\n\\r') <> ''";
const WITHOUT_VECTORS = `select count(*)::int as count ${LIVE}
  and not exists (select from cast_embeddings e where e.fid = casts.fid and e.hash = casts.hash)`;
const OF_ENDED_CASTS = `select count(*)::int as count from cast_embeddings e where not exists
  (select from casts c where c.fid = e.fid and c.hash = e.hash and c.deleted_at is null)`;
const NOT_WHOLE = `select count(*)::int as count from (
  select from cast_embeddings group by fid, hash, set_id having max(chunk) + 1 <> count(*)) of_all`;

async function countOf(workplace: Workplace, sql: string): Promise<number> {
  const [row] = await querySql(workplace, sql);
  return Number(row?.["count"]);
}

/** Several counts at once: opening an embedded database for each takes much longer than counting. */
async function countsOf(workplace: Workplace, ...listed: readonly string[]): Promise<number[]> {
  const columns = listed.map((sql, index) => `(${sql}) as c${index}`);
  const [row = {}] = await querySql(workplace, `select ${columns.join(", ")}`);
  return Object.values(row).map(Number);
}

async function sync({ folder, databaseFlags }: Workplace): Promise<void> {
  const node = ["--snapchain-endpoint", devnet.endpoint, "--until-synced"];
  const { exitCode, stderr } = await runCli(["sync", ...node, ...databaseFlags], { folder });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
}

const providerFlags = (api: EmbeddingApi) => [
  ...["--embeddings-endpoint", api.endpoint],
  ...["--model", MODEL],
];

function embed({ folder, databaseFlags }: Workplace, api: EmbeddingApi, environment = {}) {
  const argv = ["embed", "--once", ...providerFlags(api), ...databaseFlags];
  return runCli(argv, { folder, environment });
}

async function readJson(
  { folder, databaseFlags }: Workplace,
  argv: readonly string[],
): Promise<Record<string, unknown>> {
  const ended = await runCli([...argv, "--json", ...databaseFlags], { folder });
  expect(ended.stderr).toBe("");
  return jsonLines(ended)[0] ?? {};
}

describe.each(DATABASES)("embed on %s", (name, open) => {
  it("gives every live cast its vectors, takes those of removed casts away, and finds them", async () => {
    await using workplace = await open();
    await using api = await startEmbeddingApi({ dimension: 64 });
    await sync(workplace);

    const first = await embed(workplace, api);

    expect({ exitCode: first.exitCode, stderr: first.stderr }).toEqual({ exitCode: 0, stderr: "" });
    const [live, without] = await countsOf(workplace, `select count(*) ${LIVE}`, WITHOUT_VECTORS);
    expect(live).toBeGreaterThan(300);
    expect(without).toBe(0);
    await devnet.produceBlock(40);
    await sync(workplace);
    expect(await countOf(workplace, OF_ENDED_CASTS)).toBeGreaterThan(0);
    await embed(workplace, api);
    const [cast] = await querySql(
      workplace,
      `select text, (${WITHOUT_VECTORS}) as without, (${OF_ENDED_CASTS}) as ended,
        (${NOT_WHOLE}) as "notWhole" ${LIVE} order by length(text) desc limit 1`,
    );
    expect(cast).toMatchObject({ without: 0, ended: 0, notWhole: 0 });

    const { embeddings } = await readJson(workplace, ["status"]);
    const storage = name === "PostgreSQL" ? "real[]" : "halfvec";
    expect(embeddings).toMatchObject([
      { model: MODEL, dimension: 64, storage, state: "serving", backlog: 0, refused: 0 },
    ]);
    const found = await readJson(workplace, [
      ...["search", String(cast?.["text"]), "--limit", "3"],
      ...providerFlags(api),
    ]);
    expect(found).toMatchObject({ mode: "hybrid", hits: [{ text: cast?.["text"] }, {}, {}] });
  });
});

describe("embed", () => {
  it("comes to the same however often it is killed, and whatever the provider does", async () => {
    await using workplace = await onServer(mirrored);
    const shares = { rate_limited: 0.1, server_error: 0.05, truncated: 0.05, reset: 0.05 };
    await using api = await startEmbeddingApi({
      faults: { seed: 5, shares: { ...shares, slow: 0.5 }, retryAfterMs: 10, slowMs: 100 },
    });
    const environment = { SNAPRAG_EMBEDDINGS_BATCH_SIZE: "4" };
    const argv = ["embed", ...providerFlags(api), ...workplace.databaseFlags];

    for (let kill = 1; kill <= KILLS; kill++) {
      await using running = startCli(argv, { folder: workplace.folder, environment });
      await running.printed('"msg":"vectors"');
      await delay((kill * 37) % 400);
      running.kill("SIGKILL");
      expect((await running.ended).exitCode).toBeNull();
      if (kill === KILLS / 2) {
        await devnet.produceBlock(20);
        await sync(workplace);
      }
    }
    const { exitCode, stderr } = await embed(workplace, api, environment);

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const counts = await countsOf(workplace, WITHOUT_VECTORS, OF_ENDED_CASTS, NOT_WHOLE);
    expect(counts).toEqual([0, 0, 0]);
  });

  it("ends when its budget is used up, and goes on from there", async () => {
    await using workplace = await onServer(mirrored);
    await using api = await startEmbeddingApi({});

    const bounded = await embed(workplace, api, { SNAPRAG_EMBEDDINGS_BUDGET_TEXTS: "100" });

    expect(bounded.exitCode).toBe(0);
    expect(bounded.stdout).toContain('"reason":"budget"');
    // One more tells how long vectors are.
    expect(api.counts().embeddedCount).toBeLessThanOrEqual(100 + 1);
    expect(await countOf(workplace, WITHOUT_VECTORS)).toBeGreaterThan(0);
    await embed(workplace, api);
    expect(await countOf(workplace, WITHOUT_VECTORS)).toBe(0);
  });

  it("finds its way to another schema of an embedded database", async () => {
    await using workplace = await embedded();
    await using api = await startEmbeddingApi({});
    const environment = { SNAPRAG_DATABASE_SCHEMA: "farcaster" };
    const surroundings = { folder: workplace.folder, environment };
    const node = ["--snapchain-endpoint", devnet.endpoint, "--until-synced"];
    await runCli(["sync", ...node], surroundings);

    const { exitCode, stderr } = await embed(workplace, api, environment);
    const search = ["search", "gm", "--json", ...providerFlags(api)];
    const found = await runCli(search, surroundings);

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(found.stderr).toBe("");
    expect(JSON.parse(found.stdout).hits).toHaveLength(10);
  });

  it("deletes its vectors only when forced to, and then all of them", async () => {
    await using workplace = await onServer(mirrored);
    await using api = await startEmbeddingApi({});
    await embed(workplace, api);
    const forget = ["embed", "--forget", ...workplace.databaseFlags];

    const unforced = await runCli(forget, workplace);
    expect(unforced).toMatchObject({ exitCode: 2, stdout: "" });
    expect(unforced.stderr).toContain("Add --force to delete them; the casts stay.");
    expect(await countOf(workplace, "select count(*) from cast_embeddings")).toBeGreaterThan(0);

    expect(await runCli([...forget, "--force"], workplace)).toMatchObject({ exitCode: 0 });
    expect(await countOf(workplace, "select count(*) from cast_embeddings")).toBe(0);
    expect(await countOf(workplace, `select count(*) ${LIVE}`)).toBeGreaterThan(0);
  });
});

describe("embed that is told to stop while an index is built", () => {
  it("has the server break that off, and ends well", async () => {
    await using workplace = await onServer();
    await using api = await startEmbeddingApi({ dimension: 64 });
    const { folder, databaseFlags } = workplace;
    await runCli(["migrate", ...databaseFlags], { folder });
    const [, connectionString = ""] = databaseFlags;
    const other = new pg.Client({ connectionString });
    await other.connect();
    // Somebody writes for as long as it takes: no index comes to its end meanwhile.
    await other.query("begin; lock table casts in row exclusive mode");
    const argv = ["embed", ...providerFlags(api), ...databaseFlags];
    const environment = { SNAPRAG_EMBEDDINGS_FULL_TEXT_INDEX: "true" };
    await using running = startCli(argv, { folder, environment });
    const building = `select count(*)::int as count from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()
        and state = 'active' and query ~ 'create.* index'`;
    await expect.poll(() => countOf(workplace, building), { timeout: 60_000 }).toBe(1);

    running.kill("SIGTERM");
    const { exitCode, stderr } = await running.ended;

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    await expect.poll(() => countOf(workplace, building), { timeout: 5000 }).toBe(0);
    await other.end();
  });
});

describe("sync with embeddings enabled", () => {
  const enabled = (api: EmbeddingApi) => ({
    SNAPRAG_EMBEDDINGS_ENABLED: "true",
    SNAPRAG_EMBEDDINGS_ENDPOINT: api.endpoint,
    SNAPRAG_EMBEDDINGS_MODEL: MODEL,
    SNAPRAG_EMBEDDINGS_FULL_TEXT_INDEX: "true",
  });

  it("embeds beside it once it has caught up, in one embedded database", async () => {
    await using workplace = await embedded();
    await using api = await startEmbeddingApi({ dimension: 64 });
    const argv = ["sync", "--snapchain-endpoint", devnet.endpoint];
    const surroundings = { folder: workplace.folder, environment: enabled(api) };
    await using running = startCli(argv, surroundings);
    await running.printed(/"state":"idle"/);

    const { embeddings } = await readJson(workplace, ["status"]);
    running.kill("SIGTERM");
    const { exitCode, stderr } = await running.ended;

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(embeddings).toMatchObject([{ storage: "halfvec", state: "serving", backlog: 0 }]);
    expect(await countOf(workplace, WITHOUT_VECTORS)).toBe(0);
  });

  it("embeds beside it also when the server has ended all sessions meanwhile", async () => {
    await using workplace = await onServer();
    await using api = await startEmbeddingApi({ dimension: 64 });
    const [, connectionString = ""] = workplace.databaseFlags;
    const other = new pg.Client({ connectionString });
    await other.connect();
    // With keys, shards follow blocks while indexes are yet to be built.
    await runCli(["migrate", ...workplace.databaseFlags], { folder: workplace.folder });
    for (const table of ["casts", "reactions", "links"]) {
      await other.query(`alter table ${table} add primary key (fid, hash)`);
    }
    // Whoever builds indexes, of the sync or for searching, waits for this one.
    const lock = "hashtext('snaprag indexes'), hashtext('public')";
    await other.query(`select pg_advisory_lock(${lock})`);
    const argv = ["sync", "--snapchain-endpoint", devnet.endpoint, ...workplace.databaseFlags];
    const environment = { ...enabled(api), SNAPRAG_SYNC_THREADS: "1" };
    await using running = startCli(argv, { folder: workplace.folder, environment });
    const others =
      "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    const waiting = `select ${others} and query like '%pg_try_advisory_lock(hashtext($1)%'`;
    await expect
      .poll(async () => (await other.query(waiting)).rows.length, { timeout: 60_000 })
      .toBe(2);

    await other.query(`select pg_terminate_backend(pid) ${others}`);
    await running.printed("the text indexes are not built yet");
    await other.end();
    await running.printed(/"state":"idle"/);
    running.kill("SIGTERM");

    expect(await running.ended).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await countOf(workplace, WITHOUT_VECTORS)).toBe(0);
  });

  it("goes on without it when the provider does not accept the key, and says so", async () => {
    await using workplace = await onServer();
    await using api = await startEmbeddingApi({ apiKey: "right" });
    const argv = ["sync", "--snapchain-endpoint", devnet.endpoint, ...workplace.databaseFlags];
    const environment = { ...enabled(api), EMBEDDINGS_API_KEY: "wrong-key" };
    await using running = startCli(argv, { folder: workplace.folder, environment });

    await running.printed("embedding has stopped, the sync goes on");
    await devnet.produceBlock();
    const heights = devnet.heights();
    const lowest = "select min(block_number)::int as count from sync_progress where shard_id > 0";
    await expect
      .poll(() => countOf(workplace, lowest), { timeout: 30_000 })
      .toBeGreaterThanOrEqual(Math.min(Number(heights.get(1)), Number(heights.get(2))));
    running.kill("SIGTERM");
    const { exitCode, stdout } = await running.ended;

    expect(exitCode).toBe(0);
    expect(stdout).not.toContain("wrong-key");
  });
});
