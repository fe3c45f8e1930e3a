import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { aCastAdd, aMergeMessageEvent } from "@snaprag/processors/testing";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { copyEmbeddedDatabase } from "../../../test/support/embedded-template.ts";
import { openEmbeddedDatabase } from "../src/connection/embedded/index.ts";
import { cannotOpen } from "../src/connection/embedded/open-embedded-database.ts";
import { findOwner, removeDeadOwner } from "../src/connection/embedded/owner-file.ts";
import { createEmbeddingStore } from "../src/embeddings/index.ts";
import { createPostgresStore } from "../src/index.ts";
import { batchOf, changesOf } from "./support/stores.ts";

let root: string;
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "snaprag-embedded-"));
  folder = join(root, "db");
});

afterEach(() => rm(root, { recursive: true, force: true }));

describe("openEmbeddedDatabase()", () => {
  it("keeps what was written, and lets others look while it is open", async () => {
    const database = await openEmbeddedDatabase({ folder, holder: "the owner" });
    const store = createPostgresStore(database.storeOptions);
    await store.migrate();
    await store.startRealtime(1, 0n);
    await store.applyBlocks(batchOf(1n, changesOf(1n, [aMergeMessageEvent(aCastAdd())])));

    await expect(openEmbeddedDatabase({ folder, holder: "another" })).rejects.toMatchObject({
      code: "locked",
      holder: `the owner (pid ${process.pid})`,
    });
    const guest = await openEmbeddedDatabase({ folder, holder: "a guest", isGuestAllowed: true });
    await using guestStore = createPostgresStore(guest.storeOptions);
    expect((await guestStore.countRows()).get("casts")).toMatchObject({ live: 1 });
    expect(await guestStore.listShards()).toHaveLength(1);

    await guest.close();
    await store.applyBlocks(
      batchOf(2n, changesOf(2n, [aMergeMessageEvent(aCastAdd({}, { seed: 1 }))])),
    );
    await store.close();
    await database.close();
    await database.close();
    await using again = await openEmbeddedDatabase({ folder, holder: "the next owner" });
    await using nextStore = createPostgresStore(again.storeOptions);
    expect((await nextStore.countRows()).get("casts")).toMatchObject({ live: 2 });
  });

  it("keeps the messages of one statement together, however many use the session", async () => {
    await copyEmbeddedDatabase(folder);
    await using database = await openEmbeddedDatabase({ folder, holder: "the owner" });
    await using store = createPostgresStore(database.storeOptions);
    await store.migrate();
    const { connection } = database.storeOptions;
    const guestOf = () => createEmbeddingStore({ connection, backend: "embeddedGuest" });
    await using one = guestOf();
    await using other = guestOf();
    const key = { fid: 1n, hash: new Uint8Array(20) };
    // More than comes at a time: others have their turn before the rest is there.
    const many = Array.from({ length: 20_000 }, () => new Uint8Array(16));

    const found = await Promise.all(
      Array.from({ length: 10 }, () =>
        Promise.all([one.findVectors(1, many), other.readCasts([key])]),
      ),
    );

    expect(found).toEqual(Array.from({ length: 10 }, () => [new Map(), []]));
  });

  it("takes the folder over from an owner that was killed", async () => {
    await copyEmbeddedDatabase(folder);
    const killed = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const startedAt = "0";
    const owner = { pid: killed.pid, startedAt, holder: "the killed", socketFolder: "/nowhere" };
    await writeFile(`${folder}.owner`, JSON.stringify(owner));
    // The pid is alive but its start time is not the owner's: the pid was given away again.
    expect(await findOwner(`${folder}.owner`, `${folder}.socket`)).toBeUndefined();
    killed.kill("SIGKILL");

    await using database = await openEmbeddedDatabase({ folder, holder: "the next" });
    expect(JSON.parse(await readFile(`${folder}.owner`, "utf8"))).toMatchObject({
      pid: process.pid,
      holder: "the next",
    });
    expect(database.socketFolder).toContain(".socket");
  });

  it("sees an owner whose process cannot be seen, as in another container, by its socket", async () => {
    await copyEmbeddedDatabase(folder);
    await using database = await openEmbeddedDatabase({ folder, holder: "the owner" });
    await using store = createPostgresStore(database.storeOptions);
    await store.migrate();
    const owner = JSON.parse(await readFile(`${folder}.owner`, "utf8"));
    // This pid is somebody else's here, and there the folder has another path.
    const elsewhere = { ...owner, pid: 1, startedAt: "0", host: "a container" };
    const unseen = { ...elsewhere, socketFolder: "/there/db.socket" };
    await writeFile(`${folder}.owner`, JSON.stringify(unseen));

    await expect(openEmbeddedDatabase({ folder, holder: "another" })).rejects.toMatchObject({
      code: "locked",
      holder: "the owner (pid 1)",
    });
    const guest = await openEmbeddedDatabase({ folder, holder: "a guest", isGuestAllowed: true });
    await using guestStore = createPostgresStore(guest.storeOptions);

    expect(await guestStore.listShards()).toEqual([]);
    expect(await store.listShards()).toEqual([]);
  });

  it("leaves the folder to an owner of another host that gives no sign of life", async () => {
    await copyEmbeddedDatabase(folder);
    const ownerFile = `${folder}.owner`;
    const dead = { pid: 1, startedAt: "0", holder: "a sync", socketFolder: "/nowhere" };
    await writeFile(ownerFile, JSON.stringify({ ...dead, host: "another-host" }));

    for (const isGuestAllowed of [false, true]) {
      const opening = openEmbeddedDatabase({ folder, holder: "another", isGuestAllowed });
      await expect(opening).rejects.toMatchObject({
        code: "locked",
        holder: "a sync (pid 1 on another-host)",
        message: expect.stringContaining(`If it has ended, delete ${ownerFile}`),
      });
    }
    await writeFile(ownerFile, JSON.stringify({ ...dead, host: hostname() }));
    await using _database = await openEmbeddedDatabase({ folder, holder: "the next" });
  });

  it("takes the folder over where the owner's file was cut off, as when the power fails", async () => {
    await copyEmbeddedDatabase(folder);
    await writeFile(`${folder}.owner`, "");
    expect(await findOwner(`${folder}.owner`, `${folder}.socket`)).toBeUndefined();

    await using _database = await openEmbeddedDatabase({ folder, holder: "the next" });

    expect(await findOwner(`${folder}.owner`, `${folder}.socket`)).toMatchObject({
      holder: "the next",
    });
  });

  it("tells a folder that cannot be written to from one that is broken", async () => {
    const failing = (code: string) =>
      Object.assign(new Error(`${code}: it says`), { code, syscall: "open" });

    expect(cannotOpen("/db", failing("EROFS"))).toMatchObject({ code: "unauthorized" });
    expect(cannotOpen("/db", failing("ENOSPC"))).toMatchObject({ code: "out_of_resources" });
    expect(cannotOpen("/db", failing("ENOTDIR"))).toMatchObject({ code: "unknown" });
    expect(cannotOpen("/db", new Error("it is broken"))).toMatchObject({
      code: "connection",
      message: expect.stringContaining("it is broken"),
    });
  });

  it("tells a machine or an installation that lacks something from a database that is broken", () => {
    const notFound = Object.assign(new Error("Cannot find module"), {
      code: "ERR_MODULE_NOT_FOUND",
    });
    const cutOff = Object.assign(new Error("expected magic word"), { name: "CompileError" });
    const memory = new RangeError("WebAssembly.Memory(): could not allocate memory");
    const aborted = Object.assign(new Error("Aborted()"), { name: "RuntimeError" });

    expect(cannotOpen("/db", memory)).toMatchObject({ code: "out_of_resources" });
    expect(cannotOpen("/db", notFound)).toMatchObject({ code: "unknown" });
    expect(cannotOpen("/db", cutOff)).toMatchObject({ code: "unknown" });
    expect(cannotOpen("/db", new TypeError("x is not a function"))).toMatchObject({
      code: "unknown",
    });
    expect(cannotOpen("/db", aborted)).toMatchObject({ code: "connection" });
  });

  it("leaves the folder to whoever took it over from the same dead owner first", async () => {
    await copyEmbeddedDatabase(folder);
    const ownerFile = `${folder}.owner`;
    const dead = { pid: 1, startedAt: "0", holder: "the killed", socketFolder: "/nowhere" };
    await writeFile(ownerFile, JSON.stringify(dead));
    await using _first = await openEmbeddedDatabase({ folder, holder: "the first" });

    // What another process does that has seen the dead owner too, only later.
    await removeDeadOwner(ownerFile, dead);

    expect(await findOwner(ownerFile, `${folder}.socket`)).toMatchObject({ holder: "the first" });
  });

  it("serves from a short path when the folder's is too long for a socket", async () => {
    const deep = join(root, "a".repeat(120), "db");
    await using database = await openEmbeddedDatabase({ folder: deep, holder: "a test" });
    await using store = createPostgresStore(database.storeOptions);
    await store.migrate();

    expect(database.socketFolder.length).toBeLessThan(100);
  });

  it("gives the folder up again when the database in it cannot be opened", async () => {
    await writeFile(folder, "not a folder");

    await expect(openEmbeddedDatabase({ folder, holder: "a test" })).rejects.toMatchObject({
      name: "StorageError",
    });
    expect(await findOwner(`${folder}.owner`, `${folder}.socket`)).toBeUndefined();
  });
});

describe("finishLoading()", () => {
  it("replaces an index whose build was cut off", async () => {
    await copyEmbeddedDatabase(folder);
    await using database = await openEmbeddedDatabase({ folder, holder: "the owner" });
    await using store = createPostgresStore(database.storeOptions);
    await store.migrate();
    await store.finishLoading();
    const client = new pg.Client(database.storeOptions.connection);
    await client.connect();
    const hashIndex = "from pg_index where indexrelid = 'casts_by_hash'::regclass";
    const before = await client.query(`select indexrelid ${hashIndex}`);
    await client.query(
      "update pg_index set indisvalid = false where indexrelid = 'casts_by_hash'::regclass",
    );

    await store.finishLoading();

    const after = await client.query(`select indexrelid, indisvalid ${hashIndex}`);
    await client.end();
    expect(after.rows).toMatchObject([{ indisvalid: true }]);
    expect(after.rows[0].indexrelid).not.toBe(before.rows[0].indexrelid);
  });
});
