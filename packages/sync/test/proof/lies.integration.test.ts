// A node that lies is caught, by an error that says what it lied about.
import { createNodeClient } from "@snaprag/client";
import type { CommitLieKind, Devnet, FaultPlan } from "@snaprag/devnet";
import { MessageType } from "@snaprag/proto";
import type { MemoryStore } from "@snaprag/storage";
import { afterEach, describe, expect, it } from "vitest";
import type { SyncerOptions } from "../../src/index.ts";
import { createSyncer, repairStore, verifyStore } from "../../src/index.ts";
import { loseReactions } from "../support/lose-reactions.ts";
import { newStore, startDevnet, sync } from "../support/mirrors.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

let devnet: Devnet;

afterEach(() => devnet.stop());

interface Outcome {
  readonly store: MemoryStore;
  readonly errors: readonly string[];
  readonly statuses: readonly (string | undefined)[];
  readonly reasons: readonly string[];
}

/** Mirrors a node that lies, and gives what came of it. */
async function mirror(faults: FaultPlan, options: Partial<SyncerOptions> = {}): Promise<Outcome> {
  devnet = await startDevnet({ users: 20, messages: 1200, gaslessKeys: false });
  await devnet.produceBlock(3);
  await devnet.takeSnapshot();
  return mirrorWith(faults, options);
}

async function mirrorWith(faults: FaultPlan, options: Partial<SyncerOptions>): Promise<Outcome> {
  devnet.setFaults(faults);
  const store = newStore();
  const { logger, errors } = createRecordingLogger();
  await sync(devnet, store, { logger, ...options });
  const shards = (await store.listShards()).filter(({ shardId }) => shardId > 0);
  const reasons = store.quarantined.map(({ reason }) => reason);
  return { store, errors, statuses: shards.map(({ proof }) => proof?.status), reasons };
}

/** What verifying against a node names. */
async function verify(store: MemoryStore, endpoint = devnet.endpoint) {
  await using client = createNodeClient({ endpoint });
  const found = [];
  for await (const shard of verifyStore({ client, store })) found.push(shard);
  return found.flatMap(({ differences }) => differences);
}

describe("a node that withholds a message", () => {
  it("is caught by the root that it tells of the account", async () => {
    const { store, errors, statuses } = await mirror({ withhold: {} });
    const [hash = ""] = devnet.listLies().get("withhold") ?? [];

    expect(statuses).toContain("mismatch");
    expect(errors.join("\n")).toMatch(
      /Account of fid \d+ is not proved: the node lists \d+ leaves of fid \d+ with root [0-9a-f]{40}, and tells of \d+ leaves/,
    );
    const honest = await devnet.addNode();
    const [difference] = await verify(store, honest.endpoint);
    expect(difference?.missing.map(({ trieKey }) => Buffer.from(trieKey).toString("hex"))).toEqual([
      expect.stringContaining(hash),
    ]);
  });

  it("is caught by the chain's root when it tells of no root with the message", async () => {
    const { errors, statuses } = await mirror({ withhold: { isConsistent: true } });

    expect(statuses).toContain("mismatch");
    expect(errors.join("\n")).toMatch(
      /The \d+ leaves that the node lists of shard \d for block \d+ have the root [0-9a-f]{40}, the block says [0-9a-f]{40}/,
    );
  });

  it("is not believed when it has put right what else was wrong", async () => {
    const { store } = await mirror({ withhold: { isConsistent: true } });
    await loseReactions(store);

    await using client = createNodeClient({ endpoint: devnet.endpoint });
    const repairs = [];
    for await (const repair of repairStore({ client, store })) repairs.push(repair);

    expect(repairs.map(({ found }) => found.status)).toEqual(["mismatch", "mismatch"]);
    for (const { accounts } of repairs) {
      expect(accounts.length).toBeGreaterThan(0);
      expect(accounts.every(({ isProved }) => isProved)).toBe(true);
    }
    expect(repairs.map(({ status }) => status).sort()).toEqual(["mismatch", "proved"]);
  });
});

