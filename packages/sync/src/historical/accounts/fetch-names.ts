import type { NodeClient } from "@snaprag/client";
import type { ShardTrieEntryWithMessage, UserNameProof } from "@snaprag/proto";
import { UserNameType } from "@snaprag/proto";

/** A proof as an entry of a snapshot, without a key: the trie may not have it. */
function toEntry(proof: UserNameProof): ShardTrieEntryWithMessage {
  const value = { id: 0n, fromFid: 0n, proof };
  return { trieKey: new Uint8Array(), trieMessage: { $case: "fnameTransfer", value } };
}

/**
 * Reads an account's registered names from the node's store, as entries of a snapshot.
 *
 * A name that was proved again for the same fid is missing from the trie and thus from every
 * snapshot, though the node still has it (docs/protocol.md 2.4). The answer names each once for
 * every shard, and names of other kinds, which snapshots have.
 */
export async function fetchNames(
  client: NodeClient,
  fid: bigint,
  signal: AbortSignal,
): Promise<readonly ShardTrieEntryWithMessage[]> {
  const { proofs } = await client.hub.getUserNameProofsByFid({ fid }, { signal });
  const fnames = proofs.filter(
    (proof) => proof.type === UserNameType.USERNAME_TYPE_FNAME && proof.fid === fid,
  );
  const distinct = new Map(
    fnames.map((proof) => [`${proof.name}/${proof.timestamp}/${proof.signature}`, proof]),
  );
  return [...distinct.values()].map(toEntry);
}
