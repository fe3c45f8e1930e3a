// What the store keeps of a page while it is written.
import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Change } from "@snaprag/processors";
import { aCastAdd, aMergeMessageEvent } from "@snaprag/processors/testing";
import type { PageBatch, Store } from "@snaprag/storage";
import { expect, it } from "vitest";
import type { PostgresStoreOptions } from "../../src/index.ts";
import { createPostgresStore } from "../../src/index.ts";
import { useDatabase } from "../support/each-database.ts";
import { changesOf, pageOf } from "../support/stores.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const own = useDatabase();
const HEIGHT = 5n;

async function openPlanned(options: PostgresStoreOptions = {}): Promise<Store> {
  const store = createPostgresStore({ connectionString: own.database.url, ...options });
  await store.migrate();
  await store.bindNetwork({ network: 1, shardCount: 1 });
  await store.planSnapshot({ shardId: 1, height: HEIGHT, virtualShards: [0] });
  return store;
}

function castsOf(count: number): readonly Change[] {
  const events = Array.from({ length: count }, (_, seed) =>
    aMergeMessageEvent(aCastAdd({ text: `cast ${seed}` }, { seed })),
  );
  return changesOf(HEIGHT, events);
}

/** A page whose changes are made each time they are read, and those that were made so far. */
function aPageOfCasts(count: number) {
  const made: WeakRef<Change>[][] = [];
  const page: PageBatch = {
    ...pageOf(HEIGHT, []),
    messageCount: count,
    get changes() {
      const changes = castsOf(count);
      made.push(changes.map((change) => new WeakRef(change)));
      return changes;
    },
  };
  return { page, made };
}

const isHeld = (reference: WeakRef<Change>) => reference.deref() !== undefined;

const textsOf = async (): Promise<readonly string[]> =>
  (await own.client.query("select text from casts order by text")).rows.map(({ text }) => text);

async function until(condition: string): Promise<void> {
  while (!(await own.client.query(`select ${condition} as is_so`)).rows[0].is_so) await delay(5);
}

it("reads the changes of a page once, and holds none while the database is at work", async () => {
  await using store = await openPlanned({ applicationName: "writing" });
  const { page, made } = aPageOfCasts(50);
  await own.client.query("begin; lock table casts in access exclusive mode");
  const written = store.applyPage(page);
  await until(`exists (select from pg_stat_activity
    where application_name = 'writing' and wait_event_type = 'Lock')`);

  collectGarbage();
  const heldCount = made.flat().filter(isHeld).length;
  await own.client.query("commit");
  await written;

  expect(heldCount).toBe(0);
  expect(made).toHaveLength(1);
  expect(await textsOf()).toHaveLength(50);
});

it("reads them once more to find what the database refuses", async () => {
  await using store = await openPlanned();
  await own.client.query("alter table casts add constraint mine check (text <> 'cast 1')");
  const { page, made } = aPageOfCasts(3);

  await store.applyPage(page);

  expect(made).toHaveLength(2);
  expect(await textsOf()).toEqual(["cast 0", "cast 2"]);
  expect((await own.client.query("select from quarantined_messages")).rowCount).toBe(1);
});

it("shows a handler the changes that were written, without reading them again", async () => {
  const seen: number[] = [];
  await using store = await openPlanned({
    onChanges: async (changes) => void seen.push(changes.length),
  });
  const { page, made } = aPageOfCasts(3);

  await store.applyPage(page);

  expect([seen, made.length]).toEqual([[3], 1]);
});
