import type { UserNameProof } from "@snaprag/proto";
import { hex } from "../../../engine/rules/verdict.ts";
import type { MessageRow } from "../../../engine/state/message-row.ts";
import { readRow } from "../../../engine/state/message-row.ts";
import type { ShardState } from "../../../engine/state/shard-state.ts";
import type { NodeContext } from "../../node-context.ts";
import { listShards } from "../../node-context.ts";
import { notFound } from "../../rpc-error.ts";
import type { HubHandlers } from "../hub-methods.ts";

type NameMethod = "getUsernameProof" | "getUserNameProofsByFid";

/** Creates the handlers. */
export function createNameHandlers(context: NodeContext): Pick<HubHandlers, NameMethod> {
  return {
    getUsernameProof({ name }) {
      for (const { state } of listShards(context)) {
        const proof = findProof(state, name);
        if (proof !== undefined) return proof;
      }
      throw notFound("username proof");
    },
    /** Each shard holds every fname, so a name comes once for each. */
    getUserNameProofsByFid({ fid }) {
      const proofs = listShards(context).flatMap(({ state }) => [
        ...state.fnames.list(fid),
        ...state.stores.usernameProofs.list(fid).flatMap(proofOf),
      ]);
      return { proofs };
    },
  };
}

function findProof(state: ShardState, name: Uint8Array): UserNameProof | undefined {
  if (Buffer.from(name).toString("utf8").endsWith(".eth")) {
    // The slot belongs to the shard, so any fid finds it.
    const row = state.stores.usernameProofs.find(0n, hex(name));
    return row === undefined ? undefined : proofOf(row)[0];
  }
  const proof = state.fnames.find(name);
  return proof?.fid === 0n ? undefined : proof;
}

function proofOf(row: MessageRow): readonly UserNameProof[] {
  const message = readRow(row);
  return message.type === "usernameProof" ? [message.body] : [];
}
