import type { ShardTrieEntryWithMessage, UserNameProof } from "@snaprag/proto";
import { lastPositionOf } from "../change.ts";
import { toFnameTransferRow } from "../on-chain/fname-transfer-row.ts";
import { processListedMessage } from "./process-message.ts";
import { processOnChainEvent } from "./process-on-chain-event.ts";
import type { ProcessContext, Processed } from "./processed.ts";
import { noted } from "./processed.ts";

/** Where a snapshot entry comes from. */
export interface SnapshotContext extends ProcessContext {
  /** Block height of the snapshot. */
  readonly height: bigint;
}

/** Whether an entry is in the account of a fid: bytes 1 to 4 of its key are the fid's low 32 bits. */
function isInAccount(trieKey: Uint8Array, fid: bigint): boolean {
  const low = Number(BigInt.asUintN(32, fid));
  return (
    trieKey[1] === low >>> 24 &&
    trieKey[2] === ((low >>> 16) & 0xff) &&
    trieKey[3] === ((low >>> 8) & 0xff) &&
    trieKey[4] === (low & 0xff)
  );
}

function processFname(proof: UserNameProof, context: SnapshotContext): Processed {
  if (context.homeShardOf(proof.fid) !== context.shardId) return noted({ kind: "replica" });
  const row = toFnameTransferRow(proof);
  const eventId = lastPositionOf(context.height);
  return { changes: [{ kind: "merge", table: "fname_transfers", row, eventId }], notes: [] };
}

/**
 * Processes one entry of a snapshot page (docs/protocol.md 2.3).
 *
 * Copies that the trie holds on other shards, and a lend under its borrower's key, give a note.
 */
export function processSnapshotEntry(
  entry: ShardTrieEntryWithMessage,
  context: SnapshotContext,
): Processed {
  const position = lastPositionOf(context.height);
  const { trieKey, trieMessage } = entry;
  switch (trieMessage?.$case) {
    case "userMessage": {
      const processed = processListedMessage(trieMessage.value, context, position);
      const fid = processed.changes[0]?.row.fid;
      const isOfAccount = fid === undefined || isInAccount(trieKey, fid);
      return isOfAccount ? processed : noted({ kind: "replica" });
    }
    case "onChainEvent":
      return processOnChainEvent(trieMessage.value, context, position);
    case "fnameTransfer":
      return trieMessage.value.proof === undefined
        ? noted({ kind: "unknownEntry", trieKey })
        : processFname(trieMessage.value.proof, context);
    case undefined:
      return noted({ kind: "unknownEntry", trieKey });
    default:
      return trieMessage satisfies never;
  }
}
