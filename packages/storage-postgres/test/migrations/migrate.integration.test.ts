// What a role may do that migrates.
import { describe, expect, it } from "vitest";
import { createPostgresStore, SCHEMA_VERSION } from "../../src/index.ts";
import { useDatabase } from "../support/each-database.ts";

const own = useDatabase();

describe("migrate()", () => {
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
