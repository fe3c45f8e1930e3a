// What one process leaves behind, and what it does when it wakes up later.
import { setTimeout as delay } from "node:timers/promises";
import { aCastAdd, aMergeMessageEvent } from "@snaprag/processors/testing";
import { expect, it } from "vitest";
import type { PostgresStoreOptions } from "../../src/index.ts";
import { createPostgresStore } from "../../src/index.ts";
import { useDatabase } from "../support/each-database.ts";
import { batchOf, changesOf, pageOf } from "../support/stores.ts";

const own = useDatabase();

const open = (options: PostgresStoreOptions = {}) =>
  createPostgresStore({ connectionString: own.database.url, statementTimeoutMs: 5000, ...options });

const gm = batchOf(1n, changesOf(1n, [aMergeMessageEvent(aCastAdd({ text: "gm" }))]));

/** A change handler that stops in its transaction until it is woken. */
function createSleeper() {
  let fallAsleep = () => {};
  let wake = () => {};
  const asleep = new Promise<void>((resolve) => {
    fallAsleep = resolve;
  });
  const awake = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const onChanges = async () => {
    fallAsleep();
    await awake;
  };
  return { asleep, wake: () => wake(), onChanges };
}

it("goes on after the lease of one that has stopped in a transaction", async () => {
  const { asleep, wake, onChanges } = createSleeper();
  await using stopped = open({ leaseMs: 500, onChanges });
  await using other = open();
  await stopped.migrate();
  await stopped.startRealtime(1, 0n);
  const writing = stopped.applyBlocks(gm).catch((error: unknown) => error);
  await asleep;

  await other.applyBlocks(gm).finally(wake);

  expect(await writing).toMatchObject({ code: "connection", retryable: true });
  await expect(stopped.applyBlocks(gm)).rejects.toMatchObject({ code: "fenced" });
  expect(await other.findShard(1)).toMatchObject({ blockNumber: 1n, messageCount: 1n });
});

it("lets the server find out soon that a machine is gone", async () => {
  const settings: unknown[] = [];
  await using store = open({
    async onChanges(_, transaction) {
      for (const name of ["idle", "interval", "count"]) {
        const { rows } = await transaction.query(`show tcp_keepalives_${name}`);
        settings.push(...rows.flatMap((row) => Object.values(row)));
      }
    },
  });
  await store.migrate();
  await store.startRealtime(1, 0n);
  await store.applyBlocks(gm);

  expect(settings).toEqual(["15", "5", "3"]);
});

it("plans nothing anew whose last page is just being written", async () => {
  await using store = open();
  await store.migrate();
  await store.planSnapshot({ shardId: 1, height: 10n, virtualShards: [0] });
  await store.applyPage({ ...pageOf(10n, []), isLast: false, nextPageToken: "page 1" });
  await own.client.query("begin; update sync_partitions set status = 'done', page_token = null");
  const planned = store
    .planSnapshot({ shardId: 1, height: 20n, virtualShards: [0], isForUnfinished: true })
    .then(
      () => "planned",
      ({ code }) => code,
    );
  await delay(200);
  await own.client.query("commit");

  expect(await planned).toBe("fenced");
  expect(await store.listPartitions(1)).toMatchObject([{ status: "done", height: 10n }]);
});

it("starts a shard once when two are done with its history at a time", async () => {
  await using one = open();
  await using other = open();
  await one.migrate();
  const starts = [one.startRealtime(1, 10n), other.startRealtime(1, 20n)];
  const results = await Promise.allSettled(starts);

  expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const first = results[0]?.status === "fulfilled" ? 10n : 20n;
  expect(await one.findShard(1)).toMatchObject({ snapshotHeight: first, blockNumber: first });
});
