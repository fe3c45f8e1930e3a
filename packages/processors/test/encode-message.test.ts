import type { Message } from "@snaprag/proto";
import { FarcasterNetwork, narrowMessage } from "@snaprag/proto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeMessageRow, MESSAGE_MAPPINGS, toMessageRow } from "../src/index.ts";
import { aCastAdd, aChannelUpdate, aLinkCompactState, aMessage } from "../src/testing/index.ts";
import { ANY_BODIES, LAST_DATE_SECONDS, STORABLE_BODIES } from "./support/arbitrary-bodies.ts";
import { anyMessage, arbitraryMessage, KINDS } from "./support/arbitrary-messages.ts";
import { rowOf, signedHexOf, toHex } from "./support/rows.ts";
import { bytesField, textField, varintField } from "./support/wire-bytes.ts";

const { MAINNET, TESTNET } = FarcasterNetwork;

/** The head of a castAdd's data by fid 1 at time 9: type, fid, timestamp, network. */
const HEAD = [
  ...varintField(1, 1),
  ...varintField(2, 1),
  ...varintField(3, 9),
  ...varintField(4, MAINNET),
];
const CAST_BODY = 5;
const TEXT = 4;

function castOf(data: readonly number[]): Message {
  return { ...aCastAdd(), data: Uint8Array.from(data) };
}

/** A message whose cast body is these bytes, canonical around it. */
function castWithBody(body: readonly number[]): Message {
  return castOf([...HEAD, ...bytesField(CAST_BODY, body)]);
}

