import type { Block, Message } from "@snaprag/proto";
import { hashedBytes } from "@snaprag/proto";
import { loadBlake3 } from "@snaprag/verify";
import { describe, expect, it } from "vitest";
import { NONE_FORGED } from "../../src/proof/messages/message-checks.ts";
import { processKeyBlock } from "../../src/realtime/keys/process-key-block.ts";
import { processContextOf } from "../../src/run/sync-run.ts";
import { aHashedMessage } from "../support/hashed-messages.ts";

const checks = { blake3: await loadBlake3(), forged: NONE_FORGED };
const context = processContextOf({ network: { network: 1, shardCount: 2 } }, 0);

function process(message: Message) {
  const body = { $case: "mergeMessageEventBody" as const, value: { message } };
  // Safety: nothing else of a block is looked at.
  const block = {
    header: { height: { shardIndex: 0, blockNumber: 21n }, timestamp: 5n },
    events: [{ data: { body } }],
  } as unknown as Block;
  const { changes, quarantined, spoiltCount } = processKeyBlock(block, context, checks);
  return { changeCount: changes.length, quarantinedCount: quarantined.length, spoiltCount };
}

/** The message with each of its hashed bits wrong in turn. */
function* withWrongBits(message: Message): Generator<Message> {
  const bytes = hashedBytes(message);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const wrong = Uint8Array.from(bytes);
    wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    yield { ...message, data: wrong, dataBytes: message.dataBytes && wrong };
  }
}

describe("processKeyBlock()", () => {
  it.each(["keyAdd", "keyRemove"] as const)("applies a %s", (kind) => {
    const { changeCount, quarantinedCount } = process(aHashedMessage(kind));
    expect(changeCount).toBeGreaterThan(0);
    expect(quarantinedCount).toBe(0);
  });

  it("leaves to data shards what they replay", () => {
    const nothing = { changeCount: 0, quarantinedCount: 0, spoiltCount: 0 };
    expect(process(aHashedMessage("lendStorage"))).toEqual(nothing);
  });

  it("never takes a key for something else, whatever bit of it is wrong", () => {
    for (const wrong of withWrongBits(aHashedMessage("keyAdd"))) {
      expect(process(wrong)).toEqual({ changeCount: 0, quarantinedCount: 1, spoiltCount: 1 });
    }
  });
});
