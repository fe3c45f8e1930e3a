import type { HubEvent } from "@snaprag/proto";
import { HubEventType } from "@snaprag/proto";

/**
 * A block's events as another node of the network numbers them (docs/protocol.md 1.1): what nodes
 * take from hash sets, prunes and revocations, comes in another order. The set is the same, and so
 * are the ids: an id stays where it is and names another event. Of a real node, only the types of a
 * user's prunes change places; here any prunes and revocations that follow on each other do.
 */
export function reorderEvents(events: readonly HubEvent[]): readonly HubEvent[] {
  const reordered: HubEvent[] = [];
  for (let start = 0; start < events.length; ) {
    let end = start;
    while (end < events.length && isFromHashSet(events[end])) end++;
    // An event that is none of them is a run of its own.
    const run = events.slice(start, Math.max(end, start + 1));
    const places = run.map(({ id }) => id);
    for (const [index, event] of run.toReversed().entries()) {
      reordered.push({ ...event, id: places[index] ?? event.id });
    }
    start += run.length;
  }
  return reordered;
}

function isFromHashSet(event: HubEvent | undefined): boolean {
  switch (event?.type) {
    case HubEventType.PRUNE_MESSAGE:
    case HubEventType.REVOKE_MESSAGE:
      return true;
    case HubEventType.MERGE_USERNAME_PROOF:
      return event.body?.$case === "mergeUsernameProofBody" && isPrune(event.body.value);
    default:
      return false;
  }
}

/** A name that is taken away without another in its place is announced as a merge (6.4). */
function isPrune(proof: {
  readonly usernameProof: unknown;
  readonly deletedUsernameProofMessage: unknown;
}): boolean {
  return proof.usernameProof === undefined && proof.deletedUsernameProofMessage !== undefined;
}
