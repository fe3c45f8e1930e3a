// One pure function for each hub event type (docs/protocol.md 6.4).
import type { HubEvent, Message, UserNameProof } from "@snaprag/proto";
import { UserNameType } from "@snaprag/proto";
import type { RetireReason } from "../change.ts";
import { toFnameTransferRow } from "../on-chain/fname-transfer-row.ts";
import { processMessage, processRetiredMessage, reasonForDeletion } from "./process-message.ts";
import { processOnChainEvent } from "./process-on-chain-event.ts";
import type { EventContext, Processed } from "./processed.ts";
import { combine, noted } from "./processed.ts";

type HubEventBody = NonNullable<HubEvent["body"]>;
type HubEventBodies = { readonly [Body in HubEventBody as Body["$case"]]: Body["value"] };

interface EventAt extends EventContext {
  readonly eventId: bigint;
  /** `HubEventType` number. */
  readonly type: number;
}

type HubEventProcessors = {
  readonly [Case in keyof HubEventBodies]: (
    body: HubEventBodies[Case],
    context: EventAt,
  ) => Processed;
};

/** An event whose body lacks what the event is about. */
function incomplete({ type }: EventAt): Processed {
  return noted({ kind: "unknownEvent", type });
}

function retire(message: Message | undefined, context: EventAt, reason: RetireReason): Processed {
  if (message === undefined) return incomplete(context);
  const { eventId, at } = context;
  return processRetiredMessage(message, context, { reason, eventId, at });
}

/** A registry proof as a change, when its fid's home is this shard. */
function fname(
  proof: UserNameProof,
  context: EventAt,
  retired: RetireReason | undefined,
): Processed {
  if (context.homeShardOf(proof.fid) !== context.shardId) return noted({ kind: "replica" });
  const { eventId, at } = context;
  const row = toFnameTransferRow(proof);
  const table = "fname_transfers";
  return {
    changes: [
      retired === undefined
        ? { kind: "merge", table, row, eventId }
        : { kind: "retire", table, row, retirement: { reason: retired, eventId, at } },
    ],
    notes: [],
  };
}

const processMergeMessage: HubEventProcessors["mergeMessageBody"] = (body, context) => {
  const { message, deletedMessages } = body;
  // What it was merged in place of has ended, even when it cannot be told what that was.
  return combine([
    message === undefined ? incomplete(context) : processMessage(message, context, context.eventId),
    ...deletedMessages.map((deleted) =>
      retire(deleted, context, message ? reasonForDeletion(message, deleted) : "superseded"),
    ),
  ]);
};

/**
 * Three meanings in one type: a registry transfer (only proofs), an ENS name or basename merged
 * (with its message), and one pruned (only the deleted pair). docs/protocol.md 6.6.
 */
const processMergeUsernameProof: HubEventProcessors["mergeUsernameProofBody"] = (body, context) => {
  const { usernameProof, usernameProofMessage } = body;
  const { deletedUsernameProof, deletedUsernameProofMessage } = body;
  const parts: Processed[] = [];
  if (usernameProofMessage) {
    parts.push(processMessage(usernameProofMessage, context, context.eventId));
  } else if (usernameProof?.type === UserNameType.USERNAME_TYPE_FNAME) {
    parts.push(fname(usernameProof, context, undefined));
  }
  const isReplaced = usernameProof !== undefined || usernameProofMessage !== undefined;
  if (deletedUsernameProofMessage) {
    const reason = isReplaced ? "superseded" : "pruned";
    parts.push(retire(deletedUsernameProofMessage, context, reason));
  } else if (deletedUsernameProof?.type === UserNameType.USERNAME_TYPE_FNAME) {
    const reason = usernameProof?.fid === 0n ? "removed" : "superseded";
    parts.push(fname(deletedUsernameProof, context, reason));
  }
  return parts.length > 0 ? combine(parts) : incomplete(context);
};

/** Every hub event type; a missing one does not compile. */
const PROCESSORS: HubEventProcessors = {
  mergeMessageBody: processMergeMessage,
  pruneMessageBody: ({ message }, context) => retire(message, context, "pruned"),
  revokeMessageBody: ({ message }, context) => retire(message, context, "revoked"),
  mergeUsernameProofBody: processMergeUsernameProof,
  mergeOnChainEventBody: ({ onChainEvent }, context) =>
    onChainEvent
      ? processOnChainEvent(onChainEvent, context, context.eventId)
      : incomplete(context),
  mergeFailure: ({ code, reason, message }) =>
    noted({ kind: "mergeFailure", code, reason, message }),
  blockConfirmedBody: () => noted({ kind: "blockConfirmed" }),
  channelOwnerChangeHintBody: ({ channelKey }) => noted({ kind: "ownerChangeHint", channelKey }),
};

/**
 * Processes one hub event of a data shard. Pure: same event and context, same changes.
 *
 * Deletions are by the hash that the event names, whatever is known of it. Events of gasless keys
 * (id 0) give a note, because shard 0 is where keys are followed.
 */
export function processHubEvent(event: HubEvent, context: EventContext): Processed {
  const { body } = event;
  if (body === undefined) return noted({ kind: "unknownEvent", type: event.type });
  // Safety: the processor under `$case` takes exactly that member of the union.
  const process = PROCESSORS[body.$case] as (
    value: HubEventBody["value"],
    context: EventAt,
  ) => Processed;
  const { shardId, network, homeShardOf, at } = context;
  // Member by member: spreading an object costs more than most events.
  return process(body.value, {
    shardId,
    network,
    homeShardOf,
    at,
    eventId: event.id,
    type: event.type,
  });
}
