// Holds a mirror against the devnet it was made of.
import type { LiveEntry } from "@snaprag/devnet";
import type { TableName } from "@snaprag/processors";
import { KIND_OF_TABLE, TABLE_KEYS } from "@snaprag/processors";
import { MESSAGE_WIRE_TYPES } from "@snaprag/proto";
import type { Store, StoredRow } from "@snaprag/storage";

/** Live things of each kind: hashes by message type, keys of on-chain events and names. */
export type LiveSets = ReadonlyMap<string, ReadonlySet<string>>;

/** What differs, by kind. Empty when nothing does. */
export interface Difference {
  readonly kind: string;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function add(sets: Map<string, Set<string>>, kind: string, key: string): void {
  const set = sets.get(kind);
  if (set?.has(key)) throw new Error(`${kind} ${key} is there twice`);
  if (set) set.add(key);
  else sets.set(kind, new Set([key]));
}

/** What the node itself says is live. */
export function liveOfNode(entries: Iterable<LiveEntry>): LiveSets {
  const sets = new Map<string, Set<string>>();
  for (const entry of entries) {
    if (entry.kind === "message") {
      add(sets, `message type ${entry.messageType}`, `${entry.fid} ${toHex(entry.hash)}`);
    } else if (entry.kind === "onChainEvent") {
      const { fid, type, transactionHash, logIndex } = entry.event;
      add(sets, "on-chain events", `${fid} ${type} ${toHex(transactionHash)} ${logIndex}`);
    } else {
      const { fid, name, timestamp, signature } = entry.proof;
      const seconds = Number(timestamp);
      add(sets, "fnames", `${fid} ${Buffer.from(name)} ${seconds} ${toHex(signature)}`);
    }
  }
  return sets;
}

function keyOf(table: TableName, row: StoredRow<TableName>["row"]): [string, string] | undefined {
  if ("transaction_hash" in row) {
    const key = `${row.fid} ${row.type} ${toHex(row.transaction_hash)} ${row.log_index}`;
    return ["on-chain events", key];
  }
  if (!("hash" in row)) {
    const seconds = row.proof_timestamp.getTime() / 1000;
    const key = `${row.fid} ${row.name} ${seconds} ${toHex(row.proof_signature)}`;
    return row.fid === 0n ? undefined : ["fnames", key];
  }
  const kind = KIND_OF_TABLE[table as keyof typeof KIND_OF_TABLE];
  const { messageType } = MESSAGE_WIRE_TYPES[kind];
  return [`message type ${messageType}`, `${row.fid} ${toHex(row.hash)}`];
}

/** What a store says is live. */
export async function liveOfStore(store: Store): Promise<LiveSets> {
  const sets = new Map<string, Set<string>>();
  for (const table of Object.keys(TABLE_KEYS) as TableName[]) {
    for await (const { row, state } of store.listRows(table)) {
      const key = state.isLive ? keyOf(table, row) : undefined;
      if (key) add(sets, ...key);
    }
  }
  return sets;
}

/** What the mirror lacks and what it has too many, kind by kind. */
export function compareLive(mirror: LiveSets, node: LiveSets): readonly Difference[] {
  const none: ReadonlySet<string> = new Set();
  return [...new Set([...mirror.keys(), ...node.keys()])].sort().flatMap((kind) => {
    const [here, there] = [mirror.get(kind) ?? none, node.get(kind) ?? none];
    const missing = [...there].filter((key) => !here.has(key));
    const extra = [...here].filter((key) => !there.has(key));
    return missing.length + extra.length === 0 ? [] : [{ kind, missing, extra }];
  });
}
