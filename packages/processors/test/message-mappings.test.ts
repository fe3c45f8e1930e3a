import type { MessageKind } from "@snaprag/proto";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { MessageTableName, RowOfKind, TableOfKind } from "../src/index.ts";
import { KIND_OF_TABLE, MESSAGE_MAPPINGS, TABLE_KEYS } from "../src/index.ts";
import { KINDS } from "./support/arbitrary-messages.ts";

const TABLES: readonly (readonly [MessageKind, MessageTableName])[] = [
  ["castAdd", "casts"],
  ["castRemove", "cast_removes"],
  ["reactionAdd", "reactions"],
  ["reactionRemove", "reaction_removes"],
  ["linkAdd", "links"],
  ["linkRemove", "link_removes"],
  ["linkCompactState", "link_compact_states"],
  ["verificationAdd", "verifications"],
  ["verificationRemove", "verification_removes"],
  ["userDataAdd", "user_data_changes"],
  ["usernameProof", "username_proofs"],
  ["frameAction", "frame_actions"],
  ["lendStorage", "storage_lends"],
  ["keyAdd", "signer_keys"],
  ["keyRemove", "signer_key_removes"],
  ["channelUpdate", "channel_updates"],
  ["channelMember", "channel_members"],
  ["channelPin", "channel_pins"],
  ["channelModerate", "channel_moderations"],
];

describe("MESSAGE_MAPPINGS", () => {
  it("maps every message type and no other", () => {
    expect(Object.keys(MESSAGE_MAPPINGS).sort()).toEqual([...KINDS].sort());
    expect(TABLES.map(([kind]) => kind).sort()).toEqual([...KINDS].sort());
  });

  it.each(TABLES)("stores %s in %s, and nothing else there", (kind, table) => {
    expect(MESSAGE_MAPPINGS[kind].table).toBe(table);
    expect(KIND_OF_TABLE[table]).toBe(kind);
  });

  it("does not compile without one of the message types", () => {
    const { channelModerate, ...others } = MESSAGE_MAPPINGS;

    // @ts-expect-error the mapping of channelModerate is missing
    const mappings: typeof MESSAGE_MAPPINGS = others;

    expect(mappings).not.toHaveProperty("channelModerate");
    expect(channelModerate.table).toBe("channel_moderations");
  });

  it("does not compile when a message type is stored in another's relation", () => {
    const wrong = { ...MESSAGE_MAPPINGS.castAdd, table: "links" } as const;

    // @ts-expect-error casts are not links
    const mappings: typeof MESSAGE_MAPPINGS = { ...MESSAGE_MAPPINGS, castAdd: wrong };

    expect(mappings.castAdd.table).toBe("links");
  });

  it("gives every message relation to one message type, and types its rows", () => {
    expectTypeOf<TableOfKind[MessageKind]>().toEqualTypeOf<MessageTableName>();
    expectTypeOf<keyof TableOfKind>().toEqualTypeOf<MessageKind>();
    expectTypeOf<RowOfKind<"castAdd">["text"]>().toEqualTypeOf<string>();
    expect(Object.keys(KIND_OF_TABLE)).toHaveLength(KINDS.length);
  });
});

describe("TABLE_KEYS", () => {
  it("names every relation and begins each key with fid", () => {
    const relations = [...TABLES.map(([, table]) => table), "fname_transfers", "onchain_events"];

    expect(Object.keys(TABLE_KEYS).sort()).toEqual(relations.sort());
    for (const key of Object.values(TABLE_KEYS)) expect(key[0]).toBe("fid");
  });

  it("identifies messages by hash, on-chain events and names as the protocol does", () => {
    for (const [, table] of TABLES) expect(TABLE_KEYS[table]).toEqual(["fid", "hash"]);
    expect(TABLE_KEYS.onchain_events).toEqual(["fid", "type", "transaction_hash", "log_index"]);
    expect(TABLE_KEYS.fname_transfers).toEqual([
      "fid",
      "name",
      "proof_timestamp",
      "proof_signature",
    ]);
  });
});
