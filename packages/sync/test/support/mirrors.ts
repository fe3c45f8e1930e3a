// Devnets and stores that the tests of the whole way share.
import { createNodeClient } from "@snaprag/client";
import type { Devnet, DevnetOptions } from "@snaprag/devnet";
import { createDevnet } from "@snaprag/devnet";
import type { MemoryStore, Store } from "@snaprag/storage";
import { createMemoryStore } from "@snaprag/storage";
import { homeShardOf, virtualShardOf } from "@snaprag/verify";
import type { Difference } from "../../../../test/support/compare-mirror.ts";
import { compareLive, liveOfNode, liveOfStore } from "../../../../test/support/compare-mirror.ts";
import type { SyncerOptions } from "../../src/index.ts";
import { createSyncer } from "../../src/index.ts";

/** A small devnet that makes blocks when told. */
export async function startDevnet(options: DevnetOptions = {}): Promise<Devnet> {
  const devnet = createDevnet({ users: 40, messages: 3000, blockMs: 0, ...options });
  await devnet.start();
  return devnet;
}

/** An empty store in memory for a devnet. */
export function newStore(): MemoryStore {
  return createMemoryStore({ virtualShardOf, homeShardOf: (fid) => homeShardOf(fid, 2) });
}

/** Brings a store in step with a devnet. */
export async function sync(
  devnet: Devnet,
  store: Store,
  options: Partial<SyncerOptions> = {},
): Promise<void> {
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  const syncer = createSyncer({ client, store, holder: "a test", syncIntervalMs: 20, ...options });
  await syncer.run({ untilSynced: true });
}

/** Hashes, as hex, of the messages that a mirror has otherwise than a devnet. */
export async function differingHashes(devnet: Devnet, store: Store): Promise<readonly string[]> {
  const found = await differences(devnet, store);
  return found.flatMap(({ missing, extra }) =>
    [...missing, ...extra].map((key) => key.split(" ").at(-1) ?? ""),
  );
}

/** What a mirror lacks of a devnet, and what it has too many. */
export async function differences(devnet: Devnet, store: Store): Promise<readonly Difference[]> {
  return compareLive(await liveOfStore(store), liveOfNode(devnet.listLive()));
}