describe("a node that withholds messages of an account whose gasless keys no page can have", () => {
  /** Of every account that has such a key, a cast. */
  function castsOfKeyOwners(): readonly string[] {
    const live = [...devnet.listLive()].filter((entry) => entry.kind === "message");
    const ofType = (type: MessageType) => live.filter(({ messageType }) => messageType === type);
    const owners = new Set(ofType(MessageType.KEY_ADD).map(({ fid }) => fid));
    const casts = new Map(ofType(MessageType.CAST_ADD).map(({ fid, hash }) => [fid, hash]));
    return [...casts].flatMap(([fid, hash]) =>
      owners.has(fid) ? [Buffer.from(hash).toString("hex")] : [],
    );
  }

  it("is caught by the roots that it tells of the accounts, in the history alone", async () => {
    devnet = await startDevnet({ users: 20, messages: 1200, gaslessKeys: true });
    await devnet.produceBlock(3);
    await devnet.takeSnapshot();
    const hashes = castsOfKeyOwners();
    expect(hashes.length).toBeGreaterThan(0);

    const { errors, statuses } = await mirrorWith({ withhold: { hashes } }, { mode: "historical" });

    expect(statuses).toContain("mismatch");
    expect(errors.join("\n")).toMatch(
      /Account of fid \d+ is not proved: the node lists \d+ leaves/,
    );
  });
});

describe("a node that swaps", () => {
  it("the bodies of two messages is caught by their hashes", async () => {
    const { reasons, statuses } = await mirror({ swapBodies: {} });

    expect(reasons).toEqual(["hash_mismatch", "hash_mismatch"]);
    expect(statuses).toContain("mismatch");
  });

  it("whole messages is caught by their keys", async () => {
    const { reasons, statuses } = await mirror({ swapMessages: {} });

    expect(reasons).toEqual(["key_mismatch", "key_mismatch"]);
    expect(statuses).toContain("mismatch");
  });
});

describe("a node that forges a signature", () => {
  it("is caught where signatures are checked", async () => {
    const { reasons, statuses } = await mirror({ forgeSignature: {} }, { verification: "full" });

    expect(reasons).toEqual(["signature_invalid"]);
    expect(statuses).toContain("mismatch");
  });

  it("is believed where they are not, because no root is about signatures", async () => {
    const { reasons, statuses } = await mirror({ forgeSignature: {} });

    expect(reasons).toEqual([]);
    expect(statuses).toEqual(["proved", "proved"]);
  });
});

describe("a node that forged a signature while nothing was checked", () => {
  it("is found out by the rows, once signatures are checked", async () => {
    const { store } = await mirror({ forgeSignature: {} }, { verification: "none" });
    devnet.setFaults({});
    await devnet.produceBlock(1);
    const { logger, errors } = createRecordingLogger();

    await sync(devnet, store, { logger, verification: "full" });

    expect(errors.join("\n")).toMatch(/was not what the node has: .*, 1 altered; repaired/);
    const shards = (await store.listShards()).filter(({ shardId }) => shardId > 0);
    expect(shards.map(({ errorCount }) => errorCount).sort()).toEqual([0, 1]);
    expect(await verify(store)).toEqual([]);
  });
});

describe("a node that shows an older snapshot for its newest", () => {
  it("is caught by the chain's root, and told which block it showed", async () => {
    const { errors, statuses } = await mirror({ replaySnapshot: {} });

    expect(statuses).toContain("mismatch");
    expect(errors.join("\n")).toMatch(/it is the root of block \d+, an older snapshot/);
  });
});

describe("a node that serves a block with a bad commit", () => {
  const KINDS: readonly (readonly [CommitLieKind, string])[] = [
    ["signature", "invalid_signature"],
    ["quorum", "no_quorum"],
    ["value", "value_mismatch"],
    ["block", "height_mismatch"],
    ["header", "hash_mismatch"],
  ];

  it.each(KINDS)("(%s) is not read from, and says so", async (kind, problem) => {
    devnet = await startDevnet({ users: 12, messages: 300, faults: { badCommit: { kind } } });
    const honest = await devnet.addNode();
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    await using standby = createNodeClient({ endpoint: honest.endpoint });
    const { logger, warnings } = createRecordingLogger();
    const store = newStore();
    const { validatorSets } = devnet;
    const options = { client, store, validatorSets, logger, holder: "a test", syncIntervalMs: 20 };

    await createSyncer({ ...options, standbys: [standby] }).run({ untilSynced: true });

    expect(warnings.join("\n")).toContain(`is not what its validators committed: ${problem}`);
    const shards = (await store.listShards()).filter(({ shardId }) => shardId > 0);
    expect(shards.map(({ proof }) => [proof?.status, proof?.commits])).toEqual([
      ["proved", "ok"],
      ["proved", "ok"],
    ]);
  });
});
