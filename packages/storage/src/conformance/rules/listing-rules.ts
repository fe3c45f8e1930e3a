// What a newer snapshot says of what it does not list (docs/protocol.md 2.4, 2.5).
import { aFrameAction } from "@snaprag/processors/testing";
import { followAll } from "../laws/following.ts";
import { assertMirrors } from "../laws/law.ts";
import type { ConformanceCase } from "../subject.ts";
import { actor, at, keyActor, virtualShardOf } from "../world/actors.ts";
import { ON_CHAIN_EVENTS } from "../world/families.ts";
import { BLOCK_BEFORE, merge, toBlock } from "../world/histories.ts";
import { applyListing } from "../world/snapshots.ts";

const FIRST_BLOCK = BLOCK_BEFORE + 1n;
const key = keyActor("signer_keys", at(1n, 1), new Uint8Array(32).fill(1));
const keyRemove = keyActor("signer_key_removes", at(1n, 2), new Uint8Array(32).fill(2));
const frameAction = actor("frame_actions", at(1n, 3), (place) => aFrameAction({}, place));

/** Rules of relisting. */
export const LISTING_RULES: readonly ConformanceCase[] = [
  {
    name: "keeps what no snapshot page lists: gasless keys, frame actions, on-chain events",
    async run({ openStore }) {
      const keys = toBlock(FIRST_BLOCK, [merge(key), merge(keyRemove)], 0);
      const events = ON_CHAIN_EVENTS.map((event) => ({ kind: "onChain" as const, event }));
      const others = toBlock(FIRST_BLOCK, [merge(frameAction), ...events]);
      await using store = await openStore();
      await followAll(store, [keys]);
      await followAll(store, [others]);
      for (const fid of [0n, 1n]) {
        const virtualShard = virtualShardOf(fid);
        await applyListing(store, { virtualShard, height: FIRST_BLOCK + 9n, pages: [[]] });
      }
      await assertMirrors(store, [keys, others]);
    },
  },
];
