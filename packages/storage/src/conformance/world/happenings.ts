// What happens at a node, and how its events word it.
import type { Change } from "@snaprag/processors";
import { processHubEvent, processMessage } from "@snaprag/processors";
import {
  aMergeMessageEvent,
  aMergeOnChainEvent,
  aMergeUsernameProofEvent,
  aPruneMessageEvent,
  aRevokeMessageEvent,
} from "@snaprag/processors/testing";
import type { Actor, OnChainEvent, UserNameProof } from "./actors.ts";
import { contextAt } from "./actors.ts";

/** One thing that happens in a block (docs/protocol.md 6.4). */
export type Happening =
  | { readonly kind: "merge"; readonly actor: Actor; readonly deleted: readonly Actor[] }
  | { readonly kind: "prune" | "revoke"; readonly actor: Actor }
  | { readonly kind: "onChain"; readonly event: OnChainEvent }
  | {
      readonly kind: "fname";
      readonly proof: UserNameProof;
      readonly deleted: UserNameProof | undefined;
    };

type HubEvent = ReturnType<typeof aMergeMessageEvent>;

type Merge = Extract<Happening, { kind: "merge" }>;
type End = Extract<Happening, { kind: "prune" | "revoke" }>;

function toMergeEvent({ actor, deleted }: Merge): HubEvent {
  // Nodes do not say what a compact state deletes.
  const told = actor.table === "link_compact_states" ? [] : deleted;
  return aMergeMessageEvent(
    actor.message,
    told.map(({ message }) => message),
  );
}

/** Names come as MERGE_USERNAME_PROOF, whatever happens to them (docs/protocol.md 6.6). */
function toNameEvent(happening: Merge | End): HubEvent {
  const { actor } = happening;
  if (happening.kind !== "merge") {
    return aMergeUsernameProofEvent({ deletedUsernameProofMessage: actor.message });
  }
  return aMergeUsernameProofEvent({
    usernameProofMessage: actor.message,
    deletedUsernameProofMessage: happening.deleted[0]?.message,
  });
}

function toHubEvent(happening: Happening): HubEvent {
  if (happening.kind === "onChain") return aMergeOnChainEvent(happening.event);
  if (happening.kind === "fname") {
    return aMergeUsernameProofEvent({
      usernameProof: happening.proof,
      deletedUsernameProof: happening.deleted,
    });
  }
  if (happening.actor.table === "username_proofs") return toNameEvent(happening);
  if (happening.kind === "merge") return toMergeEvent(happening);
  const { message } = happening.actor;
  return happening.kind === "prune" ? aPruneMessageEvent(message) : aRevokeMessageEvent(message);
}

/** Where something happens. */
export interface HappeningPlace {
  readonly shardId: number;
  /** Time of the block. */
  readonly at: Date;
  readonly eventId: bigint;
}

/** What a happening does to rows, through the events of shard 1 or the blocks of shard 0. */
export function toChanges(happening: Happening, place: HappeningPlace): readonly Change[] {
  const { shardId, at, eventId } = place;
  const context = contextAt(at, shardId);
  if (shardId === 0 && happening.kind === "merge") {
    return processMessage(happening.actor.message, context, eventId).changes;
  }
  return processHubEvent({ ...toHubEvent(happening), id: eventId }, context).changes;
}

function describeActor({ table, fid, message, timestamp }: Actor): string {
  const [hash, signer] = [message.hash.slice(0, 2), message.signer.slice(0, 1)];
  return `${table} ${fid} #${hash} of ${timestamp} by key ${signer}`;
}

/** A happening in a few words. */
export function describeHappening(happening: Happening): string {
  switch (happening.kind) {
    case "onChain":
      return `on-chain type ${happening.event.type} of ${happening.event.fid}`;
    case "fname":
      return `name from ${happening.deleted?.fid ?? "nobody"} to ${happening.proof.fid}`;
    case "merge": {
      const deleted = happening.deleted.map((actor) => `, delete ${describeActor(actor)}`);
      return `merge ${describeActor(happening.actor)}${deleted.join("")}`;
    }
    default:
      return `${happening.kind} ${describeActor(happening.actor)}`;
  }
}
