import type { ShardTrieEntryWithMessage, UserNameProof } from "@snaprag/proto";
import { lastPositionOf } from "../change.ts";
import { toFnameTransferRow } from "../on-chain/fname-transfer-row.ts";
import { processListedMessage } from "./process-message.ts";
import { processOnChainEvent } from "./process-on-chain-event.ts";
import type { ProcessContext, Processed } from "./processed.ts";
import { noted } from "./processed.ts";

const LOW_32_BITS = 0xffffffffn;

/** Where a snapshot entry comes from. */
export interface SnapshotContext extends ProcessContext {
  /** Block height of the snapshot. */
  readonly height: bigint;
}

/** The low 32 bits of the fid whose account an entry is in: bytes 1 to 4 of its key. */
function accountOf(trieKey: Uint8Array): bigint {
  const view = new DataView(trieKey.buffer, trieKey.byteOffset, trieKey.byteLength);
  return trieKey.length < 5 ? -1n : BigInt(view.getUint32(1));
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
      const isOfAccount = fid === undefined || (fid & LOW_32_BITS) === accountOf(trieKey);
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
