// The three meanings of MERGE_USERNAME_PROOF (docs/protocol.md 6.6).
import type { UserNameProof } from "@snaprag/proto";
import { UserNameType } from "@snaprag/proto";
import { describe, expect, it } from "vitest";
import { firstPositionOf, processHubEvent } from "../../src/index.ts";
import { toFnameTransferRow } from "../../src/on-chain/fname-transfer-row.ts";
import {
  aKeyAdd,
  aMergeUsernameProofEvent,
  anEventContext,
  anFnameProof,
  aUsernameProof,
} from "../../src/testing/index.ts";
import { rowOf } from "../support/rows.ts";

const SHARD_1 = anEventContext({ shardId: 1 });
const SHARD_2 = anEventContext({ shardId: 2 });
const REPLICA = { kind: "replica" };
const EVENT_ID = firstPositionOf(77n) + 5n;
const AT = { blockNumber: 77n, sequence: 5 };

/** The copy of a message's body that events carry beside it. */
const ENS_PROOF: UserNameProof = {
  ...anFnameProof({ name: "alice.eth" }),
  type: UserNameType.USERNAME_TYPE_ENS_L1,
};

function mergeOf(proof: UserNameProof) {
  const row = toFnameTransferRow(proof);
  return { kind: "merge", table: "fname_transfers", row, eventId: EVENT_ID };
}

function retireOf(proof: UserNameProof, reason: string) {
  return {
    kind: "retire",
    table: "fname_transfers",
    row: toFnameTransferRow(proof),
    retirement: { reason, eventId: EVENT_ID, at: SHARD_1.at },
  };
}

describe("processHubEvent() of a registry transfer", () => {
  it("merges a name's first proof at home and notes the copies", () => {
    const event = aMergeUsernameProofEvent({ usernameProof: anFnameProof({ fid: 3n }) }, AT);

    expect(processHubEvent(event, SHARD_1)).toEqual({
      changes: [mergeOf(anFnameProof({ fid: 3n }))],
      notes: [],
    });
    expect(processHubEvent(event, SHARD_2)).toEqual({ changes: [], notes: [REPLICA] });
  });

  it("retires the holder before, each on its own home shard", () => {
    const usernameProof = anFnameProof({ fid: 2n, timestamp: 20n });
    const deletedUsernameProof = anFnameProof({ fid: 1n, timestamp: 10n });
    const event = aMergeUsernameProofEvent({ usernameProof, deletedUsernameProof }, AT);

    expect(processHubEvent(event, SHARD_1)).toEqual({
      changes: [retireOf(deletedUsernameProof, "superseded")],
      notes: [REPLICA],
    });
    expect(processHubEvent(event, SHARD_2)).toEqual({
      changes: [mergeOf(usernameProof)],
      notes: [REPLICA],
    });
  });

  it("keeps both proofs apart when the same fid proves its name again", () => {
    const usernameProof = anFnameProof({ fid: 1n, timestamp: 20n });
    const deletedUsernameProof = anFnameProof({ fid: 1n, timestamp: 10n });
    const event = aMergeUsernameProofEvent({ usernameProof, deletedUsernameProof }, AT);

    expect(processHubEvent(event, SHARD_1).changes).toEqual([
      mergeOf(usernameProof),
      retireOf(deletedUsernameProof, "superseded"),
    ]);
  });

  it("says that a name was unregistered: merged for fid 0, removed from its holder", () => {
    const usernameProof = anFnameProof({ fid: 0n, timestamp: 20n });
    const deletedUsernameProof = anFnameProof({ fid: 1n, timestamp: 10n });
    const event = aMergeUsernameProofEvent({ usernameProof, deletedUsernameProof }, AT);

    expect(processHubEvent(event, SHARD_1).changes).toEqual([
      retireOf(deletedUsernameProof, "removed"),
    ]);
    expect(processHubEvent(event, SHARD_2).changes).toEqual([mergeOf(usernameProof)]);
  });
});

describe("processHubEvent() of an ENS name or basename", () => {
  const message = aUsernameProof();
  const replaced = aUsernameProof({}, { seed: 1, timestamp: 5 });

  it("merges the message, not the copy of its body", () => {
    const body = { usernameProof: ENS_PROOF, usernameProofMessage: message };

    expect(processHubEvent(aMergeUsernameProofEvent(body, AT), SHARD_1)).toEqual({
      changes: [
        {
          kind: "merge",
          table: "username_proofs",
          row: rowOf("usernameProof", message),
          eventId: EVENT_ID,
        },
      ],
      notes: [],
    });
  });

  it("retires the message that it replaces", () => {
    const event = aMergeUsernameProofEvent({
      usernameProof: ENS_PROOF,
      usernameProofMessage: message,
      deletedUsernameProof: ENS_PROOF,
      deletedUsernameProofMessage: replaced,
    });

    expect(processHubEvent(event, SHARD_1).changes).toMatchObject([
      { kind: "merge", table: "username_proofs", row: { hash: message.hash } },
      {
        kind: "retire",
        table: "username_proofs",
        row: { hash: replaced.hash },
        retirement: { reason: "superseded" },
      },
    ]);
  });

  it("retires another fid's message of the same name", () => {
    const event = aMergeUsernameProofEvent({
      usernameProofMessage: message,
      deletedUsernameProofMessage: aUsernameProof({}, { fid: 3n }),
    });

    expect(processHubEvent(event, SHARD_1).changes).toMatchObject([
      { kind: "merge", row: { fid: 1n } },
      { kind: "retire", row: { fid: 3n } },
    ]);
  });

  it("prunes when only the deleted pair is set", () => {
    const event = aMergeUsernameProofEvent(
      { deletedUsernameProof: ENS_PROOF, deletedUsernameProofMessage: replaced },
      AT,
    );

    expect(processHubEvent(event, SHARD_1)).toEqual({
      changes: [
        {
          kind: "retire",
          table: "username_proofs",
          row: rowOf("usernameProof", replaced),
          retirement: { reason: "pruned", eventId: EVENT_ID, at: SHARD_1.at },
        },
      ],
      notes: [],
    });
  });

  it("writes nothing from a foreign shard", () => {
    const body = { usernameProofMessage: message, deletedUsernameProofMessage: replaced };

    expect(processHubEvent(aMergeUsernameProofEvent(body), SHARD_2)).toEqual({
      changes: [],
      notes: [REPLICA, REPLICA],
    });
  });

  it("notes proofs that came without the message they belong to", () => {
    const body = { usernameProof: ENS_PROOF, deletedUsernameProof: ENS_PROOF };

    expect(processHubEvent(aMergeUsernameProofEvent(body), SHARD_1)).toEqual({
      changes: [],
      notes: [{ kind: "unknownEvent", type: 6 }],
    });
  });

  it("reads a message there for what it is", () => {
    const event = aMergeUsernameProofEvent({ usernameProofMessage: aKeyAdd() });

    expect(processHubEvent(event, SHARD_1).notes).toEqual([{ kind: "gaslessKey" }]);
  });
});
