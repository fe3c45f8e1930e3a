// Laws of following blocks.
import * as fc from "fast-check";
import type { ConformanceCase } from "../subject.ts";
import { BLOCK_BEFORE, history } from "../world/histories.ts";
import { anyHeight, createFollower, followAll, MOST_BLOCKS } from "./following.ts";
import { assertMirrors, assertSameRows, law, openMemoryStore } from "./law.ts";

/** So many blocks as one batch, after going back to a height when there is one. */
const stretches = fc.array(
  fc.record({
    goBackTo: fc.option(anyHeight, { nil: undefined, freq: 3 }),
    blockCount: fc.integer({ min: 1, max: MOST_BLOCKS }),
  }),
  { maxLength: 4 },
);

/** Laws of a store that follows blocks. */
export const BLOCK_LAWS: readonly ConformanceCase[] = [
  law(
    "holds what the node holds, however blocks are batched",
    [history, fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 })],
    async ({ openStore }, blocks, counts) => {
      await using store = await openStore();
      const follower = createFollower(store, blocks);
      await follower.goTo(BLOCK_BEFORE);
      for (const count of counts) await follower.follow(count);
      await follower.finish();
      await assertMirrors(store, blocks);
      const whole = openMemoryStore();
      await followAll(whole, blocks);
      await assertSameRows(store, whole);
    },
  ),
  law(
    "leaves the same rows when a history is cut and replayed from any earlier block",
    [history, stretches],
    async ({ openStore }, blocks, steps) => {
      await using store = await openStore();
      const follower = createFollower(store, blocks);
      await follower.goTo(BLOCK_BEFORE);
      for (const { goBackTo, blockCount } of steps) {
        if (goBackTo !== undefined && goBackTo < follower.height) await follower.goTo(goBackTo);
        await follower.follow(blockCount);
      }
      await follower.finish();
      await assertMirrors(store, blocks);
      const once = openMemoryStore();
      await followAll(once, blocks);
      await assertSameRows(store, once);
    },
  ),
];
