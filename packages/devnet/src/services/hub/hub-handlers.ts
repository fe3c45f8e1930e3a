import type { NodeContext } from "../node-context.ts";
import { createNameHandlers } from "./accounts/name-handlers.ts";
import { createOnChainHandlers } from "./accounts/on-chain-handlers.ts";
import { createSignerHandlers } from "./accounts/signer-handlers.ts";
import { createStorageHandlers } from "./accounts/storage-handlers.ts";
import { createChannelHandlers } from "./channels/channel-handlers.ts";
import { createFollowHandlers } from "./channels/follow-handlers.ts";
import { createEventHandlers } from "./events/event-handlers.ts";
import type { HubHandlers } from "./hub-methods.ts";
import { createMessagesByFidHandlers } from "./messages/messages-by-fid.ts";
import { createMessagesByTargetHandlers } from "./messages/messages-by-target.ts";
import { createSingleMessageHandlers } from "./messages/single-messages.ts";
import { createNodeHandlers } from "./node-handlers.ts";
import { createSubmitHandlers } from "./submit-handlers.ts";

/** HubService (docs/protocol.md 1, 7, 8). */
export function createHubHandlers(context: NodeContext): HubHandlers {
  return {
    ...createSubmitHandlers(context),
    ...createNodeHandlers(context),
    ...createEventHandlers(context),
    ...createMessagesByFidHandlers(context),
    ...createMessagesByTargetHandlers(context),
    ...createSingleMessageHandlers(context),
    ...createNameHandlers(context),
    ...createOnChainHandlers(context),
    ...createStorageHandlers(context),
    ...createSignerHandlers(context),
    ...createChannelHandlers(context),
    ...createFollowHandlers(context),
  };
}
