import { blake3 } from "@noble/hashes/blake3.js";
import { hashedBytes, MessageData, narrowMessage } from "@snaprag/proto";
import { checkMessageHash, loadBlake3 } from "@snaprag/verify";
import { describe, expect, it } from "vitest";
import { isSignedBy } from "../../src/engine/ed25519.ts";
import { encodeSignedKeyRequest, readRequestFid } from "../../src/engine/signed-key-request.ts";
import {
  buildMessage,
  buildOnChainEvent,
  buildRegistration,
  createSigner,
} from "../../src/index.ts";
import { createPrng } from "../../src/traffic/authoring/prng.ts";
import { cast, like } from "../support/bodies.ts";
import { toHex } from "../support/bytes.ts";

const signer = createSigner("alice");

describe("buildMessage()", () => {
  const draft = { type: "castAdd", fid: 7n, timestamp: 1234, body: cast("gm"), signer } as const;

  it("hashes and signs what it encodes", async () => {
    const message = buildMessage(draft);

    expect(checkMessageHash(message, await loadBlake3())).toBe("match");
    expect(isSignedBy(message.hash, message.signature, message.signer)).toBe(true);
    expect(narrowMessage(message)).toMatchObject({
      type: "castAdd",
      fid: 7n,
      timestamp: 1234,
      network: 3,
    });
    expect(message.dataBytes).toBeUndefined();
  });

  it("gives equal messages for equal drafts", () => {
    expect(buildMessage(draft)).toEqual(buildMessage({ ...draft, signer: createSigner("alice") }));
    expect(buildMessage(draft).hash).not.toEqual(buildMessage({ ...draft, fid: 8n }).hash);
  });

  it("can carry data_bytes in the encoding of client libraries, which the hash covers", async () => {
    const message = buildMessage({ ...draft, withDataBytes: true });
    const decoded = (bytes: Uint8Array) => {
      const { fid, timestamp, type } = MessageData.decode(bytes);
      return { fid, timestamp, type };
    };

    expect(hashedBytes(message)).toBe(message.dataBytes);
    expect(checkMessageHash(message, await loadBlake3())).toBe("match");
    expect(message.dataBytes).not.toEqual(message.data);
    expect(decoded(message.dataBytes!)).toEqual(decoded(message.data));
    expect(message.data).toEqual(buildMessage(draft).data);
    // Only casts have fields that libraries write when empty.
    const reaction = buildMessage({
      ...draft,
      type: "reactionAdd",
      body: like("https://a.example"),
      withDataBytes: true,
    });
    expect(reaction.dataBytes).toEqual(reaction.data);
  });

  it("hashes as the node does", () => {
    const message = buildMessage(draft);

    expect(toHex(message.hash)).toBe(toHex(blake3(message.data, { dkLen: 20 })));
  });
});

describe("createSigner()", () => {
  it("derives the key from its seed alone", () => {
    expect(toHex(createSigner("alice").publicKey)).toBe(toHex(signer.publicKey));
    expect(toHex(createSigner("bob").publicKey)).not.toBe(toHex(signer.publicKey));
    expect(signer.sign(Uint8Array.of(1))).toEqual(signer.sign(Uint8Array.of(1)));
  });
});

describe("on-chain events", () => {
  it("register a fid in three events of one block", () => {
    const events = buildRegistration({
      fid: 7n,
      signer: signer.publicKey,
      custody: new Uint8Array(20),
      units: 2,
      blockNumber: 5,
      blockTimestamp: 100n,
    });

    expect(
      events.map(({ type, fid, blockNumber, logIndex }) => [type, fid, blockNumber, logIndex]),
    ).toEqual([
      [3, 7n, 5, 0],
      [1, 7n, 5, 1],
      [4, 7n, 5, 2],
    ]);
  });

  it("are one event when they say the same, and else are not", () => {
    const body = { $case: "signerMigratedEventBody", value: { migratedAt: 1 } } as const;
    const draft = { fid: 0n, body, blockNumber: 5, blockTimestamp: 100n };

    expect(buildOnChainEvent(draft)).toEqual(buildOnChainEvent(draft));
    expect(buildOnChainEvent(draft)).toMatchObject({ type: 2, chainId: 10, logIndex: 0 });
    const later = buildOnChainEvent({ ...draft, blockNumber: 6 });
    expect(later.transactionHash).not.toEqual(buildOnChainEvent(draft).transactionHash);
  });
});

describe("signed key requests", () => {
  it("tell which fid asked for the key", () => {
    const metadata = encodeSignedKeyRequest({
      requestFid: 9152n,
      requestSigner: new Uint8Array(20).fill(1),
      signature: new Uint8Array(65).fill(2),
      deadline: 10n,
    });

    expect(readRequestFid(metadata)).toBe(9152n);
    expect(metadata.length % 32).toBe(0);
    expect(readRequestFid(new Uint8Array(40))).toBeUndefined();
  });
});

describe("createPrng()", () => {
  it("repeats itself for the same seed only", () => {
    const draw = (seed: number) => {
      const prng = createPrng(seed);
      return Array.from({ length: 8 }, () => prng.int(1000));
    };

    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it("draws every number about as often as any other", () => {
    const prng = createPrng(3);
    const counts = new Array(10).fill(0);
    for (let round = 0; round < 10_000; round++) counts[prng.int(10)]++;

    expect(Math.min(...counts)).toBeGreaterThan(900);
    expect(Math.max(...counts)).toBeLessThan(1100);
  });
});
