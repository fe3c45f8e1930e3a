// Random histories: blocks of what would happen at a node, and worse.
import type { Change } from "@snaprag/processors";
import { firstPositionOf, lastPositionOf } from "@snaprag/processors";
import * as fc from "fast-check";
import type { BlockBatch } from "../../batches.ts";
import type { Actor } from "./actors.ts";
import { FAMILIES, FNAME_PROOFS, KEY_ACTORS, ON_CHAIN_EVENTS } from "./families.ts";
import type { Happening } from "./happenings.ts";
import { describeHappening, toChanges } from "./happenings.ts";

/** A block: its number and what its events do. */
export interface Block {
  readonly shardId: number;
  readonly blockNumber: bigint;
  readonly at: Date;
  readonly happenings: readonly Happening[];
  readonly changes: readonly Change[];
  /** What a failed law prints of the block. */
  readonly [fc.toStringMethod]: () => string;
}

/** The block before the first of every history. */
export const BLOCK_BEFORE = 10n;

const BLOCK_ONE_MS = Date.UTC(2026, 5, 1);

/** Time of a block: one second for each. */
export function timeOfBlock(blockNumber: bigint): Date {
  return new Date(BLOCK_ONE_MS + Number(blockNumber) * 1000);
}

/** A block of shard 1, or of another shard, in which this happens in order. */
export function toBlock(blockNumber: bigint, happenings: readonly Happening[], shardId = 1): Block {
  const at = timeOfBlock(blockNumber);
  const first = firstPositionOf(blockNumber);
  const changes = happenings.flatMap((happening, index) =>
    toChanges(happening, { shardId, at, eventId: first + BigInt(index + 1) }),
  );
  const said = () => `block ${blockNumber}: ${happenings.map(describeHappening).join("; ")}`;
  return { shardId, blockNumber, at, happenings, changes, [fc.toStringMethod]: said };
}

/** A message merged. A deletion that names the merged message itself is left out: none does. */
export function merge(actor: Actor, deleted: readonly Actor[] = []): Happening {
  const isOther = ({ message }: Actor) => String(message.hash) !== String(actor.message.hash);
  return { kind: "merge", actor, deleted: deleted.filter(isOther) };
}

/** A message dropped for a storage limit. */
export function prune(actor: Actor): Happening {
  return { kind: "prune", actor };
}

/** A message invalidated. */
export function revoke(actor: Actor): Happening {
  return { kind: "revoke", actor };
}

const proof = fc.constantFrom(...FNAME_PROOFS);

const ofNoFamily: fc.Arbitrary<Happening> = fc.oneof(
  fc.constantFrom(...ON_CHAIN_EVENTS).map((event): Happening => ({ kind: "onChain", event })),
  fc.tuple(proof, fc.option(proof, { nil: undefined })).map(
    ([next, deleted]): Happening => ({
      kind: "fname",
      proof: next,
      deleted: deleted === next ? undefined : deleted,
    }),
  ),
);

/** What happens together: single things, and sequences that have been got wrong before. */
function motif(actors: readonly Actor[]): fc.Arbitrary<readonly Happening[]> {
  const one = fc.constantFrom(...actors);
  // Compact states are replaced by others and end in no other way (docs/protocol.md 6.5).
  const mortals = actors.filter(({ table }) => table !== "link_compact_states");
  const mortal = fc.constantFrom(...mortals);
  const few = fc.array(mortal, { minLength: 1, maxLength: 2 });
  return fc.oneof(
    { weight: 6, arbitrary: one.map((actor) => [merge(actor)]) },
    // Deletions name any message, also ones never merged.
    { weight: 3, arbitrary: fc.tuple(one, few).map(([by, gone]) => [merge(by, gone)]) },
    { weight: 2, arbitrary: mortal.map((actor) => [prune(actor)]) },
    { weight: 1, arbitrary: mortal.map((actor) => [revoke(actor)]) },
    // Superseded, and pruned as well: a prune goes by the state of the block before.
    { weight: 1, arbitrary: fc.tuple(one, mortal).map(([a, b]) => [merge(a, [b]), prune(b)]) },
    // Gone and back, in one block.
    { weight: 1, arbitrary: mortal.map((actor) => [merge(actor), prune(actor), merge(actor)]) },
    // Merged and gone, as a lend of nothing is.
    { weight: 1, arbitrary: fc.tuple(mortal, few).map(([a, by]) => [merge(a, by), prune(a)]) },
    { weight: 1, arbitrary: ofNoFamily.map((happening) => [happening]) },
  );
}

function blocksOf(
  motifs: fc.Arbitrary<readonly Happening[]>,
  shardId: number,
): fc.Arbitrary<readonly Block[]> {
  const block = fc.array(motifs, { maxLength: 4 }).map((parts) => parts.flat());
  return fc
    .array(block, { minLength: 1, maxLength: 8 })
    .map((blocks) =>
      blocks.map((happenings, index) =>
        toBlock(BLOCK_BEFORE + BigInt(index + 1), happenings, shardId),
      ),
    );
}

/** Blocks 11, 12, 13 and so on of shard 1, about one or few families of messages. */
export const shardHistory: fc.Arbitrary<readonly Block[]> = fc
  .uniqueArray(fc.constantFrom(...FAMILIES), { minLength: 1, maxLength: 3 })
  .chain((families) => blocksOf(motif(families.flat()), 1));

const keyHistory: fc.Arbitrary<readonly Block[]> = blocksOf(
  fc.constantFrom(...KEY_ACTORS).map((actor) => [merge(actor)]),
  0,
);

/** A {@link shardHistory}, or blocks of shard 0 with gasless keys. */
export const history: fc.Arbitrary<readonly Block[]> = fc.oneof(
  { weight: 4, arbitrary: shardHistory },
  { weight: 1, arbitrary: keyHistory },
);

/** Contiguous blocks of one shard as one batch. */
export function toBatch(blocks: readonly Block[]): BlockBatch {
  const [first] = blocks;
  const last = blocks.at(-1);
  if (first === undefined || last === undefined) throw new TypeError("Expected a block");
  const changes = blocks.flatMap((block) => block.changes);
  return {
    shardId: first.shardId,
    previousBlock: first.blockNumber - 1n,
    blockNumber: last.blockNumber,
    blockTime: last.at,
    eventId: lastPositionOf(last.blockNumber),
    changes,
    messageCount: changes.length,
    quarantined: [],
  };
}
