import { EventsResponse, GetInfoResponse, GetShardTransactionsResponse } from "@snaprag/proto";
import { expect, it } from "vitest";
import { resolveNodeClientOptions } from "../../src/options/node-client-options.ts";
import { readBlocks } from "../../src/reads/blocks.ts";
import { readEvents } from "../../src/reads/events.ts";
import { readSnapshotPages } from "../../src/reads/snapshot-pages.ts";
import { subscribe } from "../../src/reads/subscription.ts";
import { createNodeConnection } from "../../src/transport/node-connection.ts";
import { collect } from "../support/eventually.ts";
import { tracesOn } from "../support/signal-traces.ts";
import { startTestNode } from "../support/test-node.ts";
import { aBlock, aBlockConfirmed } from "../support/wire-values.ts";

it("leaves nothing of calls that are over with the caller's signal, or the client's", async () => {
  const node = await startTestNode();
  node.answer("getInfo", () => GetInfoResponse.create({ version: "0.14.2" }));
  node.answer("getBlocks", async function* () {
    yield aBlock(1n);
  });
  node.answer("subscribe", async function* () {
    yield aBlockConfirmed(1n);
  });
  node.answer("getEvents", () => EventsResponse.create({ events: [aBlockConfirmed(1n)] }));
  node.answer("getShardTransactions", () => GetShardTransactionsResponse.create({}));
  const partition = { shardId: 1, height: 1n, virtualShard: 0 };
  const caller = new AbortController();
  const closing = new AbortController();
  const options = resolveNodeClientOptions({ endpoint: node.endpoint });
  const connection = createNodeConnection({ options, closing: closing.signal });
  const tracesBefore = [tracesOn(caller.signal), tracesOn(closing.signal)];

  for (let call = 0; call < 20; call++) {
    for (const { signal } of [caller, new AbortController()]) {
      await connection.hub.getInfo({}, { signal });
      expect(await collect(readBlocks(connection, { startBlock: 1n }, { signal }))).toHaveLength(1);
      const stored = readEvents(connection, { shardId: 1, startId: 1n << 14n }, { signal });
      expect(await collect(stored)).toHaveLength(1);
      const pages = readSnapshotPages(connection, partition, { signal });
      expect(await collect(pages)).toHaveLength(1);
      const events = subscribe(connection, { shardId: 1 }, { signal, reconnect: false });
      expect(await collect(events)).toHaveLength(1);
    }
  }

  expect([tracesOn(caller.signal), tracesOn(closing.signal)]).toEqual(tracesBefore);
  closing.abort();
  node.close();
});
