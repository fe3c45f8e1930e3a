import pg from "pg";
import { describe, expect, it } from "vitest";
import { createTestDatabase } from "../../../../test/support/test-database.ts";
import { createPostgresStore, inspectServer, SCHEMA_VERSION } from "../../src/index.ts";

describe("inspectServer()", () => {
  it("sees a database as it is, and leaves it so", async () => {
    await using database = await createTestDatabase();
    const connectionString = database.url;

    const before = await inspectServer({ connectionString, schema: "mirror" });
    await using store = createPostgresStore({ connectionString, schema: "mirror" });
    await store.migrate();
    const after = await inspectServer({ connectionString, schema: "mirror" });

    expect(before).toMatchObject({ isReadOnly: false, canCreate: true, schemaVersion: 0 });
    expect(before.versionNumber).toBeGreaterThanOrEqual(140_000);
    expect(before.version).toMatch(/^\d+/);
    expect(before.freeConnections).toBeGreaterThan(0);
    expect(before.dataFolder).toMatch(/^\//);
    expect(after).toMatchObject({ canCreate: true, schemaVersion: SCHEMA_VERSION });
    expect(after.sizeBytes).toBeGreaterThan(before.sizeBytes);
  });

  it("says what a user may not do or know", async () => {
    await using database = await createTestDatabase();
    const role = `reader_${new URL(database.url).pathname.slice(1)}`;
    await database.query(`create role ${role} login password 'x'`);
    await database.query(`revoke create on schema public from public`);
    const url = new URL(database.url);
    url.username = role;
    url.password = "x";

    const ofSchema = await inspectServer({ connectionString: url.href });
    const ofDatabase = await inspectServer({ connectionString: url.href, schema: "mirror" });
    await database.query(`alter role ${role} set default_transaction_read_only = on`);
    const readOnly = await inspectServer({ connectionString: url.href });

    expect(ofSchema).toMatchObject({ canCreate: false, dataFolder: undefined });
    expect(ofDatabase).toMatchObject({ canCreate: false });
    expect(readOnly).toMatchObject({ isReadOnly: true });
    await database.query(`drop role ${role}`);
  });

  it("counts the sessions of others, also for a user who is told nothing else of them", async () => {
    await using database = await createTestDatabase();
    const role = `counter_${new URL(database.url).pathname.slice(1)}`;
    await database.query(`create role ${role} login password 'x'`);
    const url = new URL(database.url);
    url.username = role;
    url.password = "x";
    const others = Array.from({ length: 20 }, () => new pg.Client(database.url));

    const before = await inspectServer({ connectionString: url.href });
    await Promise.all(others.map((other) => other.connect()));
    const beside = await inspectServer({ connectionString: url.href });
    await Promise.all(others.map((other) => other.end()));
    await database.query(`drop role ${role}`);

    // Other tests come and go on the same server.
    expect(before.freeConnections - beside.freeConnections).toBeGreaterThan(10);
  });

  it("fails as a store does for a server that is not there, and for options of none", async () => {
    await expect(
      inspectServer({ connectionString: "postgres://127.0.0.1:1/x" }),
    ).rejects.toMatchObject({
      name: "StorageError",
      code: "connection",
    });
    await expect(
      inspectServer({ connectionString: "postgres://127.0.0.1/x", schema: "No Schema" }),
    ).rejects.toThrow(TypeError);
  });
});
