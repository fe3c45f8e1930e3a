import type { Message, MessagesResponse } from "@snaprag/proto";
import type { HubCalls, NodeConnection } from "../transport/node-connection.ts";
import type { CallOptions, UnaryMethod } from "../transport/typed-calls.ts";
import { paginate } from "./paginate.ts";

/** The HubService calls that return messages page by page, such as `getAllCastMessagesByFid`. */
export type PagedMessagesMethod = {
  [Name in keyof HubCalls]: HubCalls[Name] extends UnaryMethod<infer Request, MessagesResponse>
    ? "pageToken" extends keyof Request
      ? Name
      : never
    : never;
}[keyof HubCalls];

/** What such a call is asked. A `pageToken` in it says where to start. */
export type PagedMessagesRequest<Name extends PagedMessagesMethod> = NonNullable<
  Parameters<HubCalls[Name]>[0]
> & { readonly pageToken?: Uint8Array | undefined };

/** Reads every page of a call that returns messages; see `NodeClient.readMessages`. */
export type ReadMessages = <Name extends PagedMessagesMethod>(
  method: Name,
  request: PagedMessagesRequest<Name>,
  options?: CallOptions,
) => AsyncIterable<readonly Message[]>;

/** Binds {@link ReadMessages} to a node. */
export function createReadMessages(node: NodeConnection): ReadMessages {
  return (method, request, options = {}) => {
    // Safety: PagedMessagesMethod admits only calls of this kind whose request has a page token.
    const call = node.hub[method] as UnaryMethod<object, MessagesResponse>;
    const fetchPage = async (pageToken: Uint8Array | undefined) => {
      const { messages, nextPageToken } = await call({ ...request, pageToken }, options);
      return { items: messages, nextPageToken };
    };
    return paginate(fetchPage, {
      pageToken: request.pageToken,
      // RPCs are named like their functions, with a capital first letter.
      method: `/HubService/${method.charAt(0).toUpperCase()}${method.slice(1)}`,
      endpoint: node.settings.options.endpoint.url,
    });
  };
}
