// A server that is away, or silent, and how that is noticed.
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { aCastAdd, aMergeMessageEvent } from "@snaprag/processors/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPostgresStore } from "../../src/index.ts";
import { useDatabase } from "../support/each-database.ts";
import { createSilentProxy } from "../support/silent-proxy.ts";
import { batchOf, changesOf } from "../support/stores.ts";

describe("a server that takes connections and says nothing", () => {
  const server = createServer((socket) => socket.resume());
  let connectionString: string;

  beforeEach(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    connectionString = `postgres://postgres@127.0.0.1:${port}/postgres`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it("is one that cannot be reached, for every way in", async () => {
    await using store = createPostgresStore({ connectionString, connectTimeoutMs: 300 });
    const lost = { code: "connection", retryable: true };

    await expect(store.openView()).rejects.toMatchObject(lost);
    await expect(store.joinSync("a test")).rejects.toMatchObject(lost);
    await expect(store.finishLoading()).rejects.toMatchObject(lost);
    await expect(store.listShards()).rejects.toMatchObject(lost);
  });
});

describe("a server that is gone without a word", () => {
  const own = useDatabase();
  /** State, timer and the time until it goes off, in hundredths of a second, of a TCP connection. */
  const SOCKET = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ 01 \S+ (\d\d):([0-9A-F]{8})/;

  it.runIf(process.platform === "linux")("is looked for after seconds", async () => {
    const ports = new Set<number>();
    await using store = createPostgresStore({
      connectionString: own.database.url,
      async onChanges(_, transaction) {
        const { rows } = await transaction.query("select inet_client_port() as port");
        ports.add(rows[0].port);
      },
    });
    await store.migrate();
    await store.startRealtime(1, 0n);
    await store.applyBlocks(batchOf(1n, changesOf(1n, [aMergeMessageEvent(aCastAdd())])));

    const timers = readFileSync("/proc/net/tcp", "utf8")
      .split("\n")
      .flatMap((line) => {
        const [, port = "", timer, hundredths = ""] = SOCKET.exec(line) ?? [];
        if (!ports.has(Number.parseInt(port, 16))) return [];
        return [{ timer, seconds: Number.parseInt(hundredths, 16) / 100 }];
      });

    expect(timers).toHaveLength(1);
    expect(timers[0]?.timer).toBe("02");
    expect(timers[0]?.seconds).toBeLessThanOrEqual(15);
  });
});

describe("a server that is gone while it is asked something", () => {
  const own = useDatabase();
  const lost = { code: "connection", retryable: true };

  it("is lost after the time of a lease, with everything that waits for it", async () => {
    await using way = await createSilentProxy(own.database.url);
    await using store = createPostgresStore({ connectionString: way.url, leaseMs: 900 });
    await store.migrate();
    const membership = await store.joinSync("a test");
    await using view = await store.openView();
    way.fallSilent();
    const waiting = [store.listShards(), view.listShards()];

    const [, ...results] = await Promise.allSettled([membership.lost, ...waiting]);
    way.recover();

    await expect(membership.lost).rejects.toMatchObject(lost);
    for (const result of results) expect(result).toMatchObject({ reason: lost });
    await membership.release();
    await using _again = await store.joinSync("a test, again");
    expect(await store.listShards()).toEqual([]);
  }, 10_000);

  it("keeps nobody who leaves for longer than that", async () => {
    await using way = await createSilentProxy(own.database.url);
    await using store = createPostgresStore({ connectionString: way.url, leaseMs: 900 });
    await store.migrate();
    const membership = await store.joinSync("a test");
    way.fallSilent();

    await membership.release();
  }, 10_000);

  it("is waited for by one that was stopped itself", async () => {
    await using store = createPostgresStore({
      connectionString: own.database.url,
      leaseMs: 900,
    });
    await store.migrate();
    await using membership = await store.joinSync("a test");
    const isLost = membership.lost.then(
      () => false,
      () => true,
    );
    // Nothing is read, and no timer goes off, as in a process that got SIGSTOP.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);

    expect(await Promise.race([isLost, delay(1000, false)])).toBe(false);
  });
});
