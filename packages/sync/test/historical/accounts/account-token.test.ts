import { describe, expect, it } from "vitest";
import { accountPageToken } from "../../../src/historical/accounts/account-token.ts";

/** Reads a token as a node does: a list of byte strings, each with its length in front. */
function decode(token: string): number[][] {
  const bytes = Buffer.from(token, "base64");
  let offset = 4;
  return Array.from({ length: bytes.readUInt32BE(0) }, () => {
    const length = bytes.readUInt32BE(offset);
    offset += 4 + length;
    return [...bytes.subarray(offset - length, offset)];
  });
}

describe("accountPageToken()", () => {
  it("is the path to the account, nothing on its way, and the account's children descending", () => {
    const [path, ...levels] = decode(accountPageToken(1234n, [0, 1, 5]));

    expect(path).toEqual([0, 0, 0, 0, 0, 4, 13, 2]);
    expect(levels).toEqual([[], [], [], [], [], [], [], [], [5, 1, 0]]);
  });

  it("lists children in descending order", () => {
    expect(decode(accountPageToken(1n, [5, 0, 9])).at(-1)).toEqual([9, 5, 0]);
  });

  it("uses the low 32 bits of the fid, as nodes do", () => {
    expect(accountPageToken(2n ** 32n + 5n, [0])).toBe(accountPageToken(5n, [0]));
  });

  it("is standard base64, as in the example of the protocol", () => {
    expect(decode("AAAAAwAAAAMBAgMAAAAAAAAAAf8=")).toEqual([[1, 2, 3], [], [255]]);
    expect(accountPageToken(1n, [15])).toMatch(/^[A-Za-z0-9+/]+=*$/);
  });
});
