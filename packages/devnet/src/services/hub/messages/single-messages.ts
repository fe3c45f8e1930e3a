// Reads of one message by what identifies it.
import type { Message, MessageKind } from "@snaprag/proto";
import { linkSlot } from "../../../engine/rules/link-rules.ts";
import { userDataSlot } from "../../../engine/rules/profile-rules.ts";
import { reactionSlot } from "../../../engine/rules/reaction-rules.ts";
import { hex } from "../../../engine/rules/verdict.ts";
import type { StoreName } from "../../../engine/state/shard-state.ts";
import type { NodeContext } from "../../node-context.ts";
import { homeShard } from "../../node-context.ts";
import { invalidArgument, notFound } from "../../rpc-error.ts";
import type { HubHandlers } from "../hub-methods.ts";

type SingleMethod = "getCast" | "getReaction" | "getUserData" | "getVerification" | "getLink";

interface Place {
  readonly store: StoreName;
  readonly kind: MessageKind;
  /** Undefined when the request lacks a target. */
  readonly slot: string | undefined;
}

/** Creates the handlers. */
export function createSingleMessageHandlers(context: NodeContext): Pick<HubHandlers, SingleMethod> {
  function read(fid: bigint, { store, kind, slot }: Place): Message {
    if (slot === undefined) throw invalidArgument("target is required");
    const row = homeShard(context, fid).state.stores[store].find(fid, slot);
    if (row === undefined || row.kind !== kind) throw notFound(kind);
    return row.message;
  }

  return {
    getCast: ({ fid, hash }) => read(fid, { store: "casts", kind: "castAdd", slot: hex(hash) }),
    getReaction: ({ fid, reactionType, target }) =>
      read(fid, {
        store: "reactions",
        kind: "reactionAdd",
        slot: reactionSlot({ type: reactionType, target }),
      }),
    getUserData: ({ fid, userDataType }) =>
      read(fid, { store: "userData", kind: "userDataAdd", slot: userDataSlot(userDataType) }),
    getVerification: ({ fid, address }) =>
      read(fid, { store: "verifications", kind: "verificationAdd", slot: hex(address) }),
    getLink: ({ fid, linkType, target }) =>
      read(fid, {
        store: "links",
        kind: "linkAdd",
        slot: linkSlot({ type: linkType, displayTimestamp: undefined, target }),
      }),
  };
}
