// Reads of one fid's messages (docs/protocol.md 8.4). The plain calls return adds, the "all" calls
// adds and removes.
import type {
  FidRequest,
  FidTimestampRequest,
  MessageKind,
  MessagesResponse,
  TypedMessage,
} from "@snaprag/proto";
import type { StoreName } from "../../../engine/state/shard-state.ts";
import type { RowFilter } from "../../message-pages.ts";
import { pageOfFid } from "../../message-pages.ts";
import type { NodeContext } from "../../node-context.ts";
import { homeShard } from "../../node-context.ts";
import type { HubHandlers } from "../hub-methods.ts";

type ByFidMethod =
  | "getCastsByFid"
  | "getReactionsByFid"
  | "getLinksByFid"
  | "getUserDataByFid"
  | "getVerificationsByFid"
  | "getLinkCompactStateMessageByFid"
  | "getAllCastMessagesByFid"
  | "getAllReactionMessagesByFid"
  | "getAllLinkMessagesByFid"
  | "getAllUserDataMessagesByFid"
  | "getAllVerificationMessagesByFid"
  | "getAllLendStorageMessagesByFid";

/** Creates the handlers. */
export function createMessagesByFidHandlers(context: NodeContext): Pick<HubHandlers, ByFidMethod> {
  const { network } = context;

  function read(store: StoreName, request: FidRequest, filter: RowFilter): MessagesResponse {
    const { state } = homeShard(context, request.fid);
    return pageOfFid(state.stores[store].list(request.fid), filter, request);
  }

  const adds = (store: StoreName, ...kinds: MessageKind[]) => {
    const filter = { kinds: new Set(kinds) };
    return (request: FidRequest) => read(store, request, filter);
  };

  const all = (store: StoreName, ...kinds: MessageKind[]) => {
    const kindSet = new Set(kinds);
    return (request: FidTimestampRequest) => {
      const { startTimestamp, stopTimestamp } = request;
      return read(store, request, { kinds: kindSet, startTimestamp, stopTimestamp });
    };
  };

  return {
    getCastsByFid: adds("casts", "castAdd"),
    getReactionsByFid: (request) =>
      read("reactions", request, {
        kinds: new Set(["reactionAdd"]),
        matches: (message) => isReaction(message, request.reactionType),
      }),
    getLinksByFid: (request) =>
      read("links", request, {
        kinds: new Set(["linkAdd"]),
        matches: (message) => isLink(message, request.linkType),
      }),
    getUserDataByFid: adds("userData", "userDataAdd"),
    getVerificationsByFid: adds("verifications", "verificationAdd"),
    getLinkCompactStateMessageByFid: adds("links", "linkCompactState"),
    getAllCastMessagesByFid: all("casts", "castAdd", "castRemove"),
    getAllReactionMessagesByFid: all("reactions", "reactionAdd", "reactionRemove"),
    getAllLinkMessagesByFid: all("links", "linkAdd", "linkRemove"),
    getAllUserDataMessagesByFid: all("userData", "userDataAdd"),
    getAllVerificationMessagesByFid: all("verifications", "verificationAdd", "verificationRemove"),
    getAllLendStorageMessagesByFid(request) {
      const { startTimestamp, stopTimestamp } = request;
      // Lends are shard 0's: the data shards hold copies.
      const rows = network.blockShard.state.stores.storageLends.list(request.fid);
      const kinds = new Set<MessageKind>(["lendStorage"]);
      return pageOfFid(rows, { kinds, startTimestamp, stopTimestamp }, request);
    },
  };
}

/** Whether a message is a reaction, of a type when one is given. */
export function isReaction(message: TypedMessage, reactionType: number | undefined): boolean {
  if (message.type !== "reactionAdd") return false;
  return reactionType === undefined || message.body.type === reactionType;
}

/** Whether a message is a link, of a type when one is given. */
export function isLink(message: TypedMessage, linkType: string | undefined): boolean {
  if (message.type !== "linkAdd") return false;
  return linkType === undefined || message.body.type === linkType;
}
