// Profile fields, names and verifications: docs/protocol.md 6.3, 6.6, 6.7, 6.8.
import type { UserNameProof } from "@snaprag/proto";
import { UserDataType, UserNameType } from "@snaprag/proto";
import { describe, expect, it } from "vitest";
import { toUnixSeconds } from "../../src/engine/farcaster-time.ts";
import { toAddressText, toBase58, toChecksumAddress } from "../../src/engine/rules/address-text.ts";
import { cast, userData, verification } from "../support/bodies.ts";
import { fromHex } from "../support/bytes.ts";
import type { TestNetwork } from "../support/test-network.ts";
import { createTestNetwork, custodyOf, nameOf, START } from "../support/test-network.ts";

const { BIO, USERNAME, USER_DATA_PRIMARY_ADDRESS_ETHEREUM: PRIMARY_ETH } = UserDataType;
const { USER_DATA_PRIMARY_ADDRESS_SOLANA: PRIMARY_SOL } = UserDataType;

async function networkOf(fids: readonly bigint[]): Promise<TestNetwork> {
  const network = await createTestNetwork();
  network.register(fids);
  return network;
}

function ensProof(network: TestNetwork, fid: bigint, name: string): UserNameProof {
  return {
    timestamp: toUnixSeconds(BigInt(network.now())),
    name: Buffer.from(name),
    owner: custodyOf(fid),
    signature: new Uint8Array(65),
    fid,
    type: UserNameType.USERNAME_TYPE_ENS_L1,
  };
}

describe("profile fields", () => {
  it("keep the last value of each type", async () => {
    const network = await networkOf([1n]);
    const first = network.say(1n, "userDataAdd", userData(BIO, "a"), { timestamp: START - 9 });
    network.block();
    const second = network.say(1n, "userDataAdd", userData(BIO, ""), { timestamp: START });
    const older = network.say(1n, "userDataAdd", userData(BIO, "c"), { timestamp: START - 5 });

    expect(network.block().told(1)).toEqual([
      `merge ${nameOf(older)} -${nameOf(first)}`,
      `merge ${nameOf(second)} -${nameOf(older)}`,
    ]);

    network.submitMessage(first);
    expect(network.block().told(1)).toEqual([`fail ${nameOf(first)} bad_request.conflict`]);
  });

  it("name a username only if the fid holds it", async () => {
    const network = await networkOf([1n, 3n]);
    network.fname("alice", 1n);
    const own = network.say(1n, "userDataAdd", userData(USERNAME, "alice"));
    const foreign = network.say(3n, "userDataAdd", userData(USERNAME, "alice"));
    const cleared = network.say(3n, "userDataAdd", userData(USERNAME, ""));

    expect(network.block().told(1)).toEqual([
      "fname alice=1",
      `merge ${nameOf(own)}`,
      `fail ${nameOf(foreign)} bad_request.validation_failure`,
      `merge ${nameOf(cleared)}`,
    ]);
  });
});

describe("registry usernames", () => {
  it("are merged on every data shard, and move with the later proof", async () => {
    const network = await networkOf([1n, 2n]);
    network.fname("alice", 1n);
    const registered = network.block();
    expect([registered.told(1), registered.told(2)]).toEqual([
      ["fname alice=1"],
      ["fname alice=1"],
    ]);

    network.fname("alice", 2n);
    const moved = network.block();
    expect([moved.told(1), moved.told(2)]).toEqual([
      ["fname alice=2 -alice=1"],
      ["fname alice=2 -alice=1"],
    ]);
  });

  it("stay where they are when a proof is older", async () => {
    const network = await networkOf([1n, 2n]);
    network.fname("alice", 1n, { at: START });
    network.block();
    network.fname("alice", 2n, { at: START - 1 });

    expect(network.block().told(1)).toEqual([]);
    expect(network.shard(1).state.fnames.find(Buffer.from("alice"))?.fid).toBe(1n);
  });

  it("go to the greater signature at the same second", async () => {
    const network = await networkOf([1n, 2n]);
    network.fname("alice", 2n, { at: START });
    network.block();
    network.fname("alice", 1n, { at: START });
    expect(network.block().told(1)).toEqual([]);

    network.fname("alice", 3n, { at: START });
    expect(network.block().told(1)).toEqual(["fname alice=3 -alice=2"]);
  });

  it("are given up with fid 0, after which older proofs still lose", async () => {
    const network = await networkOf([1n, 2n]);
    network.fname("alice", 1n, { at: START });
    network.block();
    network.fname("alice", 0n, { at: START + 5, fromFid: 1n });
    expect(network.block().told(2)).toEqual(["fname alice=0 -alice=1"]);

    network.fname("alice", 2n, { at: START + 4 });
    expect(network.block().told(2)).toEqual([]);
    expect([...network.network.listLive()].filter(({ kind }) => kind === "fname")).toEqual([]);
  });

  it("take the giver's username field along, whatever name it holds", async () => {
    const network = await networkOf([1n, 2n]);
    network.fname("alice", 1n);
    network.fname("other", 1n);
    const field = network.say(1n, "userDataAdd", userData(USERNAME, "other"));
    network.block();
    network.fname("alice", 2n, { fromFid: 1n });
    const block = network.block();

    expect(block.told(1)).toEqual(["fname alice=2 -alice=1", `revoke ${nameOf(field)}`]);
    expect(block.told(2)).toEqual(["fname alice=2 -alice=1"]);
    expect(network.holds(1, field)).toBe(false);
  });

  it("vanish from the trie, not from the store, when the same fid proves them again", async () => {
    const network = await networkOf([1n]);
    network.fname("alice", 1n, { at: START });
    network.block();
    const leavesBefore = network.shard(2).state.trie.leafCount;
    network.fname("alice", 1n, { at: START + 1 });
    network.block();

    expect(network.shard(2).state.trie.leafCount).toBe(leavesBefore - 1);
    expect(network.shard(2).state.fnames.list(1n)).toHaveLength(1);
    const live = [...network.network.listLive()].filter(({ kind }) => kind === "fname");
    expect(live).toMatchObject([{ homeShardId: 1, proof: { fid: 1n } }]);
  });
});

