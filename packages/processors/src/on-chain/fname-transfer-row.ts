import type { UserNameProof } from "@snaprag/proto";
import { isSameBytes, UserNameProof as UserNameProofCodec } from "@snaprag/proto";
import { toUsernameProofColumns } from "../messages/profiles.ts";
import { encodeFnameTransferRow } from "./encode-on-chain.ts";
import type { FnameTransferRow } from "./on-chain-columns.ts";

/** The row of a registry proof; whole when its columns do not hold all of it. */
export function toFnameTransferRow(proof: UserNameProof): FnameTransferRow {
  const { proof_fid: fid, ...columns } = toUsernameProofColumns(proof);
  const row = { fid, ...columns, raw: null };
  const raw = UserNameProofCodec.encode(proof).finish();
  return isSameBytes(encodeFnameTransferRow(row), raw) ? row : { ...row, raw };
}
