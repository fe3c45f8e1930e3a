// Accounts with more rows than are read at a time.
import { setTimeout as delay } from "node:timers/promises";
import type { Store, StoreView } from "@snaprag/storage";
import { beforeEach, describe, expect, it } from "vitest";
import { createPostgresStore } from "../../src/index.ts";
import { useDatabase } from "../support/each-database.ts";

const own = useDatabase();
const COUNTS = { links: 4500, reactions: 2000 };
const FIDS = [1n, 2n];

let store: Store;

beforeEach(async () => {
  store = createPostgresStore({ connectionString: own.database.url });
  await store.migrate();
  await own.database.query(
    `insert into links (fid, hash, "timestamp", signer, signature, link_type, event_id)
      select 1 + i % 2, sha256(i::text::bytea), now(), '', '', '', i
      from generate_series(1, ${COUNTS.links}) i`,
  );
  await own.database.query(
    `insert into reactions (fid, hash, "timestamp", signer, signature, reaction_type, event_id)
      select 1, sha256(('r' || i)::bytea), now(), '', '', 1, i
      from generate_series(1, ${COUNTS.reactions}) i`,
  );
  return () => store.close();
});

/** Hashes of what a view has of two relations, and the most rows that came at a time. */
async function readAll(view: StoreView) {
  const hashes: string[] = [];
  let most = 0;
  for await (const { links = [], reactions = [] } of view.readRows(FIDS)) {
    most = Math.max(most, links.length + reactions.length);
    hashes.push(...[...links, ...reactions].map(({ hash }) => Buffer.from(hash).toString("hex")));
  }
  return { hashes, most };
}

describe("readRows()", () => {
  it("gives each row once, a thousand at a time, to two readers of one view", async () => {
    await using view = await store.openView();

    const readings = await Promise.all([readAll(view), readAll(view)]);

    for (const { hashes, most } of readings) {
      expect(hashes).toHaveLength(COUNTS.links + COUNTS.reactions);
      expect(new Set(hashes).size).toBe(hashes.length);
      expect(most).toBe(1000);
    }
  });

  it("may be left in the middle, and read again", async () => {
    await using view = await store.openView();

    for await (const rows of view.readRows(FIDS)) if (rows.links) break;
    const closed =
      "select from pg_stat_activity where datname = current_database() and query like 'close live_%'";
    await expect.poll(async () => (await own.database.query(closed)).rows).toHaveLength(1);
    const { hashes } = await readAll(view);

    expect(hashes).toHaveLength(COUNTS.links + COUNTS.reactions);
  });

  it("goes on however long its reader takes, whatever the database is set to", async () => {
    await own.database.query(
      `do $$ begin
        execute format('alter database %I set idle_in_transaction_session_timeout to 100', current_database());
      end $$`,
    );
    await using view = await store.openView();
    await delay(500);

    expect((await readAll(view)).hashes).toHaveLength(COUNTS.links + COUNTS.reactions);
  });

  it("fails as a lost connection when that ends while its reader is busy", async () => {
    await using view = await store.openView();
    await own.database.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction' and datname = current_database()",
    );
    await delay(100);

    await expect(readAll(view)).rejects.toMatchObject({ code: "connection", retryable: true });
  });

  it("says what failed, to whoever reads", async () => {
    await own.database.query("alter table links rename to elsewhere");
    await using view = await store.openView();

    await expect(readAll(view)).rejects.toMatchObject({ name: "StorageError" });
  });
});
