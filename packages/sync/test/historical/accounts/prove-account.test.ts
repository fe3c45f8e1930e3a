// What was fetched of one account as a part of its partition's proof (docs/protocol.md 2.5).
import type { FidAccountRootHash, ShardTrieEntryWithMessage } from "@snaprag/proto";
import { loadBlake3, readTrieKeyHead, trieNodeHash } from "@snaprag/verify";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FetchedAccount } from "../../../src/historical/accounts/fetch-account.ts";
import { proveAccount } from "../../../src/historical/accounts/prove-account.ts";
import { proveStep } from "../../../src/proof/history/partition-prover.ts";
import type { TrieNode } from "../../../src/proof/node/trie-node.ts";
import type { Leaf } from "../../support/partitions.ts";
import { arbitraryKeysOf, keyOf, nibblesOf } from "../../support/partitions.ts";

const blake3 = await loadBlake3();
const FID = 5;
const GASLESS_NIBBLE = 8;
const ADDRESS = { shardId: 1, height: 10n, virtualShard: 7, fid: BigInt(FID) };
/** Nibbles that all keys of the account begin with. */
const PATH = nibblesOf(Uint8Array.of(7, 0, 0, 0, FID));
const CAST = keyOf(FID, 8, [1]);
const LINK = keyOf(FID, 0x28, [1]);
const KEY = keyOf(FID, 0x80, [1]);

/** Keys of the account, one at least. */
const account = arbitraryKeysOf(FID).filter((keys) => keys.length > 0);

function nibbleOf(key: Uint8Array): number {
  return readTrieKeyHead(key).typeByte >> 4;
}

/** The account in a live trie of these keys. */
function liveOf(keys: readonly Uint8Array[]): TrieNode {
  const nibbles = [...new Set(keys.map(nibbleOf))];
  const children = nibbles.map((nibble) => {
    const inside = keys.filter((key) => nibbleOf(key) === nibble);
    const hash = trieNodeHash(inside, 11, blake3);
    return [nibble, { hash, leafCount: inside.length }] as const;
  });
  const hash = trieNodeHash(keys, 10, blake3);
  return { hash, leafCount: keys.length, children: new Map(children) };
}

/** What a snapshot of these keys tells of the account. */
function toldOf(keys: readonly Uint8Array[]): FidAccountRootHash {
  const { hash, leafCount } = liveOf(keys);
  return { fid: ADDRESS.fid, accountRootHash: hash, numMessages: BigInt(leafCount) };
}

function entryOf(trieKey: Uint8Array): ShardTrieEntryWithMessage {
  return { trieKey, trieMessage: undefined };
}

function isServed(key: Uint8Array): boolean {
  return nibbleOf(key) !== GASLESS_NIBBLE;
}

/** An account as it is fetched where all of it but its gasless keys can be read. */
function fetched(keys: readonly Uint8Array[], more: Partial<FetchedAccount> = {}): FetchedAccount {
  const entries = more.entries ?? keys.filter(isServed).map(entryOf);
  return {
    address: ADDRESS,
    entries,
    trieKeys: entries.map(({ trieKey }) => trieKey),
    live: liveOf(keys),
    isInSnapshot: true,
    isByPages: false,
    accountRoots: [toldOf(keys)],
    unreadable: [],
    ...more,
  };
}

/** The account as a whole, by what is told of it. */
function wholeOf({ accountRootHash, numMessages }: FidAccountRootHash) {
  return { path: PATH, hash: accountRootHash, leafCount: Number(numMessages) };
}

/** The proof of a partition that has nothing but the account. */
function proveAlone(leaves: readonly Leaf[], accountRoots: readonly FidAccountRootHash[]) {
  const part = { leaves, accountRoots, faultyAccounts: new Set<bigint>(), isLast: true };
  return proveStep(null, part, blake3);
}

