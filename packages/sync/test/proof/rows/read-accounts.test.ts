// Accounts of one shard's trie as a store has them: rows of those at home, and leaves without rows.
import type { Change } from "@snaprag/processors";
import { firstPositionOf, toFnameTransferRow } from "@snaprag/processors";
import { anFnameProof } from "@snaprag/processors/testing";
import type { LeafChange, MemoryStore } from "@snaprag/storage";
import { homeShardOf, loadBlake3, trieNodeHash, virtualShardOf } from "@snaprag/verify";
import { describe, expect, it } from "vitest";
import type { AccountReading } from "../../../src/proof/rows/read-accounts.ts";
import {
  listByVirtualShard,
  readAccounts,
  readVirtualShard,
} from "../../../src/proof/rows/read-accounts.ts";
import { readVirtualShardRoot } from "../../../src/proof/rows/shard-tree.ts";
import { aHashedMessage } from "../../support/hashed-messages.ts";
import { NETWORK, rowOf } from "../../support/message-rows.ts";
import { newStore } from "../../support/mirrors.ts";
import { keyText, keyTextsOfMessage } from "../../support/trie-keys.ts";

const blake3 = await loadBlake3();
const SHARD_ID = 1;
const EVENT_ID = firstPositionOf(11n) + 1n;
/** At home on shard 1, as 1 and 3 are; 2 is on shard 2 (docs/protocol.md 7). */
const [FID, NEIGHBOUR, STRANGER] = [1n, 3n, 2n];

interface Content {
  readonly changes?: readonly Change[];
  readonly leaves?: readonly LeafChange[];
}

/** A store with one block of shard 1. */
async function storeWith({ changes = [], leaves = [] }: Content): Promise<MemoryStore> {
  const store = newStore();
  await store.startRealtime(SHARD_ID, 10n);
  await store.applyBlocks({
    ...{ shardId: SHARD_ID, previousBlock: 10n, blockNumber: 11n, eventId: EVENT_ID },
    ...{ blockTime: new Date(0), messageCount: 0, quarantined: [], changes, leaves },
  });
  return store;
}

async function openReading(content: Content): Promise<AccountReading> {
  const store = await storeWith(content);
  const view = await store.openView();
  const homeOf = (fid: bigint) => homeShardOf(fid, 2);
  return {
    ...{ view, shardId: SHARD_ID, homeShardOf: homeOf, network: NETWORK, blake3 },
    wantsRow: ({ isAltered }) => isAltered,
  };
}

function mergeOf(message: Parameters<typeof rowOf>[0]): Change {
  const { source } = rowOf(message);
  // Safety: a source holds the row of its table.
  return { kind: "merge", ...source, eventId: EVENT_ID } as Change;
}

function mergeOfName(fid: bigint, name: string): Change {
  const row = toFnameTransferRow(anFnameProof({ fid, name }));
  return { kind: "merge", table: "fname_transfers", row, eventId: EVENT_ID };
}

function nameKey(fid: bigint, name: string): string {
  return keyText(fid, 7, Buffer.from(name.padEnd(20, "\0")));
}

