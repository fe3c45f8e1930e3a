// The unary reads of HubService over real gRPC: docs/protocol.md 3.4, 7, 8.
import { status } from "@grpc/grpc-js";
import type { MessageBodies, MessageKind } from "@snaprag/proto";
import {
  ChannelMemberAction,
  ChannelMemberState,
  ChannelRegisterEventType,
  HubServiceDefinition,
  narrowMessage,
  OnChainEventType,
  Protocol,
  ReactionType,
  StoreType,
  UserDataType,
  UserNameType,
} from "@snaprag/proto";
import { homeShardOf, virtualShardOf } from "@snaprag/verify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { channelTokenUrl } from "../../src/engine/rules/shard-zero/channel-token.ts";
import type { Devnet } from "../../src/index.ts";
import {
  buildMessage,
  buildOnChainEvent,
  buildRegistration,
  createDevnet,
  createSigner,
} from "../../src/index.ts";
import {
  cast,
  compact,
  keyAdd,
  lend,
  like,
  link,
  userData,
  verification,
} from "../support/bodies.ts";
import { nibblesOf, toHex } from "../support/bytes.ts";
import type { RpcClient } from "../support/rpc-client.ts";
import { connect, failureOf } from "../support/rpc-client.ts";
import { custodyOf, START } from "../support/test-network.ts";

const FID = 5_000_001n;
const OTHER = 5_000_002n;
const signers = new Map([FID, OTHER].map((fid) => [fid, createSigner(`reads/${fid}`)]));
const label = new Uint8Array(32).fill(0xcc);
const wallet = new Uint8Array(20).fill(0xaa);
const gaslessKey = createSigner("gasless");

let devnet: Devnet;
let client: RpcClient;
let now = START;

function build<Kind extends MessageKind>(
  fid: bigint,
  type: Kind,
  body: MessageBodies[Kind],
  age = 0,
) {
  const signer = type === "keyAdd" ? gaslessKey : signers.get(fid)!;
  return buildMessage({ type, fid, timestamp: now - age, body, signer });
}

function say<Kind extends MessageKind>(
  fid: bigint,
  type: Kind,
  body: MessageBodies[Kind],
  age = 0,
) {
  const message = build(fid, type, body, age);
  devnet.submit({ kind: "message", message });
  return message;
}

beforeAll(async () => {
  devnet = createDevnet({ blockMs: 0, messages: 100, users: 10, trafficPerBlock: 0 });
  await devnet.start();
  client = connect(devnet.port);
  for (const [index, fid] of [FID, OTHER].entries()) {
    const events = buildRegistration({
      fid,
      signer: signers.get(fid)!.publicKey,
      custody: custodyOf(fid),
      units: 3,
      blockNumber: 1000 + index,
      blockTimestamp: BigInt(START) + 1_609_459_200n,
    });
    devnet.submit(...events.map((event) => ({ kind: "onChainEvent", event }) as const));
  }
  const value = {
    channelKey: "memes",
    expiry: 2_000_000_000n,
    ownerAddress: custodyOf(FID),
    eventType: ChannelRegisterEventType.REGISTER,
    label,
  };
  const body = { $case: "channelRegisterEventBody", value } as const;
  const event = buildOnChainEvent({ fid: 0n, body, blockNumber: 1100, blockTimestamp: 1n });
  devnet.submit({ kind: "onChainEvent", event });
  await devnet.produceBlock();
  now++;
});
afterAll(async () => {
  client.close();
  await devnet.stop();
});