describe("proveAccount()", () => {
  it("adds up with gasless keys and unreadable parts by the hashes that the live trie has", () => {
    fc.assert(
      fc.property(account, fc.subarray([0, 1, 2, 10]), (keys, unreadable) => {
        const isRead = (key: Uint8Array) => isServed(key) && !unreadable.includes(nibbleOf(key));
        const entries = keys.filter(isRead).map(entryOf);

        const proved = proveAccount(fetched(keys, { entries, unreadable }), blake3);

        const { proof, mismatches } = proveAlone(proved.leaves ?? [], proved.accountRoots);
        const isWithoutRows = unreadable.length > 0;
        expect(proved.unprovenAccounts).toEqual(isWithoutRows ? [ADDRESS.fid] : []);
        expect(proved.entries).toEqual(entries);
        expect(proved.accountRoots).toEqual([toldOf(keys)]);
        expect(mismatches).toEqual([]);
        expect(proof).toMatchObject({
          root: trieNodeHash(keys, 2, blake3),
          leafCount: keys.length,
          opaqueLeafCount: keys.length - entries.length,
        });
      }),
      { numRuns: 300 },
    );
  });

  it("adds up in whatever order entries come, and when some come twice", () => {
    fc.assert(
      fc.property(
        account.chain((keys) =>
          fc.tuple(
            fc.constant(keys),
            fc.shuffledSubarray([...keys, ...keys], { minLength: keys.length * 2 }),
          ),
        ),
        ([keys, listed]) => {
          const entries = listed.filter(isServed).map(entryOf);

          const { leaves, unprovenAccounts } = proveAccount(fetched(keys, { entries }), blake3);

          const plain = proveAccount(fetched(keys), blake3);
          expect(leaves).toEqual(plain.leaves);
          expect(unprovenAccounts).toEqual([]);
        },
      ),
    );
  });

  it("puts gasless keys in their place among the leaves", () => {
    const after = keyOf(FID, 0xa8, [1]);
    const { leaves } = proveAccount(fetched([CAST, LINK, KEY, after]), blake3);

    const path = Uint8Array.of(...PATH, GASLESS_NIBBLE);
    const part = { path, hash: trieNodeHash([KEY], 11, blake3), leafCount: 1 };
    expect(leaves).toEqual([CAST, LINK, part, after]);
  });

  it("is the whole account by the root told, unproven, when an entry is missing or too many", () => {
    fc.assert(
      fc.property(account, fc.nat(29), fc.boolean(), (keys, at, isMissing) => {
        const served = keys.filter(isServed);
        fc.pre(served.length > 0);
        const stray = keyOf(FID, 0x18, [7]);
        const listed = isMissing
          ? served.toSpliced(at % served.length, 1)
          : [...served, stray].sort(Buffer.compare);
        const entries = listed.map(entryOf);

        const proved = proveAccount(fetched(keys, { entries }), blake3);

        const told = toldOf(keys);
        expect(proved).toEqual({
          entries,
          accountRoots: [told],
          leaves: [wholeOf(told)],
          unprovenAccounts: [ADDRESS.fid],
        });
        expect(proveAlone(proved.leaves ?? [], proved.accountRoots)).toMatchObject({
          mismatches: [],
          proof: { root: trieNodeHash(keys, 2, blake3), opaqueLeafCount: keys.length },
        });
      }),
      { numRuns: 200 },
    );
  });

  it("is what is listed where the node contradicts itself, which is found out", () => {
    fc.assert(
      fc.property(account, fc.nat(29), (keys, at) => {
        const served = keys.filter(isServed);
        fc.pre(keys.length > 1 && served.length > 0);
        const entries = served.toSpliced(at % served.length, 1).map(entryOf);

        const proved = proveAccount(fetched(keys, { entries, isByPages: true }), blake3);

        expect(proved.unprovenAccounts).toEqual([]);
        expect(proveAlone(proved.leaves, proved.accountRoots).mismatches).toMatchObject([
          { fid: ADDRESS.fid, claimed: { leafCount: keys.length } },
        ]);
      }),
      { numRuns: 200 },
    );
  });

  it("does not accuse a node of what has changed since its snapshot", () => {
    const live = liveOf([CAST, LINK, KEY, keyOf(FID, 0x88, [1])]);
    const changed = { entries: [entryOf(CAST)], live, isByPages: true };

    const proved = proveAccount(fetched([CAST, KEY], changed), blake3);

    expect(proved.leaves).toEqual([wholeOf(toldOf([CAST, KEY]))]);
    expect(proved.unprovenAccounts).toEqual([ADDRESS.fid]);
  });

  it("is the whole account by the root told, when its gasless keys have changed since", () => {
    const told = toldOf([CAST, KEY]);
    const live = liveOf([CAST, KEY, keyOf(FID, 0x88, [1])]);
    const gone = liveOf([CAST]);

    for (const now of [live, gone]) {
      const proved = proveAccount(fetched([CAST, KEY], { live: now }), blake3);

      expect(proved.leaves).toEqual([wholeOf(told)]);
      expect(proved.unprovenAccounts).toEqual([ADDRESS.fid]);
    }
  });

  it("is the whole account when more leaves are told than there are", () => {
    const told = { ...toldOf([CAST, KEY]), numMessages: 3n };

    const proved = proveAccount(fetched([CAST, KEY], { accountRoots: [told] }), blake3);

    expect(proved.leaves).toEqual([wholeOf(told)]);
    expect(proved.unprovenAccounts).toEqual([ADDRESS.fid]);
  });

  it.each<[string, readonly Uint8Array[]]>([
    ["of an earlier account", [keyOf(FID - 1, 8, [1]), CAST]],
    ["of a later account", [CAST, keyOf(FID + 1, 8, [1])]],
    ["of another account instead", [keyOf(FID + 1, 8, [1])]],
    ["of another partition", [CAST, LINK.with(0, 8)]],
    ["that are no keys", [new Uint8Array(), CAST]],
    ["of the part that is known by its hash", [CAST, KEY]],
  ])("is the whole account when entries are listed %s", (_, listed) => {
    const entries = listed.map(entryOf);

    const proved = proveAccount(fetched([CAST, KEY], { entries }), blake3);

    expect(proved.leaves).toEqual([wholeOf(toldOf([CAST, KEY]))]);
    expect(proved.unprovenAccounts).toEqual([ADDRESS.fid]);
  });

  it("is the whole account when another one's entries follow all of its own", () => {
    const entries = [CAST, keyOf(FID + 1, 8, [1])].map(entryOf);

    const proved = proveAccount(fetched([CAST], { entries }), blake3);

    expect(proved.leaves).toEqual([wholeOf(toldOf([CAST]))]);
    expect(proved.unprovenAccounts).toEqual([ADDRESS.fid]);
  });

  it("is the whole account when what is told of it is another account's", () => {
    const others = [keyOf(FID + 1, 8, [1])];
    const { accountRootHash } = toldOf(others);
    const told = { fid: ADDRESS.fid, accountRootHash, numMessages: 1n };
    const fooled = { entries: others.map(entryOf), accountRoots: [told] };

    const proved = proveAccount(fetched([CAST], fooled), blake3);

    expect(proved.leaves).toEqual([wholeOf(told)]);
    expect(proved.unprovenAccounts).toEqual([ADDRESS.fid]);
  });

  it("goes by the live root when the snapshot tells none", () => {
    const told = toldOf([CAST, KEY]);
    const untold = { accountRoots: [{ ...told, fid: 9n }] };

    const proved = proveAccount(fetched([CAST, KEY], untold), blake3);
    const changed = proveAccount(fetched([CAST, KEY], { ...untold, entries: [] }), blake3);

    expect(proved.accountRoots).toEqual([told]);
    expect(proved.leaves).toMatchObject([CAST, { leafCount: 1 }]);
    expect(proved.unprovenAccounts).toEqual([]);
    expect(changed.leaves).toEqual([wholeOf(told)]);
    expect(changed.unprovenAccounts).toEqual([ADDRESS.fid]);
  });

  it("does not take the live root for what the snapshot tells", () => {
    const untold = { accountRoots: [], entries: [], live: liveOf([CAST, LINK]), isByPages: true };

    const proved = proveAccount(fetched([CAST], { ...untold, entries: [entryOf(CAST)] }), blake3);

    expect(proved.leaves).toEqual([wholeOf(toldOf([CAST, LINK]))]);
    expect(proved.unprovenAccounts).toEqual([ADDRESS.fid]);
  });

  it("goes by what the snapshot tells rather than by the live root", () => {
    const accountRoots = [toldOf([CAST])];

    const proved = proveAccount(fetched([CAST, LINK], { accountRoots }), blake3);

    expect(proved.leaves).toEqual([wholeOf(toldOf([CAST]))]);
  });

  it("is nothing when the snapshot does not have the account", () => {
    const later = { isInSnapshot: false, accountRoots: [] };

    const proved = proveAccount(fetched([CAST, KEY], later), blake3);

    expect(proved.leaves).toEqual([]);
    expect(proved.unprovenAccounts).toEqual([]);
  });

  it("is its entries as they are when nothing at all is told of it", () => {
    const proved = proveAccount(
      fetched([LINK, CAST], { live: undefined, accountRoots: [] }),
      blake3,
    );

    expect(proved.leaves).toEqual([CAST, LINK]);
    expect(proved).toMatchObject({ accountRoots: [], unprovenAccounts: [] });
  });

  it("knows the account by the low 32 bits of its fid", () => {
    const address = { ...ADDRESS, fid: ADDRESS.fid + 2n ** 32n };
    const accountRoots = [{ ...toldOf([CAST, KEY]), fid: address.fid }];

    const proved = proveAccount(fetched([CAST, KEY], { address, accountRoots }), blake3);
    const changed = proveAccount(fetched([CAST], { address, accountRoots }), blake3);

    expect(proved.unprovenAccounts).toEqual([]);
    expect(proved.accountRoots).toEqual([toldOf([CAST, KEY])]);
    expect(changed.leaves).toEqual([wholeOf(toldOf([CAST, KEY]))]);
    expect(changed.unprovenAccounts).toEqual([ADDRESS.fid]);
  });
});