describe("ENS names", () => {
  it("can be taken by another fid of the shard, but not by one of another shard", async () => {
    const network = await networkOf([1n, 3n, 2n]);
    const first = network.say(1n, "usernameProof", ensProof(network, 1n, "a.eth"));
    expect(network.block().told(1)).toEqual(["ens a.eth=1"]);

    const elsewhere = network.say(2n, "usernameProof", ensProof(network, 2n, "a.eth"));
    expect(network.block().told(2)).toEqual(["ens a.eth=2"]);

    const taken = network.say(3n, "usernameProof", ensProof(network, 3n, "a.eth"));
    expect(network.block().told(1)).toEqual(["ens a.eth=3 -a.eth=1"]);
    const held = [network.holds(1, first), network.holds(1, taken), network.holds(2, elsewhere)];
    expect(held).toEqual([false, true, true]);
  });

  it("are pruned by an event that only names what is deleted", async () => {
    const network = await networkOf([1n]);
    const messages = ["a.eth", "b.eth", "c.eth"].map((name) => {
      const message = network.say(1n, "usernameProof", ensProof(network, 1n, name));
      return { message, block: network.block() };
    });

    expect(messages[2]?.block.told(1)).toEqual(["ens c.eth=1", "ens -a.eth=1"]);
    const body = messages[2]?.block.events(1)[1]?.body;
    expect(body).toMatchObject({
      $case: "mergeUsernameProofBody",
      value: { usernameProof: undefined, usernameProofMessage: undefined },
    });
    expect(messages.map(({ message }) => network.holds(1, message))).toEqual([false, true, true]);
  });

  it("must be the author's own, and not from the registry", async () => {
    const network = await networkOf([1n, 3n]);
    const foreign = network.say(1n, "usernameProof", ensProof(network, 3n, "a.eth"));
    const proof = { ...ensProof(network, 1n, "b"), type: UserNameType.USERNAME_TYPE_FNAME };
    const fname = network.say(1n, "usernameProof", proof);

    expect(network.block().told(1)).toEqual([
      `fail ${nameOf(foreign)} bad_request.validation_failure`,
      `fail ${nameOf(fname)} bad_request.validation_failure`,
    ]);
  });
});

