// The README's example; the test of the READMEs runs it and holds the two together.
import { firstPositionOf, processHubEvent } from "@snaprag/processors";
import { aCastAdd, aMergeMessageEvent, anEventContext } from "@snaprag/processors/testing";
import { createMemoryStore } from "@snaprag/storage";

const store = createMemoryStore({ homeShardOf: () => 1, virtualShardOf: () => 0 });
await store.startRealtime(1, 10n);

const event = { ...aMergeMessageEvent(aCastAdd({ text: "gm" })), id: firstPositionOf(11n) + 1n };
await store.applyBlocks({
  shardId: 1,
  previousBlock: 10n,
  blockNumber: 11n,
  blockTime: new Date(),
  eventId: event.id,
  changes: processHubEvent(event, anEventContext()).changes,
  messageCount: 1,
  quarantined: [],
});

for await (const { row, state } of store.listRows("casts")) {
  console.log(`${row.text}, ${state.isLive ? "live" : state.deletedReason}`);
}
