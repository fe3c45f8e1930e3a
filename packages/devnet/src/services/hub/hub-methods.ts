import type { HubServiceDefinition } from "@snaprag/proto";
import type { ServiceHandlers } from "../serve.ts";

/** A handler for each RPC of HubService. */
export type HubHandlers = ServiceHandlers<typeof HubServiceDefinition>;
