// Laws of what was set aside and is replayed.
import type { Change } from "@snaprag/processors";
import { firstPositionOf } from "@snaprag/processors";
import * as fc from "fast-check";
import type { QuarantinedMessage, QuarantineRecord } from "../../quarantine.ts";
import type { ConformanceCase } from "../subject.ts";
import { toChanges } from "../world/happenings.ts";
import type { Block } from "../world/histories.ts";
import { BLOCK_BEFORE, history, toBatch } from "../world/histories.ts";
import { assertMirrors, law } from "./law.ts";

/** Something that happened and was set aside, with what it comes to when it can be read. */
interface SetAside {
  readonly message: QuarantinedMessage;
  readonly changes: readonly Change[];
}

/** A block without what is set aside, and what that is. */
interface TornBlock {
  readonly block: Block;
  readonly setAside: readonly SetAside[];
}

function tear(block: Block, isSetAside: (index: number) => boolean): TornBlock {
  const { shardId, blockNumber, at } = block;
  const kept: Change[] = [];
  const setAside: SetAside[] = [];
  for (const [index, happening] of block.happenings.entries()) {
    const eventId = firstPositionOf(blockNumber) + BigInt(index + 1);
    const changes = toChanges(happening, { shardId, at, eventId });
    if (!isSetAside(index)) {
      kept.push(...changes);
      continue;
    }
    const raw = Uint8Array.of(index);
    const message: QuarantinedMessage = {
      shardId,
      eventId,
      at,
      raw,
      fid: null,
      hash: raw,
      messageType: null,
      rawKind: "event",
      retireReason: null,
      reason: "unknown_type",
      detail: null,
    };
    setAside.push({ message, changes });
  }
  return { block: { ...block, changes: kept }, setAside };
}

/** Which happenings are set aside, by turns. */
const setAsideByTurns = fc.array(fc.boolean(), { minLength: 7, maxLength: 7 });

/** Laws of a store that sets messages aside. */
export const QUARANTINE_LAWS: readonly ConformanceCase[] = [
  law(
    "holds what the node holds when what was set aside is replayed, whatever has come since",
    [history, setAsideByTurns],
    async ({ openStore }, blocks, coins) => {
      const [first] = blocks;
      if (first === undefined) return;
      await using store = await openStore();
      await store.bindNetwork({ network: 1, shardCount: 2 });
      await store.startRealtime(first.shardId, BLOCK_BEFORE);
      let tossed = 0;
      const torn = blocks.map((block) =>
        tear(block, () => coins[tossed++ % coins.length] === true),
      );
      const setAside = torn.flatMap((each) => each.setAside);
      const batch = toBatch(torn.map(({ block }) => block));
      await store.applyBlocks({ ...batch, quarantined: setAside.map(({ message }) => message) });
      const records: QuarantineRecord[] = [];
      for await (const record of store.listQuarantined()) records.push(record);
      for (const { id, eventId } of records) {
        const found = setAside.find(({ message }) => message.eventId === eventId);
        await store.applyReplay({ id, changes: found?.changes ?? [] });
      }
      await assertMirrors(store, blocks);
    },
  ),
];
