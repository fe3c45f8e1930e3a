import { aLendStorage, aMessage, aSignerEvent } from "@snaprag/processors/testing";
import { describe, expect, it } from "vitest";
import { nameOfLeaf } from "../../../src/proof/rows/leaf-name.ts";
import { KINDS } from "../../support/hashed-messages.ts";
import { keyText, keyTextOfEvent, keyTextsOfMessage } from "../../support/trie-keys.ts";

function nameOf(key: string) {
  return nameOfLeaf(Uint8Array.from(Buffer.from(key, "hex")));
}

describe("nameOfLeaf()", () => {
  it.each(KINDS.filter((kind) => kind !== "frameAction"))("names a %s by its hash", (kind) => {
    const message = aMessage(kind);

    for (const key of keyTextsOfMessage(message)) {
      expect(nameOf(key)).toEqual({ type: kind, id: Buffer.from(message.hash).toString("hex") });
    }
  });

  it("names a message of a type newer than this version by the number", () => {
    const { hash } = aLendStorage();

    expect(nameOf(keyText(1n, 29 << 3, hash))).toMatchObject({ type: "type 29" });
  });

  it("names a username as text, whatever room is left in its key", () => {
    const nameKey = (name: string) => keyText(1n, 7, Buffer.from(name.padEnd(20, "\0")));

    expect(nameOf(nameKey("alice"))).toEqual({ type: "fname", id: "alice" });
    expect(nameOf(nameKey("a".repeat(20)))).toEqual({ type: "fname", id: "a".repeat(20) });
  });

  it("names an on-chain event by its transaction and place", () => {
    const event = aSignerEvent({}, { logIndex: 258 });
    const id = `${Buffer.from(event.transactionHash).toString("hex")}:258`;

    expect(nameOf(keyTextOfEvent(event))).toEqual({ type: "onChainEvent", id });
  });
});
