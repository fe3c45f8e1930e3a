import type { HubEvent, Message } from "@snaprag/proto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstPositionOf, processHubEvent } from "../../src/index.ts";
import {
  aBlockConfirmedEvent,
  aCastAdd,
  aCastRemove,
  aChannelMember,
  aChannelOwnerChangeHintEvent,
  aKeyAdd,
  aKeyRemove,
  aLendStorage,
  aLinkAdd,
  aLinkCompactState,
  aLinkRemove,
  aMergeFailureEvent,
  aMergeMessageEvent,
  aMergeOnChainEvent,
  aMergeUsernameProofEvent,
  anEventContext,
  anIdRegisterEvent,
  aPruneMessageEvent,
  aReactionAdd,
  aReactionRemove,
  aRevokeMessageEvent,
  aSignerMigratedEvent,
  aUserDataAdd,
  aVerificationAdd,
  aVerificationRemove,
} from "../../src/testing/index.ts";
import { anyMessage } from "../support/arbitrary-messages.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { rowOf } from "../support/rows.ts";

const CONTEXT = anEventContext();
const FOREIGN = anEventContext({ shardId: 2 });
const REPLICA = { changes: [], notes: [{ kind: "replica" }] };
const AT = { blockNumber: 77n, sequence: 5 };
const EVENT_ID = firstPositionOf(77n) + 5n;

const unreadable: Message = { ...aCastAdd(), data: new Uint8Array([0x08, 0x63]) };

/** The event as sent when its body names nothing. */
function emptied(event: HubEvent): HubEvent {
  if (event.body === undefined) throw new Error("expected a body");
  const value = { message: undefined, deletedMessages: [], onChainEvent: undefined };
  return { ...event, body: { ...event.body, value } as unknown as HubEvent["body"] };
}