describe("reads of messages", () => {
  it("return adds by fid in pages of timestamp and hash, with a last page that may be empty", async () => {
    const casts = [30, 20, 10].map((age) => say(FID, "castAdd", cast(`${age}`), age));
    say(FID, "castRemove", { targetHash: new Uint8Array(20) }, 15);
    await devnet.produceBlock();
    const read = (pageToken?: Uint8Array, reverse = false) =>
      client.hub.getCastsByFid({ fid: FID, pageSize: 3, pageToken, reverse });

    const first = await read();
    expect(first.messages.map(({ hash }) => toHex(hash))).toEqual(
      casts.map(({ hash }) => toHex(hash)),
    );
    expect(first.nextPageToken).toBeDefined();
    expect(await read(first.nextPageToken)).toMatchObject({
      messages: [],
      nextPageToken: undefined,
    });
    const backwards = await read(undefined, true);
    expect(backwards.messages).toEqual(first.messages.toReversed());
    const whole = await client.hub.getCastsByFid({ fid: FID });
    expect(whole).toMatchObject({ messages: first.messages, nextPageToken: undefined });
  });

  it("return adds and removes in the calls for all, within inclusive timestamps", async () => {
    const { messages } = await client.hub.getAllCastMessagesByFid({ fid: FID });
    const kinds = messages.map((message) => narrowMessage(message).type);
    expect(kinds).toEqual(["castAdd", "castAdd", "castRemove", "castAdd"]);

    const bounds = { startTimestamp: BigInt(now - 20), stopTimestamp: BigInt(now - 15) };
    const some = await client.hub.getAllCastMessagesByFid({ fid: FID, ...bounds });
    expect(some.messages).toEqual(messages.slice(1, 3));
  });

  it("find one message by what identifies it, or nothing", async () => {
    const added = say(FID, "castAdd", cast("one"));
    const reaction = say(FID, "reactionAdd", like("https://one.example"));
    const linked = say(FID, "linkAdd", link(77n));
    const bio = say(FID, "userDataAdd", userData(UserDataType.BIO, "hi"));
    const verified = say(FID, "verificationAdd", verification(wallet));
    await devnet.produceBlock();
    const { hub } = client;
    const target = { $case: "targetUrl", value: "https://one.example" } as const;
    const followed = { $case: "targetFid", value: 77n } as const;

    expect(await hub.getCast({ fid: FID, hash: added.hash })).toMatchObject({ hash: added.hash });
    const likeRequest = { fid: FID, reactionType: ReactionType.LIKE, target };
    expect(await hub.getReaction(likeRequest)).toMatchObject({ hash: reaction.hash });
    const linkRequest = { fid: FID, linkType: "follow", target: followed };
    expect(await hub.getLink(linkRequest)).toMatchObject({ hash: linked.hash });
    const bioRequest = { fid: FID, userDataType: UserDataType.BIO };
    expect(await hub.getUserData(bioRequest)).toMatchObject({ hash: bio.hash });
    const verificationRequest = { fid: FID, address: wallet };
    expect(await hub.getVerification(verificationRequest)).toMatchObject({ hash: verified.hash });

    for (const missing of [
      hub.getCast({ fid: FID, hash: new Uint8Array(20) }),
      hub.getReaction({ ...likeRequest, reactionType: ReactionType.RECAST }),
      hub.getLink({ ...linkRequest, linkType: "mute" }),
      hub.getUserData({ fid: FID, userDataType: UserDataType.PFP }),
      hub.getVerification({ fid: OTHER, address: wallet }),
    ]) {
      expect(await failureOf(missing)).toMatchObject({ code: status.NOT_FOUND });
    }
    expect(await failureOf(hub.getReaction({ fid: FID, reactionType: 1 }))).toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
  });

  it("filter reactions and links by type, and keep compact states apart", async () => {
    say(FID, "linkAdd", link(78n, "mute"));
    const state = say(FID, "linkCompactState", compact([77n]), 5000);
    await devnet.produceBlock();
    const { hub } = client;

    const links = await hub.getLinksByFid({ fid: FID, linkType: "mute" });
    expect(links.messages).toHaveLength(1);
    const recasts = await hub.getReactionsByFid({ fid: FID, reactionType: ReactionType.RECAST });
    expect(recasts.messages).toEqual([]);
    expect((await hub.getReactionsByFid({ fid: FID })).messages).toHaveLength(1);
    const all = await hub.getAllLinkMessagesByFid({ fid: FID });
    expect(all.messages).toHaveLength(2);
    const states = await hub.getLinkCompactStateMessageByFid({ fid: FID });
    expect(states.messages.map(({ hash }) => toHex(hash))).toEqual([toHex(state.hash)]);
  });

  it("ask every shard for what is said about one thing, with one token for each", async () => {
    const parentUrl = "https://parent.example";
    const parent = { $case: "parentUrl", value: parentUrl } as const;
    const mention = { mentions: [77n], mentionsPositions: [0] };
    say(FID, "castAdd", { ...cast("a"), parent, ...mention });
    say(OTHER, "castAdd", { ...cast("b"), parent });
    say(OTHER, "reactionAdd", like("https://one.example"));
    say(OTHER, "linkAdd", link(77n));
    await devnet.produceBlock();
    const { hub } = client;

    const answers = await hub.getCastsByParent({ parent });
    expect(answers.messages).toHaveLength(2);
    expect(Buffer.from(answers.nextPageToken!).toString()).toBe("[null,null]");
    const paged = await hub.getCastsByParent({ parent, pageSize: 1 });
    const tokens = JSON.parse(Buffer.from(paged.nextPageToken!).toString()) as unknown[];
    expect(tokens).toHaveLength(2);
    expect((await hub.getCastsByMention({ fid: 77n })).messages).toHaveLength(1);
    const target = { $case: "targetUrl", value: "https://one.example" } as const;
    expect((await hub.getReactionsByTarget({ target })).messages).toHaveLength(2);
    expect((await hub.getReactionsByCast({ target })).messages).toHaveLength(2);
    const followed = { $case: "targetFid", value: 77n } as const;
    expect((await hub.getLinksByTarget({ target: followed })).messages).toHaveLength(2);
    const badToken = hub.getCastsByParent({ parent, pageToken: Buffer.from("[null]") });
    expect(await failureOf(badToken)).toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  it("read lends from shard 0", async () => {
    const message = say(FID, "lendStorage", lend(OTHER, 1n));
    await devnet.produceBlock();
    const { messages } = await client.hub.getAllLendStorageMessagesByFid({ fid: FID });

    expect(messages.map(({ hash }) => toHex(hash))).toEqual([toHex(message.hash)]);
    const [userDataAll, verifications] = await Promise.all([
      client.hub.getAllUserDataMessagesByFid({ fid: FID }),
      client.hub.getAllVerificationMessagesByFid({ fid: FID }),
    ]);
    expect([userDataAll.messages.length, verifications.messages.length]).toEqual([1, 1]);
    expect((await client.hub.getUserDataByFid({ fid: FID })).messages).toHaveLength(1);
    expect((await client.hub.getVerificationsByFid({ fid: FID })).messages).toHaveLength(1);
    expect((await client.hub.getAllReactionMessagesByFid({ fid: FID })).messages).toHaveLength(1);
  });
});

describe("reads of accounts", () => {
  it("return a registry name once for each shard, and an ENS name from its own", async () => {
    const timestamp = BigInt(now) + 1_609_459_200n;
    const proof = { timestamp, owner: custodyOf(FID), signature: new Uint8Array(65), fid: FID };
    const fname = { ...proof, name: Buffer.from("alice"), type: UserNameType.USERNAME_TYPE_FNAME };
    devnet.submit({ kind: "fnameTransfer", transfer: { id: 1n, fromFid: 0n, proof: fname } });
    const type = UserNameType.USERNAME_TYPE_ENS_L1;
    say(FID, "usernameProof", { ...proof, name: Buffer.from("alice.eth"), type });
    await devnet.produceBlock();
    const { proofs } = await client.hub.getUserNameProofsByFid({ fid: FID });

    const names = proofs.map(({ name }) => Buffer.from(name).toString()).sort();
    expect(names).toEqual(["alice", "alice", "alice.eth"]);
    for (const name of ["alice", "alice.eth"]) {
      const found = await client.hub.getUsernameProof({ name: Buffer.from(name) });
      expect(found.fid).toBe(FID);
    }
    for (const name of ["bob", "bob.eth"]) {
      const missing = client.hub.getUsernameProof({ name: Buffer.from(name) });
      expect(await failureOf(missing)).toMatchObject({ code: status.NOT_FOUND });
    }
  });

  it("return on-chain events of a type, and what follows from them", async () => {
    const { hub } = client;
    const { publicKey } = signers.get(FID)!;
    const types = [OnChainEventType.EVENT_TYPE_SIGNER, OnChainEventType.EVENT_TYPE_STORAGE_RENT];
    for (const eventType of types) {
      expect((await hub.getOnChainEvents({ fid: FID, eventType })).events).toHaveLength(1);
    }
    const unknown = hub.getOnChainEvents({ fid: FID, eventType: 99 as 1 });
    expect(await failureOf(unknown)).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect((await hub.getOnChainSigner({ fid: FID, signer: publicKey })).fid).toBe(FID);
    expect((await hub.getOnChainSignersByFid({ fid: FID })).events).toHaveLength(1);
    expect((await hub.getIdRegistryOnChainEvent({ fid: FID })).fid).toBe(FID);
    const address = custodyOf(OTHER);
    expect((await hub.getIdRegistryOnChainEventByAddress({ address })).fid).toBe(OTHER);
    for (const missing of [
      hub.getOnChainSigner({ fid: OTHER, signer: publicKey }),
      hub.getIdRegistryOnChainEvent({ fid: 123_456n }),
      hub.getIdRegistryOnChainEventByAddress({ address: wallet }),
    ]) {
      expect(await failureOf(missing)).toMatchObject({ code: status.NOT_FOUND });
    }
    const { isCustody, isVerified, isAuth } = await hub.getFidAddressType({
      fid: FID,
      address: wallet,
    });
    expect([isCustody, isVerified, isAuth]).toEqual([false, true, false]);
    const custody = await hub.getFidAddressType({ fid: FID, address: custodyOf(FID) });
    expect(custody.isCustody).toBe(true);
  });

  it("return storage limits less what is lent", async () => {
    const limits = await client.hub.getCurrentStorageLimitsByFid({ fid: FID });

    expect(limits.units).toBe(2);
    expect(limits.unitDetails[2]).toMatchObject({
      unitType: 2,
      unitSize: 2,
      purchasedUnitSize: 3,
      lentUnitSize: 1,
      borrowedUnitSize: 0,
    });
    const casts = limits.limits.find(({ storeType }) => storeType === StoreType.CASTS);
    expect(casts).toMatchObject({ limit: 200n, used: 6n, name: "CASTS" });
    const borrower = await client.hub.getCurrentStorageLimitsByFid({ fid: OTHER });
    expect(borrower.units).toBe(4);
  });

  it("return signers of both kinds", async () => {
    say(FID, "keyAdd", keyAdd(gaslessKey.publicKey, 7));
    await devnet.produceBlock();
    const { hub } = client;
    const all = await hub.getSignersByFid({ fid: FID, requesterFids: [0n, 9n] });

    expect(all.signers.map(({ source }) => source).sort()).toEqual([1, 2]);
    expect(all).toMatchObject({
      gaslessSignerCount: 1,
      gaslessSignerLimit: 1000,
      currentUserNonce: 7,
      requesterFidNonces: new Map([
        [0n, 7],
        [9n, 0],
      ]),
    });
    const onChain = await hub.getSigner({ fid: FID, signer: signers.get(FID)!.publicKey });
    expect(onChain.signer).toMatchObject({ source: 1, fid: FID });
    const gasless = await hub.getSigner({ fid: FID, signer: gaslessKey.publicKey });
    expect(gasless.signer).toMatchObject({ source: 2, nonce: 7, ttl: 86_400, scopes: [1] });
    const missing = hub.getSigner({ fid: OTHER, signer: gaslessKey.publicKey });
    expect(await failureOf(missing)).toMatchObject({ code: status.NOT_FOUND });
  });
});

describe("reads of channels", () => {
  it("return the owner, the settings, the members, the pin and the moderations", async () => {
    const added = say(FID, "castAdd", cast("pinned"));
    const settings = { imageUrl: undefined, header: undefined, rules: undefined };
    say(FID, "channelUpdate", {
      channelId: label,
      name: "Memes",
      description: undefined,
      castingMode: undefined,
      membershipMode: undefined,
      ...settings,
    });
    const { ADD_MODERATOR } = ChannelMemberAction;
    say(FID, "channelMember", { channelId: label, fid: OTHER, action: ADD_MODERATOR });
    say(FID, "channelPin", { channelId: label, castHash: added.hash });
    say(FID, "channelModerate", { channelId: label, castHash: added.hash, action: 1 });
    say(OTHER, "reactionAdd", like(channelTokenUrl(label)));
    await devnet.produceBlock();
    const { hub } = client;
    const channelId = label;

    expect(await hub.getChannelOwner({ channelKey: "memes" })).toMatchObject({ fid: FID });
    const own = { channels: [{ channelKey: "memes", fid: FID }] };
    expect(await hub.getChannelsByFid({ fid: FID })).toMatchObject(own);
    expect(await hub.getChannelsByAddress({ ownerAddress: custodyOf(FID) })).toMatchObject(own);
    expect(await hub.getChannelMetadata({ channelId })).toMatchObject({
      name: "Memes",
      castingMode: 2,
      membershipMode: 2,
    });
    const { MODERATOR, BANNED } = ChannelMemberState;
    const member = await hub.getChannelMember({ channelId, fid: OTHER });
    expect(member).toMatchObject({ state: MODERATOR, lastActionTs: now });
    const members = await hub.getChannelMembers({ channelId });
    expect(members.members).toMatchObject([{ fid: OTHER, state: MODERATOR }]);
    const banned = await hub.getChannelMembers({ channelId, stateFilter: BANNED });
    expect(banned.members).toEqual([]);
    const memberships = await hub.getChannelMembershipsByFid({ fid: OTHER });
    expect(memberships.memberships).toMatchObject([{ channelId, state: MODERATOR }]);
    const { pin } = await hub.getChannelPin({ channelId });
    expect(pin).toMatchObject({ castHash: added.hash, authorFid: FID });
    const { moderations } = await hub.getChannelModerations({ channelId });
    expect(moderations).toMatchObject([{ castHash: added.hash, action: 1, authorFid: FID }]);
    const followers = await hub.getChannelFollowers({ channelId });
    expect(followers.followers).toMatchObject([{ fid: OTHER, followedAt: now }]);
    expect((await hub.getChannelFollowerCount({ channelId })).count).toBe(1n);
    expect((await hub.getChannelFollows({ fid: OTHER })).follows).toMatchObject([{ channelId }]);
    expect((await hub.isFollowingChannel({ fid: OTHER, channelId })).following).toBe(true);
    expect((await hub.isFollowingChannel({ fid: FID, channelId })).following).toBe(false);
  });

  it("refuse a page of nothing, and channels that do not exist", async () => {
    const { hub } = client;
    const empty = hub.getChannelMembers({ channelId: label, pageSize: 0 });
    expect(await failureOf(empty)).toMatchObject({ code: status.INVALID_ARGUMENT });
    const channelId = new Uint8Array(32);
    for (const missing of [
      hub.getChannelOwner({ channelKey: "nobody" }),
      hub.getChannelMetadata({ channelId }),
      hub.getChannelMember({ channelId, fid: FID }),
    ]) {
      expect(await failureOf(missing)).toMatchObject({ code: status.NOT_FOUND });
    }
    expect((await hub.getChannelPin({ channelId })).pin).toBeUndefined();
  });
});

describe("reads of the node", () => {
  it("stream blocks of shard 0 from start to before stop, and end at the tip", async () => {
    const read = async (request: { startBlockNumber: bigint; stopBlockNumber?: bigint }) => {
      const numbers: bigint[] = [];
      for await (const block of client.hub.getBlocks(request)) {
        numbers.push(block.header!.height!.blockNumber);
      }
      return numbers;
    };

    expect(await read({ startBlockNumber: 2n, stopBlockNumber: 5n })).toEqual([2n, 3n, 4n]);
    const tip = devnet.heights().get(0)!;
    expect(await read({ startBlockNumber: tip })).toEqual([tip]);
    expect(await read({ startBlockNumber: tip + 1n })).toEqual([]);
  });

  it("return chunks of a data shard at once", async () => {
    const request = { shardId: 2, startBlockNumber: 1n, stopBlockNumber: 4n };
    const { shardChunks } = await client.hub.getShardChunks(request);
    const heights = shardChunks.map(({ header }) => header?.height);

    expect(heights).toEqual(
      [1n, 2n, 3n].map((blockNumber) => ({ shardIndex: 2, blockNumber, _unknownFields: {} })),
    );
    expect(await failureOf(client.hub.getShardChunks({ ...request, shardId: 0 }))).toEqual({
      code: status.UNKNOWN,
      details: expect.stringContaining("Missing shard store"),
    });
  });

  it("describe the node and its shards, shard 0 first and not counted", async () => {
    const info = await client.hub.getInfo({});
    const heights = devnet.heights();

    expect(info).toMatchObject({ numShards: 2, version: "0.14.2" });
    expect(info.shardInfos[0]?.shardId).toBe(0);
    for (const shard of info.shardInfos) expect(shard.maxHeight).toBe(heights.get(shard.shardId));
    expect(heights.get(1)).not.toBe(heights.get(2));
  });

  it("list registered fids shard by shard", async () => {
    const read = (request: { shardId: number; pageSize?: number; pageToken?: Uint8Array }) =>
      client.hub.getFids(request);
    const [one, two] = await Promise.all([read({ shardId: 1 }), read({ shardId: 2 })]);

    expect(one.fids.length + two.fids.length).toBe(12);
    const page = await read({ shardId: 1, pageSize: 2 });
    const next = await read({ shardId: 1, pageSize: 2, pageToken: page.nextPageToken! });
    expect([...page.fids, ...next.fids]).toEqual(one.fids.slice(0, 4));
    for (const shardId of [0, 3]) {
      expect(await failureOf(read({ shardId }))).toMatchObject({ code: status.INVALID_ARGUMENT });
    }
  });

  it("describe nodes of the trie, with children named in nibbles", async () => {
    const read = (shardId: number, prefix: Uint8Array) =>
      client.hub.getTrieMetadataByPrefix({ shardId, prefix });
    const root = await read(1, new Uint8Array());
    const tip = devnet.heights().get(1)!;
    const { shardChunks } = await client.hub.getShardChunks({ shardId: 1, startBlockNumber: tip });

    expect(root.hash).toBe(toHex(shardChunks[0]!.header!.shardRoot));
    const sum = root.children.reduce((total, { numMessages }) => total + numMessages, 0n);
    expect(sum).toBe(root.numMessages);
    expect(root.children.every(({ prefix }) => prefix.length === 1 && prefix[0]! < 16)).toBe(true);

    const account = Buffer.alloc(5);
    account[0] = virtualShardOf(FID);
    account.writeUInt32BE(Number(FID), 1);
    const node = await read(homeShardOf(FID, 2), account);
    expect(node.prefix).toEqual(Uint8Array.from(account));
    const child = node.children.at(-1);
    expect(child?.prefix).toEqual(Uint8Array.of(...nibblesOf(account), 0));
    expect(child?.children).toEqual([]);
    expect(await failureOf(read(1, new Uint8Array(26)))).toEqual({
      code: status.INTERNAL,
      details: "Node not found for the given prefix",
    });
    expect(await failureOf(read(0, new Uint8Array()))).toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
  });

  it("describe a mesh of one", async () => {
    const { hub } = client;
    expect(await hub.getConnectedPeers({})).toMatchObject({ contacts: [], peers: [] });
    expect(await hub.getMeshView({})).toMatchObject({ local: { isValidator: true }, peers: [] });
    expect((await hub.getMeshTopology({})).nodes).toHaveLength(1);
  });

  it("answer sixty calls", () => {
    expect(Object.keys(HubServiceDefinition.methods)).toHaveLength(60);
  });
});

describe("submissions", () => {
  it("wait for the next block, with their data filled in", async () => {
    const { hub } = client;
    const signer = signers.get(FID)!;
    const draft = { type: "castAdd", fid: FID, timestamp: now, signer } as const;
    const message = buildMessage({ ...draft, body: cast("rpc"), withDataBytes: true });
    const accepted = await hub.submitMessage({ ...message, data: new Uint8Array() });

    expect(accepted.data).toEqual(message.data);
    await devnet.produceBlock();
    expect(await hub.getCast({ fid: FID, hash: message.hash })).toMatchObject({
      data: message.data,
      dataBytes: message.dataBytes,
    });
  });

  it.each([
    ["a wrong hash", { hash: new Uint8Array(20) }, "invalid hash"],
    ["a wrong signature", { signature: new Uint8Array(64) }, "invalid signature"],
    ["another hash scheme", { hashScheme: 0 as const }, "invalid hash scheme"],
    ["another signature scheme", { signatureScheme: 2 as const }, "invalid signature scheme"],
    ["unreadable data", { data: Uint8Array.of(0xff) }, "unreadable"],
  ])("are refused for %s", async (_, change, reason) => {
    const message = { ...build(FID, "castAdd", cast("x")), ...change };

    expect(await failureOf(client.hub.submitMessage(message))).toEqual({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining(reason),
    });
    expect(await client.hub.validateMessage(message)).toMatchObject({ valid: false });
  });

  it("are refused for their author or their structure", async () => {
    const stranger = createSigner("stranger");
    const draft = { type: "castAdd", fid: FID, timestamp: now, signer: stranger } as const;
    const refused = [
      buildMessage({ ...draft, body: cast("x") }),
      build(FID, "castAdd", cast("x".repeat(321))),
      build(FID, "castAdd", { ...cast("x"), mentions: [1n] }),
      build(FID, "castAdd", cast("from the future"), -700),
      build(FID, "linkAdd", link(1n, "much too long")),
      build(FID, "verificationRemove", { address: new Uint8Array(3), protocol: Protocol.ETHEREUM }),
    ];
    const { messages } = await client.hub.submitBulkMessages({
      messages: [...refused, build(FID, "castAdd", cast("fine"))],
    });

    expect(messages.map(({ response }) => response?.$case)).toEqual([
      ...refused.map(() => "messageError"),
      "message",
    ]);
  });

  it("are found valid without being submitted", async () => {
    const message = build(FID, "castAdd", cast("only checked"));
    expect(await client.hub.validateMessage(message)).toMatchObject({ valid: true });
    await devnet.produceBlock();

    const missing = client.hub.getCast({ fid: FID, hash: message.hash });
    expect(await failureOf(missing)).toMatchObject({ code: status.NOT_FOUND });
  });
});
