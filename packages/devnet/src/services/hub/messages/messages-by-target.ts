// Reads of what several fids said about one thing: every shard is asked.
import type {
  CastAddBody,
  CastId,
  MessagesResponse,
  ReactionBody,
  ReactionsByTargetRequest,
  TypedMessage,
} from "@snaprag/proto";
import { isSameBytes } from "@snaprag/proto";
import type { StoreName } from "../../../engine/state/shard-state.ts";
import type { RowFilter } from "../../message-pages.ts";
import { pageOfShards } from "../../message-pages.ts";
import type { NodeContext } from "../../node-context.ts";
import { listShards } from "../../node-context.ts";
import type { PageRequest } from "../../paging.ts";
import type { HubHandlers } from "../hub-methods.ts";
import { isLink, isReaction } from "./messages-by-fid.ts";

type ByTargetMethod =
  | "getCastsByParent"
  | "getCastsByMention"
  | "getReactionsByCast"
  | "getReactionsByTarget"
  | "getLinksByTarget";

type Parent = CastAddBody["parent"];
type Target = ReactionBody["target"];

/** Creates the handlers. */
export function createMessagesByTargetHandlers(
  context: NodeContext,
): Pick<HubHandlers, ByTargetMethod> {
  function read(store: StoreName, request: PageRequest, filter: RowFilter): MessagesResponse {
    return pageOfShards(
      listShards(context).map(({ state }) => state.stores[store]),
      filter,
      request,
    );
  }

  function readReactions(request: ReactionsByTargetRequest): MessagesResponse {
    return read("reactions", request, {
      kinds: new Set(["reactionAdd"]),
      matches: (message) =>
        isReaction(message, request.reactionType) && hasTarget(message, request.target),
    });
  }

  return {
    getCastsByParent: (request) =>
      read("casts", request, {
        kinds: new Set(["castAdd"]),
        matches: (message) => hasParent(message, request.parent),
      }),
    getCastsByMention: (request) =>
      read("casts", request, {
        kinds: new Set(["castAdd"]),
        matches: (message) =>
          message.type === "castAdd" && message.body.mentions.includes(request.fid),
      }),
    getReactionsByCast: readReactions,
    getReactionsByTarget: readReactions,
    getLinksByTarget: (request) =>
      read("links", request, {
        kinds: new Set(["linkAdd"]),
        matches: (message) =>
          isLink(message, request.linkType) &&
          message.type === "linkAdd" &&
          message.body.target?.value === request.target?.value,
      }),
  };
}

function hasParent(message: TypedMessage, wanted: Parent): boolean {
  if (message.type !== "castAdd") return false;
  const { parent } = message.body;
  if (parent?.$case === "parentCastId" && wanted?.$case === "parentCastId") {
    return isSameCast(parent.value, wanted.value);
  }
  return (
    parent?.$case === "parentUrl" && wanted?.$case === "parentUrl" && parent.value === wanted.value
  );
}

function hasTarget(message: TypedMessage, wanted: Target): boolean {
  if (message.type !== "reactionAdd") return false;
  const { target } = message.body;
  if (target?.$case === "targetCastId" && wanted?.$case === "targetCastId") {
    return isSameCast(target.value, wanted.value);
  }
  return (
    target?.$case === "targetUrl" && wanted?.$case === "targetUrl" && target.value === wanted.value
  );
}

function isSameCast(a: CastId, b: CastId): boolean {
  return a.fid === b.fid && isSameBytes(a.hash, b.hash);
}
