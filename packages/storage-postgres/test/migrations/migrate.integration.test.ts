// What a server must be, and a role must have a right to, for migrations.
import { describe, expect, it } from "vitest";
import { openAsOlderServer } from "../../../../test/support/older-server.ts";
import { createPostgresStore, OLDEST_SERVER_VERSION, SCHEMA_VERSION } from "../../src/index.ts";
import { useDatabase } from "../support/each-database.ts";

const own = useDatabase();

describe("migrate()", () => {
  it("makes nothing on a server older than it is written for, and says which it is", async () => {
    await using older = await openAsOlderServer(own.database.url, OLDEST_SERVER_VERSION - 1);
    await using store = createPostgresStore({ connectionString: older.url });

    const migrated = store.migrate();

    await expect(migrated).rejects.toMatchObject({
      code: "unsupported_server",
      retryable: false,
      message: `[unsupported_server] The server is PostgreSQL ${older.version}, older than 14. Use PostgreSQL 14 or later`,
    });
    const { rows } = await own.client.query(
      "select count(*)::int as count from pg_class where relnamespace = 'public'::regnamespace",
    );
    expect(rows).toEqual([{ count: 0 }]);
  });

  it("takes the oldest server that it is written for", async () => {
    await using oldest = await openAsOlderServer(own.database.url, OLDEST_SERVER_VERSION);
    await using store = createPostgresStore({ connectionString: oldest.url });

    await store.migrate();

    const { rows } = await own.client.query("select max(id) as version from schema_migrations");
    expect(rows).toEqual([{ version: SCHEMA_VERSION }]);
  });

  it("asks for no right to create schemas where its own is there", async () => {
    const url = new URL(own.database.url);
    const role = `${url.pathname.slice(1)}_owner`;
    url.username = role;
    url.password = "secret";
    await own.client.query(`create role ${role} login password 'secret'`);
    try {
      await own.client.query(`create schema mirror authorization ${role}`);
      await using store = createPostgresStore({ connectionString: url.href, schema: "mirror" });
      await using other = createPostgresStore({ connectionString: url.href, schema: "other" });

      await store.migrate();
      await store.migrate();

      const { rows } = await own.client.query(
        "select max(id) as version from mirror.schema_migrations",
      );
      expect(rows).toEqual([{ version: SCHEMA_VERSION }]);
      await expect(other.migrate()).rejects.toMatchObject({ code: "unauthorized" });
    } finally {
      // Roles belong to the server, which outlives the database.
      await own.client.query(`drop owned by ${role}; drop role ${role}`);
    }
  });
});