describe("verifications", () => {
  const address = fromHex("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed");

  it("reach every data shard through shard 0", async () => {
    const network = await networkOf([1n]);
    const message = network.say(1n, "verificationAdd", verification(address));
    const block = network.block();

    expect([block.told(1), block.told(2)]).toEqual([
      [`merge ${nameOf(message)}`],
      [`merge ${nameOf(message)}`],
    ]);
    expect(block.chunk(1).transactions.map(({ fid }) => fid)).toEqual([0n]);
  });

  it("follow the order of shard 0 and not their timestamps", async () => {
    const network = await networkOf([1n]);
    const newer = network.say(1n, "verificationAdd", verification(address, 1), {
      timestamp: START,
    });
    network.block();
    const removal = { address, protocol: 0 as const };
    const older = network.say(1n, "verificationRemove", removal, { timestamp: START - 500 });

    expect(network.block().told(1)).toEqual([`merge ${nameOf(older)} -${nameOf(newer)}`]);
  });

  it("merge again word for word, with a new id and nothing deleted", async () => {
    const network = await networkOf([1n]);
    const message = network.say(1n, "verificationAdd", verification(address));
    network.block();
    network.submitMessage(message);

    expect(network.block().told(1)).toEqual([`merge ${nameOf(message)}`]);
    expect(network.shard(1).state.stores.verifications.count(1n)).toBe(1);
  });

  it("are pruned where their fid has no storage, one block behind", async () => {
    const network = await networkOf([1n]);
    const say = (mark: number) =>
      network.say(1n, "verificationAdd", verification(new Uint8Array(20).fill(mark)));
    const first = say(1);
    expect(network.block().told(2)).toEqual([`merge ${nameOf(first)}`]);

    const second = say(2);
    const block = network.block();
    expect(block.told(2)).toEqual([`merge ${nameOf(second)}`, `prune ${nameOf(first)}`]);
    expect(block.told(1)).toEqual([`merge ${nameOf(second)}`]);
    expect([network.holds(2, first), network.holds(2, second)]).toEqual([false, true]);
  });

  it.each([
    ["Ethereum", address, PRIMARY_ETH],
    ["Solana", new Uint8Array(32).fill(9), PRIMARY_SOL],
  ])("take a primary address along when replaced: %s", async (_, key, type) => {
    const network = await networkOf([1n]);
    const body = verification(key, 1);
    const first = network.say(1n, "verificationAdd", body);
    const text = toAddressText(key, body.protocol);
    const primary = network.say(1n, "userDataAdd", userData(type, text));
    expect(network.block().told(1)).toEqual([`merge ${nameOf(first)}`, `merge ${nameOf(primary)}`]);

    const again = network.say(1n, "verificationAdd", verification(key, 2));
    expect(network.block().told(1)).toEqual([
      `merge ${nameOf(again)} -${nameOf(first)}`,
      `revoke ${nameOf(primary)}`,
    ]);
  });

  it("take a primary address along when removed, but no other", async () => {
    const network = await networkOf([1n]);
    const others = new Uint8Array(20).fill(4);
    network.say(1n, "verificationAdd", verification(address));
    network.say(1n, "verificationAdd", verification(others));
    const text = toChecksumAddress(address);
    const primary = network.say(1n, "userDataAdd", userData(PRIMARY_ETH, text));
    network.block();

    network.say(1n, "verificationRemove", { address: others, protocol: 0 });
    expect(network.block().told(1)).toHaveLength(1);
    expect(network.holds(1, primary)).toBe(true);

    network.say(1n, "verificationRemove", { address, protocol: 0 });
    expect(network.block().told(1).at(-1)).toBe(`revoke ${nameOf(primary)}`);
  });

  it("are what a primary address must stand on", async () => {
    const network = await networkOf([1n]);
    const text = toChecksumAddress(address);
    const message = network.say(1n, "userDataAdd", userData(PRIMARY_ETH, text));

    expect(network.block().told(1)).toEqual([
      `fail ${nameOf(message)} bad_request.validation_failure`,
    ]);
  });
});

describe("the order within one fid's transaction", () => {
  it("puts names first, then fields that depend on them, then others, each by timestamp", async () => {
    const network = await networkOf([1n]);
    const text = network.say(1n, "castAdd", cast("gm"), { timestamp: START - 90 });
    const bio = network.say(1n, "userDataAdd", userData(BIO, "x"), { timestamp: START - 80 });
    const field = network.say(1n, "userDataAdd", userData(USERNAME, "a.eth"));
    const proof = network.say(1n, "usernameProof", ensProof(network, 1n, "a.eth"));
    const early = network.say(1n, "castAdd", cast("hi"), { timestamp: START - 99 });

    expect(network.block().told(1)).toEqual([
      "ens a.eth=1",
      `merge ${nameOf(field)}`,
      `merge ${nameOf(bio)}`,
      `merge ${nameOf(early)}`,
      `merge ${nameOf(text)}`,
    ]);
    expect(network.holds(1, proof)).toBe(true);
  });
});

describe("address texts", () => {
  it.each([
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
  ])("carry the checksum of EIP-55: %s", (text) => {
    expect(toChecksumAddress(fromHex(text.slice(2)))).toBe(text);
  });

  it.each([
    ["", ""],
    ["61", "2g"],
    ["626262", "a3gV"],
    ["516b6fcd0f", "ABnLTmg"],
    ["00000000000000000000", "1111111111"],
    ["00eb15231dfceb60925886b67d065299925915aeb172c06647", "1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L"],
  ])("are base 58 for Solana: %s", (bytes, text) => {
    expect(toBase58(fromHex(bytes))).toBe(text);
  });
});