describe("processHubEvent()", () => {
  describe("MERGE_MESSAGE", () => {
    it("merges at the event's own id", () => {
      const cast = aCastAdd();

      expect(processHubEvent(aMergeMessageEvent(cast, [], AT), CONTEXT)).toEqual({
        changes: [
          { kind: "merge", table: "casts", row: rowOf("castAdd", cast), eventId: EVENT_ID },
        ],
        notes: [],
      });
    });

    it("retires what the merged message deletes, by its hash, known before or not", () => {
      const cast = aCastAdd();
      const older = aCastRemove({ targetHash: cast.hash }, { timestamp: 5 });
      const remove = aCastRemove({ targetHash: cast.hash });

      const { changes } = processHubEvent(aMergeMessageEvent(remove, [cast, older], AT), CONTEXT);

      const retirement = { eventId: EVENT_ID, at: CONTEXT.at };
      expect(changes).toEqual([
        {
          kind: "merge",
          table: "cast_removes",
          row: rowOf("castRemove", remove),
          eventId: EVENT_ID,
        },
        {
          kind: "retire",
          table: "casts",
          row: rowOf("castAdd", cast),
          retirement: { ...retirement, reason: "removed" },
        },
        {
          kind: "retire",
          table: "cast_removes",
          row: rowOf("castRemove", older),
          retirement: { ...retirement, reason: "superseded" },
        },
      ]);
    });

    it.each<[string, Message, Message, string]>([
      ["a reaction by its remove", aReactionRemove(), aReactionAdd(), "removed"],
      ["a link by its remove", aLinkRemove(), aLinkAdd(), "removed"],
      ["a verification by its remove", aVerificationRemove(), aVerificationAdd(), "removed"],
      ["a reaction's remove by a reaction", aReactionAdd(), aReactionRemove(), "superseded"],
      ["a link's remove by another", aLinkRemove(), aLinkRemove({}, { seed: 1 }), "superseded"],
      ["user data by newer", aUserDataAdd({ value: "b" }), aUserDataAdd(), "superseded"],
      ["a lend by newer", aLendStorage({ numUnits: 0n }), aLendStorage(), "superseded"],
      ["a verification by itself", aVerificationAdd(), aVerificationAdd(), "superseded"],
      ["a channel slot by newer", aChannelMember({ action: 2 }), aChannelMember(), "superseded"],
    ])("says why: %s", (_, merged, deleted, reason) => {
      const { changes } = processHubEvent(aMergeMessageEvent(merged, [deleted]), CONTEXT);

      expect(changes[1]).toMatchObject({
        kind: "retire",
        row: { hash: deleted.hash },
        retirement: { reason },
      });
    });

    it("sweeps links when the message is a compact state", () => {
      const { changes } = processHubEvent(aMergeMessageEvent(aLinkCompactState(), [], AT), CONTEXT);

      expect(changes).toMatchObject([
        { kind: "merge", table: "link_compact_states" },
        { kind: "sweepLinks", blockStart: firstPositionOf(77n) },
      ]);
    });

    it("writes nothing from a copy on a foreign shard, nor what the copy deletes there", () => {
      const event = aMergeMessageEvent(aLendStorage({ toFid: 2n }), [aLendStorage()]);

      expect(processHubEvent(event, FOREIGN)).toEqual({
        changes: [],
        notes: [{ kind: "replica" }, { kind: "replica" }],
      });
    });

    it("retires another author's row where that author is at home", () => {
      const mine = aChannelMember({ action: 2 }, { fid: 1n });
      const theirs = aChannelMember({}, { fid: 2n });
      const event = aMergeMessageEvent(mine, [theirs]);

      const [onShard1, onShard2] = [CONTEXT, FOREIGN].map((at) => processHubEvent(event, at));

      expect(onShard1?.changes).toMatchObject([{ kind: "merge", row: { fid: 1n } }]);
      expect(onShard2?.changes).toMatchObject([{ kind: "retire", row: { fid: 2n } }]);
    });

    it("notes the live events of gasless keys, which have no id", () => {
      const event = { ...aMergeMessageEvent(aKeyRemove(), [aKeyAdd()]), id: 0n };

      expect(processHubEvent(event, CONTEXT)).toEqual({
        changes: [],
        notes: [{ kind: "gaslessKey" }, { kind: "gaslessKey" }],
      });
    });

    it("applies what it can read when one of several messages cannot be read", () => {
      const unreadMerge = processHubEvent(aMergeMessageEvent(unreadable, [aCastAdd()]), CONTEXT);
      const unreadDelete = processHubEvent(
        aMergeMessageEvent(aCastRemove(), [unreadable]),
        CONTEXT,
      );

      expect(unreadMerge.changes).toMatchObject([
        { kind: "retire", table: "casts", retirement: { reason: "superseded" } },
      ]);
      expect(unreadMerge.notes).toMatchObject([{ kind: "unreadable" }]);
      expect(unreadDelete.changes).toMatchObject([{ kind: "merge", table: "cast_removes" }]);
      expect(unreadDelete.notes).toMatchObject([{ kind: "unreadable" }]);
    });
  });

  describe("PRUNE_MESSAGE and REVOKE_MESSAGE", () => {
    it.each([
      ["pruned", aPruneMessageEvent],
      ["revoked", aRevokeMessageEvent],
    ] as const)("retires the message as %s", (reason, anEvent) => {
      const message = aUserDataAdd();

      expect(processHubEvent(anEvent(message, AT), CONTEXT)).toEqual({
        changes: [
          {
            kind: "retire",
            table: "user_data_changes",
            row: rowOf("userDataAdd", message),
            retirement: { reason, eventId: EVENT_ID, at: CONTEXT.at },
          },
        ],
        notes: [],
      });
    });

    it("prunes removes as well as adds", () => {
      const { changes } = processHubEvent(aPruneMessageEvent(aLinkRemove()), CONTEXT);

      expect(changes).toMatchObject([{ kind: "retire", table: "link_removes" }]);
    });

    it("touches no home row when a foreign shard prunes or revokes its copy", () => {
      const message = aVerificationAdd();

      expect(processHubEvent(aPruneMessageEvent(message), FOREIGN)).toEqual(REPLICA);
      expect(processHubEvent(aRevokeMessageEvent(message), FOREIGN)).toEqual(REPLICA);
    });

    it("only notes a gasless key and what cannot be read", () => {
      const key = processHubEvent(aRevokeMessageEvent(aKeyAdd()), CONTEXT);
      const other = processHubEvent(aPruneMessageEvent(unreadable), CONTEXT);

      expect(key).toEqual({ changes: [], notes: [{ kind: "gaslessKey" }] });
      expect(other).toMatchObject({ changes: [], notes: [{ kind: "unreadable" }] });
    });
  });

  describe("MERGE_ON_CHAIN_EVENT", () => {
    it("merges the event on its fid's home shard", () => {
      const event = aMergeOnChainEvent(anIdRegisterEvent({}, { fid: 3n }), AT);

      expect(processHubEvent(event, CONTEXT)).toMatchObject({
        changes: [
          { kind: "merge", table: "onchain_events", row: { fid: 3n, type: 3 }, eventId: EVENT_ID },
        ],
        notes: [],
      });
      expect(processHubEvent(event, FOREIGN)).toEqual(REPLICA);
    });

    it("merges events of fid 0 where fid 0 is at home", () => {
      const event = aMergeOnChainEvent(aSignerMigratedEvent());

      expect(processHubEvent(event, CONTEXT)).toEqual(REPLICA);
      expect(processHubEvent(event, FOREIGN).changes).toMatchObject([{ row: { fid: 0n } }]);
    });
  });

  describe("the rest", () => {
    it("notes a failed merge with all it says, and changes nothing", () => {
      const message = aCastAdd();
      const body = { message, code: "bad_request.conflict", reason: "older" };

      expect(processHubEvent(aMergeFailureEvent(body), CONTEXT)).toEqual({
        changes: [],
        notes: [{ kind: "mergeFailure", ...body }],
      });
    });

    it("notes a block's header", () => {
      expect(processHubEvent(aBlockConfirmedEvent(), CONTEXT)).toEqual({
        changes: [],
        notes: [{ kind: "blockConfirmed" }],
      });
    });

    it("notes that a channel may have a new owner", () => {
      const event = aChannelOwnerChangeHintEvent({ channelKey: "base" });

      expect(processHubEvent(event, CONTEXT)).toEqual({
        changes: [],
        notes: [{ kind: "ownerChangeHint", channelKey: "base" }],
      });
    });

    it("notes an event of a newer type, and one without a body", () => {
      const newer = { ...aBlockConfirmedEvent(), type: 99 as 1, body: undefined };
      const bare = { ...aMergeMessageEvent(aCastAdd()), body: undefined };

      expect(processHubEvent(newer, CONTEXT).notes).toEqual([{ kind: "unknownEvent", type: 99 }]);
      expect(processHubEvent(bare, CONTEXT).notes).toEqual([{ kind: "unknownEvent", type: 1 }]);
    });

    it("ends what a merge replaced, also when it does not say what was merged", () => {
      const event = aMergeMessageEvent(aCastAdd(), [aCastAdd({ text: "older" })]);
      if (event.body?.$case === "mergeMessageBody") event.body.value.message = undefined;

      const { changes, notes } = processHubEvent(event, CONTEXT);

      expect(notes).toEqual([{ kind: "unknownEvent", type: 1 }]);
      expect(changes).toMatchObject([
        { kind: "retire", table: "casts", retirement: { reason: "superseded" } },
      ]);
    });

    it.each([
      aMergeMessageEvent(aCastAdd()),
      aPruneMessageEvent(aCastAdd()),
      aRevokeMessageEvent(aCastAdd()),
      aMergeOnChainEvent(anIdRegisterEvent()),
      aMergeUsernameProofEvent({}),
    ])("notes an event of type $type whose body names nothing", (event) => {
      expect(processHubEvent(emptied(event), CONTEXT)).toEqual({
        changes: [],
        notes: [{ kind: "unknownEvent", type: event.type }],
      });
    });

    it("is pure, and gives every event a change or a note", () => {
      const anyEvent = fc
        .tuple(anyMessage, anyMessage)
        .chain(([message, deleted]) =>
          fc.constantFrom(
            aMergeMessageEvent(message, [deleted]),
            aPruneMessageEvent(message),
            aRevokeMessageEvent(message),
            aMergeUsernameProofEvent({ usernameProofMessage: message }),
            aMergeUsernameProofEvent({ deletedUsernameProofMessage: message }),
            aMergeFailureEvent({ message }),
          ),
        );
      fc.assert(
        fc.property(anyEvent, fc.constantFrom(CONTEXT, FOREIGN), (event, context) => {
          const before = structuredClone(event);

          const first = processHubEvent(deepFreeze(event), deepFreeze({ ...context }));
          const second = processHubEvent(structuredClone(event), context);

          expect(second).toEqual(first);
          expect(event).toEqual(before);
          expect(first.changes.length + first.notes.length).toBeGreaterThan(0);
        }),
      );
    });
  });
});
