// Rules of the protocol, told by one small history each.
import assert from "node:assert/strict";
import { firstPositionOf } from "@snaprag/processors";
import type { RowState, Store } from "../../store.ts";
import { followAll } from "../laws/following.ts";
import { assertMirrors } from "../laws/law.ts";
import type { ConformanceCase } from "../subject.ts";
import type { Actor } from "../world/actors.ts";
import type { Happening } from "../world/happenings.ts";
import { BLOCK_BEFORE, timeOfBlock, toBlock } from "../world/histories.ts";
import { listEveryRow, messageKey, rowKey } from "../world/row-keys.ts";

/** A place in a rule's history: blocks count from 1, what happens in one from 1. */
type Moment = readonly [block: number, sequence: number];

/** What is to be of a message's row. */
type Outcome = "no row" | Partial<RowState>;

function positionOf([block, sequence]: Moment): bigint {
  return firstPositionOf(BLOCK_BEFORE + BigInt(block)) + BigInt(sequence);
}

/** A live row, merged last at this moment. */
export function live(merged: Moment): Partial<RowState> {
  const end = { deletedReason: null, deletedAt: null, deletedEventId: null };
  return { isLive: true, eventId: positionOf(merged), ...end };
}

/** A row that ended at this moment, with everything that is kept of its end. */
export function ended(deletedReason: string, by: Moment): Partial<RowState> {
  const deletedAt = timeOfBlock(BLOCK_BEFORE + BigInt(by[0]));
  return { isLive: false, deletedReason, deletedAt, deletedEventId: positionOf(by) };
}

/** A history, and what is to be of its messages. */
export interface Rule {
  readonly blocks: readonly (readonly Happening[])[];
  readonly outcomes: readonly (readonly [of: Actor, outcome: Outcome])[];
  /** @default 1 */
  readonly shardId?: number;
}

async function statesOf(store: Store): Promise<ReadonlyMap<string, RowState>> {
  const states = new Map<string, RowState>();
  for await (const [table, { row, state }] of listEveryRow(store)) {
    states.set(rowKey(table, row), state);
  }
  return states;
}

function assertOutcome(state: RowState | undefined, expected: Outcome, of: Actor): void {
  const actual =
    state === undefined || expected === "no row"
      ? (state ?? "no row")
      : Object.fromEntries(Object.entries(state).filter(([name]) => name in expected));
  assert.deepEqual(actual, expected, of.table);
}

/** A rule as a case; the history is followed in one batch, and then once more. */
export function rule(name: string, { blocks, outcomes, shardId = 1 }: Rule): ConformanceCase {
  const history = blocks.map((happenings, index) =>
    toBlock(BLOCK_BEFORE + BigInt(index + 1), happenings, shardId),
  );
  return {
    name,
    async run({ openStore }) {
      await using store = await openStore();
      for (let times = 0; times < 2; times++) {
        await followAll(store, history);
        const states = await statesOf(store);
        for (const [of, expected] of outcomes) {
          assertOutcome(states.get(messageKey(of)), expected, of);
        }
        await assertMirrors(store, history);
      }
    },
  };
}
