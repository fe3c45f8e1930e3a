// Snapshots and blocks with casts of one account and what of it is set aside, and what a store makes of them.
import assert from "node:assert/strict";
import type { Change } from "@snaprag/processors";
import { firstPositionOf, lastPositionOf, processHubEvent } from "@snaprag/processors";
import { aCastAdd, aMergeMessageEvent } from "@snaprag/processors/testing";
import type { StorageErrorCode } from "../../errors.ts";
import { StorageError } from "../../errors.ts";
import type { QuarantinedMessage } from "../../quarantine.ts";
import type { Store } from "../../store.ts";
import { followFrom } from "../laws/following.ts";
import type { ConformanceCase } from "../subject.ts";
import { contextAt } from "../world/actors.ts";
import type { Block } from "../world/histories.ts";
import { timeOfBlock, toBatch, toBlock } from "../world/histories.ts";
import type { Listing } from "../world/snapshots.ts";

/** Virtual shard of fid 1. */
export const VIRTUAL_SHARD = 168;

/** Position of the messages that are set aside: in block 11. */
export const EVENT_ID: bigint = lastPositionOf(11n) - 1n;

/** A message that cannot become a row. */
export function setAside(given: Partial<QuarantinedMessage> = {}): QuarantinedMessage {
  return {
    shardId: 1,
    fid: 1n,
    hash: Uint8Array.of(1),
    messageType: 99,
    rawKind: "event",
    raw: Uint8Array.of(0, 255),
    eventId: EVENT_ID,
    at: timeOfBlock(11n),
    retireReason: null,
    reason: "unknown_type",
    detail: null,
    ...given,
  };
}

/** Applies block 11, in which nothing happens that can be read. */
export async function applyBlockWith(
  store: Store,
  quarantined: readonly QuarantinedMessage[],
): Promise<void> {
  await followFrom(store, 1, 10n);
  await store.applyBlocks({ ...toBatch([toBlock(11n, [])]), quarantined });
}

/** Expects a failure by its code. */
export function rejectsWith(code: StorageErrorCode, work: Promise<unknown>): Promise<void> {
  return assert.rejects(work, (error) => error instanceof StorageError && error.code === code);
}

/** A cast with a text, merged at a position. */
export function castAt(text: string, eventId: bigint): readonly Change[] {
  const event = { ...aMergeMessageEvent(aCastAdd({ text }, { fid: 1n })), id: eventId };
  return processHubEvent(event, contextAt(timeOfBlock(11n))).changes;
}

/** A block with one cast. */
export function blockWith(blockNumber: bigint, text: string): Block {
  const changes = castAt(text, firstPositionOf(blockNumber) + 1n);
  return { ...toBlock(blockNumber, []), changes };
}

/** A snapshot with casts by their texts, page by page. */
export function listing(height: bigint, pages: readonly (readonly string[])[]): Listing {
  return {
    virtualShard: VIRTUAL_SHARD,
    height,
    pages: pages.map((texts) => texts.flatMap((text) => castAt(text, lastPositionOf(height)))),
  };
}

/** Texts of the casts that a store has, live or not. */
export async function textsOf(store: Store, isLive: boolean): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const { row, state } of store.listRows("casts")) {
    if (state.isLive === isLive) texts.push(row.text);
  }
  return texts.sort();
}

/** A case that holds of a new store. */
export function contract(name: string, holds: (store: Store) => Promise<void>): ConformanceCase {
  return {
    name,
    async run({ openStore }) {
      await using store = await openStore();
      await holds(store);
    },
  };
}
