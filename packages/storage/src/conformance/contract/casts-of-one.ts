// Snapshots and blocks with casts of one account, and what a store makes of them.
import assert from "node:assert/strict";
import type { Change } from "@snaprag/processors";
import { firstPositionOf, lastPositionOf, processHubEvent } from "@snaprag/processors";
import { aCastAdd, aMergeMessageEvent } from "@snaprag/processors/testing";
import type { StorageErrorCode } from "../../errors.ts";
import { StorageError } from "../../errors.ts";
import type { Store } from "../../store.ts";
import type { ConformanceCase } from "../subject.ts";
import { contextAt } from "../world/actors.ts";
import type { Block } from "../world/histories.ts";
import { timeOfBlock, toBlock } from "../world/histories.ts";
import type { Listing } from "../world/snapshots.ts";

/** Virtual shard of fid 1. */
export const VIRTUAL_SHARD = 168;

/** Expects a failure by its code. */
export function rejectsWith(code: StorageErrorCode, work: Promise<unknown>): Promise<void> {
  return assert.rejects(work, (error) => error instanceof StorageError && error.code === code);
}

/** A cast with a text, merged at a position. */
function castAt(text: string, eventId: bigint): readonly Change[] {
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
