// What follows from the merges of a transaction once all of them are done: prunes, then the
// revocation of primary addresses (docs/protocol.md 6.1, 6.4, 6.7).
import { MESSAGE_WIRE_TYPES, UserDataType } from "@snaprag/proto";
import type { BlockRecorder } from "../events/block-recorder.ts";
import { pruneContent, revokeContent } from "../events/event-contents.ts";
import { toUnixSeconds } from "../farcaster-time.ts";
import { toAddressText } from "../rules/address-text.ts";
import { userDataSlot } from "../rules/profile-rules.ts";
import type { MergeContext } from "../rules/verdict.ts";
import type { MessageRow } from "../state/message-row.ts";
import { readRow } from "../state/message-row.ts";
import { STORE_OF_KIND } from "../state/shard-state.ts";
import type { LimitedStore } from "../state/storage/storage-units.ts";
import { limitOf } from "../state/storage/storage-units.ts";

const PRIMARY_ADDRESS_TYPES = [
  UserDataType.USER_DATA_PRIMARY_ADDRESS_ETHEREUM,
  UserDataType.USER_DATA_PRIMARY_ADDRESS_SOLANA,
];

/** A block of a data shard while it is executed. */
export interface BlockExecution extends MergeContext {
  readonly recorder: BlockRecorder;
}

/** What the merges of one transaction have touched so far. */
export interface TransactionEffects {
  /** Takes note of a merge. */
  note(row: MessageRow, deleted: readonly MessageRow[]): void;
  /** Prunes the stores that the merges touched, then revokes what stood on deleted addresses. */
  settle(): void;
}

/** Starts a transaction. */
export function createTransactionEffects(execution: BlockExecution): TransactionEffects {
  const touched = new Map<string, MessageRow>();
  const deletedVerifications: MessageRow[] = [];

  return {
    note(row, deleted) {
      const key = `${row.fid}/${row.kind}`;
      if (isLimited(STORE_OF_KIND[row.kind]) && !touched.has(key)) touched.set(key, row);
      deletedVerifications.push(...deleted.filter(({ kind }) => kind === "verificationAdd"));
    },
    settle() {
      for (const row of [...touched.values()].sort(compareByType)) pruneStore(row, execution);
      for (const row of deletedVerifications) revokePrimaryAddress(row, execution);
    },
  };
}

/** Nodes go through the types in no particular order; here it is their number. */
function compareByType(a: MessageRow, b: MessageRow): number {
  return MESSAGE_WIRE_TYPES[a.kind].messageType - MESSAGE_WIRE_TYPES[b.kind].messageType;
}

/** Deletes the oldest messages, adds and removes alike, until the store is at its limit. */
function pruneStore({ fid, kind }: MessageRow, execution: BlockExecution): void {
  const { state, blockTimestamp, recorder } = execution;
  const name = STORE_OF_KIND[kind];
  if (!isLimited(name)) return;
  const store = state.stores[name];
  const limit = limitOf(name, state.usableUnits(fid, toUnixSeconds(blockTimestamp)));
  let used = store.count(fid);
  if (used <= limit) return;
  for (const row of store.listCommitted(fid)) {
    if (used <= limit || recorder.isFull()) return;
    if (row.kind === "linkCompactState") continue;
    state.remove(row);
    recorder.record(pruneContent(row));
    used--;
  }
}

function revokePrimaryAddress(verification: MessageRow, execution: BlockExecution): void {
  const message = readRow(verification);
  if (message.type !== "verificationAdd") return;
  const text = toAddressText(message.body.address, message.body.protocol);
  for (const type of PRIMARY_ADDRESS_TYPES) {
    const row = execution.state.stores.userData.find(message.fid, userDataSlot(type));
    const field = row === undefined ? undefined : readRow(row);
    if (row === undefined || field?.type !== "userDataAdd" || field.body.value !== text) continue;
    execution.state.remove(row);
    execution.recorder.record(revokeContent(row));
  }
}

function isLimited(name: string | undefined): name is LimitedStore {
  return (
    name === "casts" ||
    name === "links" ||
    name === "reactions" ||
    name === "userData" ||
    name === "verifications" ||
    name === "usernameProofs"
  );
}
