import type { Message } from "@snaprag/proto";
import { MessagesResponse } from "@snaprag/proto";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import type { NodeClient, PagedMessagesMethod } from "../../src/index.ts";
import { clientOn } from "../support/client-on.ts";
import { collect, rejectionOf } from "../support/eventually.ts";
import type { TestNode } from "../support/test-node.ts";
import { startTestNode } from "../support/test-node.ts";
import { aMessage } from "../support/wire-values.ts";

let node: TestNode;
let client: NodeClient;
beforeEach(async () => {
  node = await startTestNode();
  client = clientOn(node).client;
});
afterEach(async () => {
  await client.close();
  node.close();
});

const first = aMessage(Uint8Array.of(1));
const second = aMessage(Uint8Array.of(2));

describe("readMessages()", () => {
  it("reads every page of a read by fid, with the rest of the request unchanged", async () => {
    node.answer("getAllCastMessagesByFid", ({ pageToken }) =>
      pageToken
        ? MessagesResponse.create({ messages: [second] })
        : MessagesResponse.create({ messages: [first], nextPageToken: Uint8Array.of(0, 1) }),
    );
    const request = { fid: 3n, pageSize: 1, reverse: true };

    const pages = await collect(client.readMessages("getAllCastMessagesByFid", request));

    expect(pages).toEqual([[first], [second]]);
    expect(node.requests("getAllCastMessagesByFid")).toMatchObject([
      { ...request, pageToken: undefined },
      { ...request, pageToken: Uint8Array.of(0, 1) },
    ]);
  });

  it("knows the end of a read that asks every shard", async () => {
    const finished = new TextEncoder().encode("[null,null]");
    node.answer("getCastsByParent", () =>
      MessagesResponse.create({ messages: [first], nextPageToken: finished }),
    );

    const parent = { $case: "parentUrl", value: "https://farcaster.xyz" } as const;

    expect(await collect(client.readMessages("getCastsByParent", { parent }))).toEqual([[first]]);
    expect(node.requests("getCastsByParent")).toMatchObject([{ parent }]);
  });

  it("starts at the page token of the request", async () => {
    node.answer("getLinksByFid", () => MessagesResponse.create());

    await collect(client.readMessages("getLinksByFid", { fid: 3n, pageToken: Uint8Array.of(7) }));

    expect(node.requests("getLinksByFid")).toMatchObject([{ pageToken: Uint8Array.of(7) }]);
  });

  it("does not follow a circle of page tokens, and names the call", async () => {
    node.answer("getAllLinkMessagesByFid", () =>
      MessagesResponse.create({ nextPageToken: Uint8Array.of(7) }),
    );

    const error = await rejectionOf(
      collect(client.readMessages("getAllLinkMessagesByFid", { fid: 3n })),
    );

    expect(error).toMatchObject({
      code: "malformed_response",
      method: "/HubService/GetAllLinkMessagesByFid",
      endpoint: node.endpoint,
    });
    expect(node.seen).toHaveLength(2);
  });

  it("takes calls that return messages by page, and no others", () => {
    expectTypeOf<"getAllCastMessagesByFid">().toExtend<PagedMessagesMethod>();
    expectTypeOf<"getReactionsByTarget">().toExtend<PagedMessagesMethod>();
    type Others = Extract<PagedMessagesMethod, "getEvents" | "getFids" | "getCast" | "subscribe">;
    expectTypeOf<Others>().toBeNever();
    expectTypeOf(client.readMessages<"getCastsByFid">).returns.toEqualTypeOf<
      AsyncIterable<readonly Message[]>
    >();
  });
});
