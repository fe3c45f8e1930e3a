// The README's example; the test of the READMEs runs it and holds the two together.
import { createPostgresStore } from "@snaprag/storage-postgres";
import { createQueryBuilder } from "@snaprag/storage-postgres/query-builder";

const connectionString = process.env["DATABASE_URL"] ?? "postgres://localhost:5432/farcaster";
const store = createPostgresStore({ connectionString });
await store.migrate();
await store.close();

const db = createQueryBuilder({ connectionString });
const casts = await db
  .selectFrom("casts")
  .select(["text", "timestamp"])
  .where("fid", "=", 3n)
  .where("deleted_at", "is", null)
  .orderBy("timestamp", "desc")
  .execute();
console.log(`${casts.length} casts`);
await db.destroy();
