import type { UserNameProof } from "@snaprag/proto";
import type { UsernameProofColumns } from "../messages/profiles.ts";
import { toUsernameProofColumns } from "../messages/profiles.ts";

/**
 * A row of `fname_transfers`: one proof of the username registry.
 *
 * `(fid, name, proof_timestamp, proof_signature)` is its key. A proof for fid 0 says that the name
 * was unregistered. The holder of a name is the live row with the greatest timestamp, then the
 * greatest signature (docs/protocol.md 6.6).
 */
export interface FnameTransferRow extends Omit<UsernameProofColumns, "proof_fid"> {
  readonly fid: bigint;
}

/** The row of a registry proof. */
export function toFnameTransferRow(proof: UserNameProof): FnameTransferRow {
  const { proof_fid: fid, ...columns } = toUsernameProofColumns(proof);
  return { fid, ...columns };
}
