import { aCastAdd } from "@snaprag/processors/testing";
import type { Message } from "@snaprag/proto";
import { HashScheme } from "@snaprag/proto";
import { loadBlake3 } from "@snaprag/verify";
import { describe, expect, it } from "vitest";
import { createMessageChecker } from "../../../src/proof/messages/message-checker.ts";
import { findFault, NONE_FORGED } from "../../../src/proof/messages/message-checks.ts";
import { aHashedMessage, KINDS, withOwnHash } from "../../support/hashed-messages.ts";
import { signedMessages, withBitTurned } from "../../support/signed-messages.ts";

const blake3 = await loadBlake3();
const SOUND = aHashedMessage("castAdd");
const proof = { blake3, forged: NONE_FORGED };

describe("findFault()", () => {
  it.each(KINDS)("finds nothing wrong with a %s that fits its hash", (kind) => {
    expect(findFault(aHashedMessage(kind), proof)).toBeUndefined();
  });

  it("goes by the bytes that are hashed, whether they came as data or as data_bytes", () => {
    const { data, ...rest } = SOUND;
    const apart = { ...rest, data: new Uint8Array(), dataBytes: data };

    expect(findFault(apart, proof)).toBeUndefined();
    expect(findFault({ ...SOUND, dataBytes: aCastAdd({ text: "gn" }).data }, proof)).toBe(
      "hash_mismatch",
    );
  });

  it.each<[string, Message]>([
    ["hash_mismatch", { ...SOUND, data: aCastAdd({ text: "gn" }).data }],
    ["hash_mismatch", { ...SOUND, hash: SOUND.hash.subarray(1) }],
    ["hash_empty", withOwnHash({ ...SOUND, data: new Uint8Array() })],
    ["hash_empty", withOwnHash({ ...SOUND, dataBytes: new Uint8Array() })],
    ["hash_unsupported_scheme", { ...SOUND, hashScheme: HashScheme.NONE }],
  ])("finds %s", (fault, message) => {
    expect(findFault(message, proof)).toBe(fault);
  });

  it("finds the messages that were found forged, each by itself", () => {
    const twin = { ...SOUND };
    const checks = { blake3, forged: new Set([SOUND]) };

    expect(findFault(SOUND, checks)).toBe("signature_invalid");
    expect(findFault(twin, checks)).toBeUndefined();
  });

  it("names the hash first where both are wrong", () => {
    const message = { ...SOUND, hash: new Uint8Array(20) };

    expect(findFault(message, { blake3, forged: new Set([message]) })).toBe("hash_mismatch");
  });

  it("looks at nothing where the node is believed", () => {
    const message = { ...SOUND, hash: new Uint8Array(20) };
    const believing = { blake3: undefined, forged: new Set([message]) };

    expect(findFault(message, believing)).toBeUndefined();
  });
});

describe("createMessageChecker() with signatures and no threads for them", () => {
  it("finds the forged ones, and hashes that are wrong, among many", async () => {
    await using full = await createMessageChecker(
      { verification: "full", signatureThreads: 0 },
      blake3,
    );
    const messages = signedMessages(600);
    const forged = [0, 255, 256, 599].map((index) => {
      const sound = messages[index]!;
      const message = { ...sound, signature: withBitTurned(sound.signature, 8) };
      messages[index] = message;
      return message;
    });

    expect((await full.check(messages)).forged).toEqual(new Set(forged));
    expect((await full.check([])).forged.size).toBe(0);
  });
});

describe("createMessageChecker() without signatures", () => {
  it("checks hashes with proof, and nothing with none", async () => {
    await using proving = await createMessageChecker(
      { verification: "proof", signatureThreads: 0 },
      blake3,
    );
    await using believing = await createMessageChecker(
      { verification: "none", signatureThreads: 0 },
      blake3,
    );
    const message = { ...SOUND, hash: new Uint8Array(20) };

    expect(findFault(message, await proving.check([message]))).toBe("hash_mismatch");
    expect(findFault(message, await believing.check([message]))).toBeUndefined();
    expect((await proving.check([message])).forged.size).toBe(0);
  });
});
