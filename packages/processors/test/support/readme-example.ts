// The README's example; the test of the READMEs runs it and holds the two together.
import { processHubEvent } from "@snaprag/processors";
import { aCastAdd, aMergeMessageEvent, anEventContext } from "@snaprag/processors/testing";

// Stand-ins for an event from a node, and for where it came from.
const event = aMergeMessageEvent(aCastAdd({ text: "gm" }));
const context = anEventContext();

const { changes, notes } = processHubEvent(event, context);

for (const change of changes) {
  if (change.kind === "merge" && change.table === "casts") {
    console.log(`${change.table}: fid ${change.row.fid} says ${change.row.text}`);
  }
}
console.log(`${changes.length} change, ${notes.length} notes`);
