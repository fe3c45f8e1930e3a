// Holds the database of a workplace against the devnet it mirrors.
import { join } from "node:path";
import type { Devnet } from "@snaprag/devnet";
import type { Store } from "@snaprag/storage";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { openEmbeddedDatabase } from "@snaprag/storage-postgres/embedded";
import type { Difference, LiveSets } from "../../../../test/support/compare-mirror.ts";
import { compareLive, liveOfNode, liveOfStore } from "../../../../test/support/compare-mirror.ts";
import type { Workplace } from "./databases.ts";

/** Opens the database that a workplace's flags or folder name, while no program has it open. */
export async function withStore<Result>(
  { folder, databaseFlags }: Workplace,
  work: (store: Store) => Promise<Result>,
): Promise<Result> {
  const [, url] = databaseFlags;
  if (url !== undefined) {
    await using store = createPostgresStore({ connectionString: url });
    return await work(store);
  }
  const embedded = { folder: join(folder, ".snaprag/db"), holder: "a test" };
  await using database = await openEmbeddedDatabase(embedded);
  await using store = createPostgresStore(database.storeOptions);
  return await work(store);
}

/** What a mirror holds, and how that differs from the node. */
export interface Comparison {
  readonly live: LiveSets;
  readonly differences: readonly Difference[];
}

/** Compares all live hashes of every type. Fails when a hash is live twice. */
export function compareWithNode(workplace: Workplace, devnet: Devnet): Promise<Comparison> {
  return withStore(workplace, async (store) => {
    const live = await liveOfStore(store);
    return { live, differences: compareLive(live, liveOfNode(devnet.listLive())) };
  });
}
