import { describe, expect, it } from "vitest";
import {
  aUserDataAdd,
  aUsernameProof,
  aVerificationAdd,
  aVerificationRemove,
} from "../../src/testing/index.ts";
import { rowOf } from "../support/rows.ts";

const ADDRESS = new Uint8Array(32).fill(1);
const SIGNATURE = new Uint8Array(65).fill(2);

describe("rows of user data", () => {
  it("hold one field, known to this version or not", () => {
    const body = { type: 77 as 1, value: "so\0lar" };

    expect(rowOf("userDataAdd", aUserDataAdd(body))).toMatchObject({
      user_data_type: 77,
      value: "so\uFFFDlar",
    });
  });

  it("hold an empty value when the field was cleared", () => {
    expect(rowOf("userDataAdd", aUserDataAdd({ value: "" }))).toMatchObject({ value: "" });
  });
});

describe("rows of verifications", () => {
  it("hold the claim", () => {
    const body = {
      address: ADDRESS,
      claimSignature: SIGNATURE,
      blockHash: new Uint8Array([3]),
      verificationType: 1,
      chainId: 10,
      protocol: 1,
    } as const;

    expect(rowOf("verificationAdd", aVerificationAdd(body))).toMatchObject({
      address: ADDRESS,
      protocol: 1,
      claim_signature: SIGNATURE,
      block_hash: new Uint8Array([3]),
      verification_type: 1,
      chain_id: 10,
    });
  });

  it("and of their removes hold address and protocol", () => {
    const message = aVerificationRemove({ address: ADDRESS, protocol: 1 });

    expect(rowOf("verificationRemove", message)).toMatchObject({ address: ADDRESS, protocol: 1 });
  });
});

describe("rows of username proofs", () => {
  it("hold the proof, its own fid and its own clock", () => {
    const message = aUsernameProof(
      {
        name: new TextEncoder().encode("vitalik.eth"),
        timestamp: 1_700_000_000n,
        owner: ADDRESS,
        signature: SIGNATURE,
        fid: 3n,
        type: 3,
      },
      { fid: 5n, timestamp: 0 },
    );

    expect(rowOf("usernameProof", message)).toMatchObject({
      fid: 5n,
      timestamp: new Date("2021-01-01T00:00:00Z"),
      name: "vitalik.eth",
      name_type: 3,
      owner: ADDRESS,
      proof_timestamp: new Date("2023-11-14T22:13:20Z"),
      proof_signature: SIGNATURE,
      proof_fid: 3n,
    });
  });

  it("hold no NUL in the name", () => {
    const message = aUsernameProof({ name: new Uint8Array([0x61, 0]) });

    expect(rowOf("usernameProof", message)).toMatchObject({ name: "a\uFFFD" });
  });
});
