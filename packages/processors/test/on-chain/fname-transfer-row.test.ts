import { describe, expect, it } from "vitest";
import { toFnameTransferRow } from "../../src/on-chain/fname-transfer-row.ts";
import { anFnameProof } from "../../src/testing/index.ts";

describe("toFnameTransferRow()", () => {
  it("holds the proof, keyed by its holder", () => {
    const proof = anFnameProof({ name: "alice", fid: 7n, timestamp: 1_700_000_000n });

    expect(toFnameTransferRow(proof)).toEqual({
      fid: 7n,
      name: "alice",
      name_type: 1,
      owner: proof.owner,
      proof_timestamp: new Date("2023-11-14T22:13:20Z"),
      proof_signature: proof.signature,
    });
  });
});