describe("toMessageRow() and encodeMessageRow()", () => {
  it.each(KINDS)("give back the signed bytes of any %s", (kind) => {
    fc.assert(
      fc.property(arbitraryMessage(kind, ANY_BODIES), (message) => {
        expect(signedHexOf(kind, rowOf(kind, message))).toBe(toHex(message.data));
      }),
    );
  });

  it.each(KINDS)("keep no copy of the bytes when columns hold all of a %s", (kind) => {
    fc.assert(
      fc.property(arbitraryMessage(kind, STORABLE_BODIES), (message) => {
        const row = rowOf(kind, message);

        expect(row.data_bytes).toBeNull();
        // Only what a database gives back: plain values, no reference to the message.
        expect(signedHexOf(kind, structuredClone(row))).toBe(toHex(message.data));
      }),
    );
  });

  it.each(KINDS)("keep the bytes of a %s with a field newer than this version", (kind) => {
    const value = new Uint8Array([5]);
    const message = aMessage(kind, { body: { _unknownFields: { [100 << 3]: [value] } } });
    const trailing = {
      ...aMessage(kind),
      data: Uint8Array.from([...aMessage(kind).data, ...varintField(100, 5)]),
    };

    expect(rowOf(kind, message).data_bytes).toEqual(message.data);
    expect(rowOf(kind, trailing).data_bytes).toEqual(trailing.data);
  });

  it.each(KINDS)("keep the bytes of a %s of another network", (kind) => {
    fc.assert(
      fc.property(fc.constantFrom(0, 2, 3, 77, -1), (network) => {
        const message = aMessage(kind, { network });

        expect(rowOf(kind, message).data_bytes).toEqual(message.data);
      }),
      { numRuns: 10 },
    );
  });

  it("need no copy of the message whose hash docs/protocol.md 4.1 gives", () => {
    const signed = "080110d2091880b58e2d20012a13221148656c6c6f2c2046617263617374657221";
    const message = { ...aCastAdd(), data: new Uint8Array(Buffer.from(signed, "hex")) };

    const row = rowOf("castAdd", message);

    expect(row).toMatchObject({ fid: 1234n, text: "Hello, Farcaster!", data_bytes: null });
    expect(signedHexOf("castAdd", row)).toBe(signed);
  });

  it("need no copy of a cast with a parent url, which nodes write before the text", () => {
    const message = castWithBody([...textField(7, "https://a"), ...textField(TEXT, "gm")]);

    expect(rowOf("castAdd", message)).toMatchObject({ parent_url: "https://a", data_bytes: null });
  });

  it("need no copy of a message of the database's own network, whichever that is", () => {
    const message = narrowMessage(aCastAdd({}, { network: TESTNET }));
    if (message.type !== "castAdd") throw new Error(message.type);

    const row = toMessageRow(message, TESTNET);

    expect(row.data_bytes).toBeNull();
    expect(encodeMessageRow("casts", row, TESTNET)).toEqual(message.dataBytes);
  });

  it.each<[string, Message]>([
    ["a field out of order", castWithBody([...varintField(8, 1), ...textField(TEXT, "gm")])],
    ["a default written out", castWithBody(textField(TEXT, ""))],
    ["a scalar written twice", castWithBody([...textField(TEXT, "a"), ...textField(TEXT, "b")])],
    ["an unpacked list", castWithBody([...varintField(2, 7), ...varintField(2, 8)])],
    ["an empty packed list", castWithBody(bytesField(2, []))],
    ["a number with needless bytes", castWithBody(varintField(8, 1, 3))],
    ["an enum number past 32 bits", castWithBody(varintField(8, 2n ** 32n + 1n))],
    ["two parents", castWithBody([...bytesField(3, [8, 7]), ...textField(7, "https://a")])],
    ["text that is not UTF-8", castWithBody(bytesField(TEXT, [0x67, 0xff, 0xc0]))],
    ["text with NUL", castWithBody(textField(TEXT, "g\0m"))],
    ["a parent URL with NUL", castWithBody(textField(7, "https://a\0"))],
    ["a parent URL that no index holds", castWithBody(textField(7, "h".repeat(700)))],
    ["an embedded URL with NUL", castWithBody(bytesField(6, textField(1, "https://a\0")))],
    ["an old embed with NUL", castWithBody(textField(1, "https://a\0"))],
    ["an embed of a newer kind", castWithBody(bytesField(6, textField(9, "new")))],
    ["a newer field within a cast id", castWithBody(bytesField(3, varintField(9, 1)))],
    ["the body before the head", castOf([...bytesField(CAST_BODY, textField(TEXT, "")), ...HEAD])],
    ["an fid with needless bytes", castOf([8, 1, 16, 0x81, 0, ...bytesField(CAST_BODY, [])])],
  ])("keep the bytes of a cast with %s", (_, message) => {
    const row = rowOf("castAdd", message);

    expect(row.data_bytes).toEqual(message.data);
    expect(signedHexOf("castAdd", row)).toBe(toHex(message.data));
  });

  it("keep the bytes of names and times that columns cannot hold", () => {
    const notUtf8 = aMessage("usernameProof", { body: { name: new Uint8Array([0xff]) } });
    const late = aMessage("usernameProof", { body: { timestamp: LAST_DATE_SECONDS + 1n } });

    expect(rowOf("usernameProof", notUtf8).data_bytes).toEqual(notUtf8.data);
    expect(rowOf("usernameProof", late).data_bytes).toEqual(late.data);
  });

  it("hold a byte order mark at the start of text and names in the columns", () => {
    const cast = rowOf("castAdd", aCastAdd({ text: "\uFEFFgm" }));
    const name = new TextEncoder().encode("\uFEFFgm.eth");
    const proof = rowOf("usernameProof", aMessage("usernameProof", { body: { name } }));

    expect(cast).toMatchObject({ text: "\uFEFFgm", data_bytes: null });
    expect(proof).toMatchObject({ name: "\uFEFFgm.eth", data_bytes: null });
  });

  it("tell empty from absent", () => {
    const empty = { name: "", description: "", imageUrl: "", header: "", rules: "" };
    const modes = { castingMode: 0, membershipMode: 0 } as const;
    const absent = { castingMode: undefined, membershipMode: undefined, name: undefined };

    const set = rowOf("channelUpdate", aChannelUpdate({ ...empty, ...modes }));
    const unset = rowOf("channelUpdate", aChannelUpdate(absent));

    expect(set).toMatchObject({ name: "", rules: "", casting_mode: 0, data_bytes: null });
    expect(unset).toMatchObject({ name: null, rules: null, casting_mode: null, data_bytes: null });
  });

  it("hold lists as long as a message can be", () => {
    const targetFids = Array.from({ length: 20_000 }, (_, index) => BigInt(index));
    const message = aLinkCompactState({ targetFids });

    const row = rowOf("linkCompactState", message);

    expect(row.data_bytes).toBeNull();
    expect(row.target_fids.join()).toBe(targetFids.join());
    expect(signedHexOf("linkCompactState", row)).toBe(toHex(message.data));
  });

  it("read data_bytes, not data, when a message has both", () => {
    const dataBytes = aCastAdd({ text: "signed" }).data;
    const message = { ...aCastAdd({ text: "decoded" }), dataBytes };

    const row = rowOf("castAdd", message);

    expect(row.text).toBe("signed");
    expect(signedHexOf("castAdd", row)).toBe(toHex(dataBytes));
  });

  it("give back whatever bytes a readable message came with", () => {
    const edit = fc.record({
      at: fc.nat(60),
      removed: fc.nat(2),
      added: fc.uint8Array({ maxLength: 3 }),
    });
    let readable = 0;
    fc.assert(
      fc.property(anyMessage, edit, (message, { at, removed, added }) => {
        const data = Uint8Array.from([...message.data].toSpliced(at, removed, ...added));
        const typed = narrowMessage({ ...message, data });
        if (typed.type === "unreadable") return;
        readable++;
        const row = toMessageRow(typed, MAINNET);
        const { table } = MESSAGE_MAPPINGS[typed.type];
        expect(toHex(encodeMessageRow(table, row, MAINNET))).toBe(toHex(data));
      }),
      { numRuns: 500 },
    );
    expect(readable).toBeGreaterThan(50);
  });
});