function leafOf(fid: bigint, key: string): LeafChange {
  const trieKey = Uint8Array.from(Buffer.from(key, "hex"));
  return { shardId: SHARD_ID, fid, trieKey, eventId: EVENT_ID, isPresent: true };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

describe("readAccounts()", () => {
  it("reads rows of accounts at home and leaves of all, each account in the trie's order", async () => {
    const messages = [0, 1, 2].map((seed) => aHashedMessage("castAdd", { fid: FID, seed }));
    const link = aHashedMessage("linkAdd", { fid: NEIGHBOUR });
    const lend = aHashedMessage("lendStorage", { fid: FID, body: { toFid: STRANGER } });
    const elsewhere = aHashedMessage("castAdd", { fid: STRANGER });
    const [, borrowed = ""] = keyTextsOfMessage(lend);
    const reading = await openReading({
      changes: [...messages, link, lend, elsewhere].map(mergeOf),
      leaves: [leafOf(STRANGER, borrowed)],
    });

    const accounts = await readAccounts(reading, [FID, STRANGER, NEIGHBOUR, 1000n]);

    const keysOf = (fid: bigint) =>
      accounts.find((account) => account.fid === fid)?.leaves.map(({ trieKey }) => hex(trieKey));
    const ofLender = [...messages, lend].map((message) => keyTextsOfMessage(message)[0] ?? "");
    expect(keysOf(FID)).toEqual(ofLender.sort());
    expect(keysOf(NEIGHBOUR)).toEqual(keyTextsOfMessage(link));
    expect(keysOf(STRANGER)).toEqual([borrowed]);
    expect(accounts).toHaveLength(3);
    const firstKeys = accounts.map(({ leaves }) => hex(leaves[0]?.trieKey ?? new Uint8Array()));
    expect(firstKeys).toEqual([...firstKeys].sort());
  });

  it("lists the rows that are altered, and a leaf once that two rows stand for", async () => {
    const cast = aHashedMessage("castAdd", { fid: FID });
    const copy = { ...cast, hash: new Uint8Array(20).fill(0xab) };
    const [own, other] = [mergeOf(cast), mergeOf(copy)];
    const neighbours = mergeOf(aHashedMessage("castAdd", { fid: NEIGHBOUR }));

    for (const changes of [
      [own, other, neighbours],
      [neighbours, other, own],
    ]) {
      const reading = await openReading({ changes });
      const accounts = await readAccounts(reading, [FID, NEIGHBOUR]);
      const account = accounts.find(({ fid }) => fid === FID);
      const neighbour = accounts.find(({ fid }) => fid === NEIGHBOUR);

      expect(account?.leaves).toMatchObject([{ isAltered: false }]);
      expect(account?.altered).toMatchObject([{ isAltered: true, source: { table: "casts" } }]);
      expect(neighbour?.altered).toEqual([]);
    }
  });

  it("keeps no row but those that are wanted", async () => {
    const wanted = aHashedMessage("castAdd", { fid: FID, seed: 0 });
    const other = aHashedMessage("castAdd", { fid: FID, seed: 1 });
    const reading = await openReading({ changes: [wanted, other].map(mergeOf) });
    const [wantedKey] = keyTextsOfMessage(wanted);
    const wantsRow = ({ trieKey }: { readonly trieKey: Uint8Array }) => hex(trieKey) === wantedKey;

    const [account] = await readAccounts({ ...reading, wantsRow }, [FID]);

    const withRows = account?.leaves.filter(({ source }) => source !== undefined) ?? [];
    expect(account?.leaves).toHaveLength(2);
    expect(withRows.map(({ trieKey }) => hex(trieKey))).toEqual([wantedKey]);
  });

  it("lists the names of accounts at home that have a leaf and no row", async () => {
    const longest = "a".repeat(20);
    const leaves = [
      leafOf(FID, nameKey(FID, "alice")),
      leafOf(FID, nameKey(FID, "bob")),
      leafOf(FID, nameKey(FID, longest)),
      leafOf(NEIGHBOUR, nameKey(NEIGHBOUR, "carol")),
      leafOf(STRANGER, nameKey(STRANGER, "dave")),
    ];
    const changes = [mergeOfName(FID, "alice"), mergeOfName(FID, "carol")];
    const reading = await openReading({ changes, leaves });

    const accounts = await readAccounts(reading, [FID, NEIGHBOUR, STRANGER]);

    const lost = new Map(accounts.map(({ fid, lostNames }) => [fid, [...lostNames].sort()]));
    expect(lost.get(FID)).toEqual([longest, "bob"]);
    expect(lost.get(NEIGHBOUR)).toEqual(["carol"]);
    expect(lost.get(STRANGER)).toEqual([]);
  });
});

describe("readVirtualShard()", () => {
  it("ends between two reads when it is to", async () => {
    const leaving = new AbortController();
    const reading = { ...(await openReading({})), signal: leaving.signal };
    const fids = Array.from({ length: 250 }, (_, index) => BigInt(index));
    let readCount = 0;
    const view: AccountReading["view"] = {
      ...reading.view,
      readLeaves(...asked) {
        readCount += 1;
        if (readCount === 2) leaving.abort(new Error("left"));
        return reading.view.readLeaves(...asked);
      },
    };
    const readAll = async () => {
      for await (const account of readVirtualShard({ ...reading, view }, fids)) void account;
    };

    await expect(readAll()).rejects.toThrow("left");

    expect(readCount).toBe(2);
  });

  /** The first fids of a virtual shard, at home or not. */
  function fidsOf(virtualShard: number, count: number): readonly bigint[] {
    const fids: bigint[] = [];
    for (let fid = 1n; fids.length < count; fid++) {
      if (virtualShardOf(fid) === virtualShard) fids.push(fid);
    }
    return fids;
  }

  it("reads more accounts than one read takes, and their root with them", async () => {
    const fids = fidsOf(7, 230);
    const leaves = fids.map((fid) => leafOf(fid, nameKey(fid, `name${fid}`)));
    const reading = await openReading({ leaves });
    const keys = leaves.map(({ trieKey }) => trieKey);

    const accounts = [];
    for await (const { fid } of readVirtualShard(reading, fids)) accounts.push(fid);
    const bare = await readVirtualShardRoot(reading, fids, { hasAccounts: false });
    const whole = await readVirtualShardRoot(reading, fids, { hasAccounts: true });

    expect(accounts).toEqual(fids);
    expect(hex(whole.root)).toBe(hex(trieNodeHash(keys, 2, blake3)));
    expect(whole).toMatchObject({ leafCount: 230, opaqueLeafCount: 0 });
    expect(whole.accounts.map(({ fid, hash }) => `${fid} ${hex(hash)}`)).toEqual(
      fids.map((fid, index) => {
        return `${fid} ${hex(trieNodeHash(keys.slice(index, index + 1), 10, blake3))}`;
      }),
    );
    expect(bare).toEqual({ ...whole, accounts: [] });
    const residents = fids.filter((fid) => homeShardOf(fid, 2) === SHARD_ID);
    expect(whole.flawed.map(({ fid }) => fid)).toEqual(residents);
  });

  it("is listed in the order of the trie, which knows the low 32 bits of a fid", async () => {
    const [first = 0n, second = 0n] = fidsOf(7, 2);
    const beyond = first + 2n ** 32n;
    const messages = [second, beyond].map((fid) => aHashedMessage("castAdd", { fid }));
    const { view } = await openReading({ changes: messages.map(mergeOf) });

    const directory = await listByVirtualShard(view);

    expect([...directory]).toEqual([[7, [beyond, second]]]);
  });
});
