// Accounts that tests put on a devnet's chain themselves.
import type { MessageSigner, Submission } from "@snaprag/devnet";
import { buildMessage, buildRegistration } from "@snaprag/devnet";
import { CastType } from "@snaprag/proto";

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

/** Who casts. */
export interface Author {
  readonly fid: bigint;
  readonly signer: MessageSigner;
}

/** A cast for the next block, at a time in Farcaster seconds. */
export function cast(author: Author, text: string, timestamp: number): Submission {
  const lists = { embeds: [], embedsDeprecated: [], mentions: [], mentionsPositions: [] };
  const body = { text, type: CastType.CAST, parent: undefined, ...lists };
  return {
    kind: "message",
    message: buildMessage({ type: "castAdd", timestamp, body, ...author }),
  };
}
