import type { UserNameProof } from "@snaprag/proto";
import { UserNameProof as UserNameProofCodec } from "@snaprag/proto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeFnameTransferRow } from "../../src/on-chain/encode-on-chain.ts";
import { toFnameTransferRow } from "../../src/on-chain/fname-transfer-row.ts";
import { anFnameProof } from "../../src/testing/index.ts";
import { LAST_DATE_SECONDS } from "../support/arbitrary-bodies.ts";
import { anyFnameProof } from "../support/arbitrary-on-chain.ts";
import { toHex } from "../support/rows.ts";

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
      raw: null,
    });
  });

  it.each<[string, UserNameProof]>([
    ["a name that is not UTF-8", { ...anFnameProof(), name: Uint8Array.of(0x61, 0xff) }],
    ["a name with NUL", anFnameProof({ name: "a\0" })],
    ["a time past all dates", anFnameProof({ timestamp: LAST_DATE_SECONDS + 1n })],
    ["a newer field", { ...anFnameProof(), _unknownFields: { [100 << 3]: [Uint8Array.of(5)] } }],
  ])("keeps a proof whose columns do not hold it: %s", (_, proof) => {
    expect(toFnameTransferRow(proof).raw).toEqual(UserNameProofCodec.encode(proof).finish());
  });

  it("holds whatever a node can decode", () => {
    fc.assert(
      fc.property(anyFnameProof, (proof) => {
        const encoded = encodeFnameTransferRow(structuredClone(toFnameTransferRow(proof)));

        expect(toHex(encoded)).toBe(toHex(UserNameProofCodec.encode(proof).finish()));
      }),
    );
  });
});
