import type { NodeClient } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import type { Store } from "@snaprag/storage";
import { verifyStore } from "@snaprag/sync";
import { compareDerived } from "../support/compare-derived.ts";
import type { Difference } from "../support/compare-mirror.ts";
import { compareLive, liveOfNode, liveOfStore } from "../support/compare-mirror.ts";
import type { Mirror } from "./mirror.ts";

/** What a mirror is held against. */
export interface Truth {
  /** Makes no blocks meanwhile. */
  readonly devnet: Devnet;
  /** Hashes, in hex, of messages that the nodes served with wrong bytes to the end. */
  readonly corrupted: ReadonlySet<string>;
}

/** Whether every shard has applied the network's newest block. */
export async function hasCaughtUp(mirror: Mirror, devnet: Devnet): Promise<boolean> {
  await using open = await mirror.open();
  const shards = new Map((await open.store.listShards()).map((shard) => [shard.shardId, shard]));
  return [...devnet.heights()].every(([shardId, height]) => {
    const shard = shards.get(shardId);
    return shard?.phase === "realtime" && shard.blockNumber >= height;
  });
}

function describe({ kind, missing, extra }: Difference): string {
  const some = (keys: readonly string[]) => keys.slice(0, 3).join(", ");
  return `${kind}: ${missing.length} missing (${some(missing)}), ${extra.length} too many (${some(extra)})`;
}

const hashOf = (key: string) => key.split(" ").at(-1) ?? key;
const fidOf = (key: string) => key.split(" ")[0] ?? key;

/** Types of messages that end others without naming them, and the types of what they end. */
const SWEPT_TYPES: ReadonlyMap<number, readonly number[]> = new Map([
  [14, [5, 6, 14]],
  [16, [16]],
  [17, [16]],
]);

/** What a message with wrong bytes would have ended and thus may be left, as kind and fid. */
function listUnswept({ devnet, corrupted }: Truth): ReadonlySet<string> {
  const unswept = new Set<string>();
  for (const entry of devnet.listLive()) {
    if (entry.kind !== "message") continue;
    const { fid, hash, messageType } = entry;
    if (!corrupted.has(Buffer.from(hash).toString("hex"))) continue;
    for (const swept of SWEPT_TYPES.get(messageType) ?? []) {
      unswept.add(`message type ${swept} of ${fid}`);
    }
  }
  return unswept;
}

/**
 * A message that every node serves with wrong bytes cannot be a row. It has to be in quarantine, and
 * then may differ, and so may what it would have swept; nothing else may.
 */
async function excuse(
  store: Store,
  differences: readonly Difference[],
  truth: Truth,
): Promise<readonly Difference[]> {
  const { corrupted } = truth;
  if (corrupted.size === 0) return differences;
  const quarantined = new Set<string>();
  for await (const { hash } of store.listQuarantined()) {
    quarantined.add(Buffer.from(hash).toString("hex"));
  }
  const unswept = listUnswept(truth);
  const isInexcusable = (key: string) => {
    const hash = hashOf(key);
    return !corrupted.has(hash) || !quarantined.has(hash);
  };
  return differences.flatMap(({ kind, missing, extra }) => {
    const rest = {
      kind,
      missing: missing.filter(isInexcusable),
      extra: extra.filter(isInexcusable).filter((key) => !unswept.has(`${kind} of ${fidOf(key)}`)),
    };
    return rest.missing.length + rest.extra.length === 0 ? [] : [rest];
  });
}

/** Compares every live hash of every type and every derived relation. Empty when nothing differs. */
export async function compareMirror(mirror: Mirror, truth: Truth): Promise<readonly string[]> {
  const { devnet, corrupted } = truth;
  await using open = await mirror.open();
  const live = compareLive(await liveOfStore(open.store), liveOfNode(devnet.listLive()));
  const differences = await excuse(open.store, live, truth);
  // What follows from messages cannot be right where some of them are known to be wrong.
  if (differences.length > 0 || corrupted.size > 0) return differences.map(describe);
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  const derived = await compareDerived({ client, database: open.database });
  return [...derived, ...(await proveRows(client, open.store, devnet))];
}

/** Proves every leaf against the roots of the chain, whose validators are the devnet's. */
async function proveRows(
  client: NodeClient,
  store: Store,
  { validatorSets }: Devnet,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for await (const { shardId, status, commits } of verifyStore({ client, store, validatorSets })) {
    if (status === "proved" && commits === "ok") continue;
    problems.push(`shard ${shardId} is not proved: ${status}, commits ${commits}`);
  }
  return problems;
}
