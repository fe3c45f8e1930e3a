import type { OnChainEvent } from "@snaprag/proto";
import { OnChainEventType } from "@snaprag/proto";
import type { NodeContext } from "../../node-context.ts";
import { homeShard, listShards } from "../../node-context.ts";
import { invalidArgument, notFound } from "../../rpc-error.ts";
import type { HubHandlers } from "../hub-methods.ts";

type OnChainMethod =
  | "getOnChainEvents"
  | "getOnChainSigner"
  | "getOnChainSignersByFid"
  | "getIdRegistryOnChainEvent"
  | "getIdRegistryOnChainEventByAddress";

const KNOWN_TYPES: ReadonlySet<number> = new Set(
  Object.values(OnChainEventType).filter((type) => type > OnChainEventType.EVENT_TYPE_NONE),
);

/** Creates the handlers. */
export function createOnChainHandlers(context: NodeContext): Pick<HubHandlers, OnChainMethod> {
  return {
    /** Everything in one response: paging is ignored. */
    getOnChainEvents({ fid, eventType }) {
      if (!KNOWN_TYPES.has(eventType)) throw invalidArgument("Invalid event type");
      const events = listShards(context).flatMap(({ state }) => state.onChain.list(fid, eventType));
      return { events };
    },
    getOnChainSigner: ({ fid, signer }) =>
      expectFound(homeShard(context, fid).state.onChain.findSigner(fid, signer), "signer"),
    getOnChainSignersByFid: ({ fid }) => ({
      events: [...homeShard(context, fid).state.onChain.listSigners(fid)],
    }),
    getIdRegistryOnChainEvent: ({ fid }) =>
      expectFound(homeShard(context, fid).state.onChain.findCustody(fid), "id registration"),
    getIdRegistryOnChainEventByAddress({ address }) {
      const found = listShards(context)
        .map(({ state }) => state.onChain.findCustodyByAddress(address))
        .find((event) => event !== undefined);
      return expectFound(found, "id registration");
    },
  };
}

function expectFound(event: OnChainEvent | undefined, what: string): OnChainEvent {
  if (event === undefined) throw notFound(what);
  return event;
}
