// Accounts that tests put on a devnet's chain themselves.
import type { MessageSigner, Submission } from "@snaprag/devnet";
import { buildRegistration } from "@snaprag/devnet";

/** The first fid that none of a devnet's users has and that meets a condition. */
export function findFid(isMeant: (fid: bigint) => boolean): bigint {
  let fid = 5_000_000n;
  while (!isMeant(fid)) fid += 1n;
  return fid;
}

/** Registers an account with one signer and one storage unit. */
export function register(fid: bigint, { publicKey }: MessageSigner): readonly Submission[] {
  const events = buildRegistration({
    fid,
    signer: publicKey,
    custody: publicKey.subarray(0, 20),
    units: 1,
    blockNumber: 1_000_000,
    blockTimestamp: BigInt(Date.UTC(2026, 8, 1) / 1000),
  });
  return events.map((event) => ({ kind: "onChainEvent", event }));
}
