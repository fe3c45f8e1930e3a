// A partition proved page by page: the same roots as in one go, whatever pages it comes in, and every
// account that does not add up named (docs/protocol.md 2.3, 3.3).
import type { FidAccountRootHash } from "@snaprag/proto";
import type { PartitionProof } from "@snaprag/storage";
import { createTrieHasher, loadBlake3, readTrieKeyHead, trieNodeHash } from "@snaprag/verify";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AccountMismatch } from "../../../src/proof/history/account-claims.ts";
import type { ListedPart } from "../../../src/proof/history/partition-prover.ts";
import { proveStep, withoutLastAccount } from "../../../src/proof/history/partition-prover.ts";
import type { Leaf } from "../../support/partitions.ts";
import {
  arbitraryCuts,
  arbitraryKeys,
  arbitraryListing,
  byAccount,
  fidOf,
  keyOf,
  nibblesOf,
  rootsOf,
  toPages,
  withOpaqueGaslessKeys,
} from "../../support/partitions.ts";

const blake3 = await loadBlake3();
const NOBODY: ReadonlySet<bigint> = new Set();

/** A proof as a database gives it back. */
function stored(proof: PartitionProof): PartitionProof {
  return { ...proof, state: proof.state && Uint8Array.from(proof.state) };
}

/** What is told of the accounts that occur in each page, as nodes do. */
function toParts(
  pages: readonly (readonly Leaf[])[],
  told: readonly FidAccountRootHash[],
): readonly ListedPart[] {
  return pages.map((leaves) => {
    const fids = new Set(leaves.map(fidOf));
    const accountRoots = told.filter(({ fid }) => fids.has(fid & 0xffffffffn)).reverse();
    return { leaves, accountRoots, faultyAccounts: NOBODY };
  });
}

/** Byte strings by their bytes alone, whatever their class. */
function plain({ claimed, ...mismatch }: AccountMismatch): AccountMismatch {
  return { ...mismatch, claimed: claimed && { ...claimed, root: Uint8Array.from(claimed.root) } };
}

interface Proved {
  readonly proof: PartitionProof;
  readonly mismatches: readonly AccountMismatch[];
  /** As they were stored after each page but the last. */
  readonly between: readonly PartitionProof[];
}

/** Proves pages one after the other; the last one ends the partition. */
function prove(parts: readonly ListedPart[], start: PartitionProof | null = null): Proved {
  const mismatches: AccountMismatch[] = [];
  const between: PartitionProof[] = [];
  let proof = start;
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const step = proveStep(proof, { ...part, isLast }, blake3);
    mismatches.push(...step.mismatches.map(plain));
    proof = stored(step.proof);
    if (!isLast) between.push(proof);
  }
  if (proof === null) throw new Error("There is no page");
  return { proof, mismatches, between };
}

/** Root and counts by one hasher that sees all keys. */
function directly(keys: readonly Uint8Array[]) {
  const hasher = createTrieHasher({ blake3, scope: "virtualShard" });
  for (const key of keys) hasher.add(key);
  return hasher.finish();
}

function codeOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return (error as { readonly code?: unknown }).code;
  }
  return "nothing thrown";
}

function listed(...leaves: readonly Leaf[]): ListedPart {
  return { leaves, accountRoots: [], faultyAccounts: NOBODY };
}

describe("proveStep()", () => {
  it("comes to the same root and counts whatever pages the keys come in", () => {
    fc.assert(
      fc.property(arbitraryKeys, arbitraryCuts, (keys, cuts) => {
        const pages = toPages(keys, cuts);

        const { proof, mismatches, between } = prove(toParts(pages, rootsOf(keys, blake3)));

        expect(mismatches).toEqual([]);
        expect(proof).toEqual({ ...directly(keys), state: null, unprovenAccountCount: 0 });
        const listedBefore = pages.slice(0, -1).map((_, index) => pages.slice(0, index + 1).flat());
        expect(between).toEqual(
          listedBefore.map(({ length }) => ({
            state: expect.any(Uint8Array),
            root: null,
            leafCount: length,
            opaqueLeafCount: 0,
            unprovenAccountCount: 0,
          })),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("is pure: a page that is proved again comes to the same", () => {
    const keys = [keyOf(1, 8, [1]), keyOf(1, 8, [2]), keyOf(2, 8, [1])];
    const [first, second] = toParts(toPages(keys, [2]), rootsOf(keys, blake3));
    if (first === undefined || second === undefined) throw new Error("There are two pages");

    const { proof } = proveStep(null, { ...first, isLast: false }, blake3);
    const once = proveStep(proof, { ...second, isLast: true }, blake3);

    expect(proveStep(null, { ...first, isLast: false }, blake3).proof).toEqual(proof);
    expect(proveStep(proof, { ...second, isLast: true }, blake3)).toEqual(once);
  });

  it("names exactly the account of which the root or the count is told wrong", () => {
    const lie = fc.oneof(
      fc.record({
        byte: fc.nat(19),
        bits: fc.integer({ min: 1, max: 255 }),
        more: fc.constant(0n),
      }),
      fc.record({ byte: fc.constant(0), bits: fc.constant(0), more: fc.constantFrom(-1n, 1n) }),
    );
    fc.assert(
      fc.property(arbitraryListing, arbitraryCuts, fc.nat(29), lie, (keys, cuts, at, wrong) => {
        const truth = rootsOf(keys, blake3);
        const about = truth[at % truth.length];
        if (about === undefined) throw new Error("There is an account");
        const { fid, accountRootHash: root, numMessages } = about;
        const bent = root.with(wrong.byte, (root[wrong.byte] ?? 0) ^ wrong.bits);
        const leafCount = numMessages + wrong.more;
        const claim = { fid, accountRootHash: bent, numMessages: leafCount };
        const told = truth.map((each) => (each === about ? claim : each));

        const { proof, mismatches } = prove(toParts(toPages(keys, cuts), told));

        expect(mismatches).toEqual([
          {
            fid,
            computed: { fid, root, leafCount: Number(numMessages), opaqueLeafCount: 0 },
            claimed: { root: bent, leafCount: Number(leafCount) },
          },
        ]);
        // The root is of the keys, whatever is told.
        expect(proof).toEqual({ ...directly(keys), state: null, unprovenAccountCount: 1 });
      }),
      { numRuns: 300 },
    );
  });

  it("names exactly the account of which nothing is told", () => {
    fc.assert(
      fc.property(arbitraryListing, arbitraryCuts, fc.nat(29), (keys, cuts, at) => {
        const truth = rootsOf(keys, blake3);
        const left = truth[at % truth.length];
        const told = truth.filter((each) => each !== left);

        const { proof, mismatches } = prove(toParts(toPages(keys, cuts), told));

        expect(mismatches.map(({ fid, claimed }) => ({ fid, claimed }))).toEqual([
          { fid: left?.fid, claimed: undefined },
        ]);
        expect(proof.unprovenAccountCount).toBe(1);
      }),
      { numRuns: 300 },
    );
  });

  it("believes what any one page of an account tells of it", () => {
    fc.assert(
      fc.property(
        arbitraryListing,
        arbitraryCuts,
        fc.nat(29),
        fc.nat(8),
        (keys, cuts, at, page) => {
          const truth = rootsOf(keys, blake3);
          const about = truth[at % truth.length]?.fid;
          const parts = toParts(toPages(keys, cuts), truth);
          const telling = parts.filter(({ leaves }) =>
            leaves.some((leaf) => fidOf(leaf) === about),
          );
          const only = telling[page % telling.length];
          const told = parts.map((part) => ({
            ...part,
            accountRoots: part.accountRoots.filter(({ fid }) => fid !== about || part === only),
          }));

          expect(prove(told).mismatches).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("knows an account by the low 32 bits of its fid, as the trie does", () => {
    const keys = [keyOf(5, 8, [1])];
    const told = rootsOf(keys, blake3).map((each) => ({ ...each, fid: each.fid + 2n ** 32n }));

    expect(prove(toParts([keys], told)).mismatches).toEqual([]);
  });

  it("counts an account that does not add up once, however many pages say so", () => {
    const [of1, of2] = [[1, 2, 3].map((each) => keyOf(1, 8, [each])), [keyOf(2, 8, [1])]];
    const keys = [...of1, ...of2];
    const isFaulty = (fid: bigint) => ({ faultyAccounts: new Set([fid]) });
    const parts = toParts(toPages(keys, [1, 2, 2]), rootsOf(keys, blake3));
    const told = parts.map((part) =>
      part.leaves.length > 0 ? { ...part, ...isFaulty(1n) } : part,
    );
    const last = told.at(-1);

    expect(prove(told).between.map((proof) => proof.unprovenAccountCount)).toEqual([1, 1, 1]);
    expect(prove(told).proof.unprovenAccountCount).toBe(1);
    // Neither does one that is set aside in part and told wrong besides.
    const wrong = rootsOf(keys, blake3).map((each) => ({ ...each, numMessages: 9n }));
    const both = toParts(toPages(keys, [3]), wrong).map((part) => ({ ...part, ...isFaulty(1n) }));
    expect(prove(both).mismatches.map(({ fid }) => fid)).toEqual([1n, 2n]);
    expect(prove(both).proof.unprovenAccountCount).toBe(2);
    // Another account counts besides.
    if (last === undefined) throw new Error("There is a last page");
    const others = [...told.slice(0, -1), { ...last, ...isFaulty(2n) }];
    expect(prove(others).proof.unprovenAccountCount).toBe(2);
  });

  it("comes to the same root around gasless keys that are known by the hash of their part", () => {
    fc.assert(
      fc.property(arbitraryKeys, arbitraryCuts, (keys, cuts) => {
        const leaves = withOpaqueGaslessKeys(keys, blake3);
        const isGasless = (key: Uint8Array) => readTrieKeyHead(key).typeByte >> 4 === 8;
        const opaqueLeafCount = keys.filter(isGasless).length;

        const { proof, mismatches } = prove(toParts(toPages(leaves, cuts), rootsOf(keys, blake3)));

        const { root, leafCount } = directly(keys);
        expect(mismatches).toEqual([]);
        expect(proof).toEqual({
          ...{ root, leafCount, opaqueLeafCount },
          ...{ state: null, unprovenAccountCount: 0 },
        });
      }),
      { numRuns: 300 },
    );
  });

  it("names exactly the account of which a part is told by a wrong hash or count", () => {
    fc.assert(
      fc.property(arbitraryListing, arbitraryCuts, fc.boolean(), (keys, cuts, isCount) => {
        const leaves = withOpaqueGaslessKeys(keys, blake3);
        const part = leaves.find((leaf) => !(leaf instanceof Uint8Array));
        fc.pre(part !== undefined);
        const wrong = leaves.map((leaf): Leaf => {
          if (leaf !== part || leaf instanceof Uint8Array) return leaf;
          if (isCount) return { ...leaf, leafCount: leaf.leafCount + 1 };
          return { ...leaf, hash: leaf.hash.with(3, (leaf.hash[3] ?? 0) ^ 1) };
        });

        const { proof, mismatches } = prove(toParts(toPages(wrong, cuts), rootsOf(keys, blake3)));

        expect(mismatches.map(({ fid }) => fid)).toEqual([part && fidOf(part)]);
        expect(Buffer.compare(proof.root ?? Buffer.of(), directly(keys).root) === 0).toBe(isCount);
      }),
      { numRuns: 200 },
    );
  });

  it("takes an account as a whole by its root", () => {
    fc.assert(
      fc.property(arbitraryListing, arbitraryCuts, fc.nat(29), (keys, cuts, at) => {
        const accounts = [...byAccount(keys).values()];
        const whole = accounts[at % accounts.length] ?? [];
        const leaves = accounts.flatMap((ofAccount): readonly Leaf[] => {
          if (ofAccount !== whole) return ofAccount;
          const path = nibblesOf(ofAccount[0] ?? new Uint8Array()).subarray(0, 10);
          const hash = trieNodeHash(ofAccount, 10, blake3);
          return [{ path, hash, leafCount: ofAccount.length }];
        });

        const { proof, mismatches } = prove(toParts(toPages(leaves, cuts), rootsOf(keys, blake3)));

        expect(mismatches).toEqual([]);
        expect(proof).toMatchObject({ ...directly(keys), opaqueLeafCount: whole.length });
      }),
    );
  });
});

describe("proveStep() refuses as a malformed snapshot", () => {
  it("keys that do not ascend, on whatever pages they are", () => {
    fc.assert(
      fc.property(arbitraryKeys, arbitraryCuts, fc.nat(29), fc.nat(29), (keys, cuts, from, to) => {
        fc.pre(keys.length > 1);
        const [one, other] = [from % keys.length, to % keys.length];
        fc.pre(one !== other);
        const moved = keys.filter((_, index) => index !== one);
        moved.splice(other, 0, ...keys.slice(one, one + 1));

        const parts = toParts(toPages(moved, cuts), rootsOf(keys, blake3));

        expect(codeOf(() => prove(parts))).toBe("malformed_snapshot");
      }),
    );
  });

  it("a key that is listed twice, on whatever pages", () => {
    fc.assert(
      fc.property(arbitraryListing, arbitraryCuts, fc.nat(29), (keys, cuts, at) => {
        const index = at % keys.length;
        const repeated = keys.toSpliced(index, 0, ...keys.slice(index, index + 1));

        const parts = toParts(toPages(repeated, cuts), rootsOf(keys, blake3));

        expect(codeOf(() => prove(parts))).toBe("malformed_snapshot");
      }),
    );
  });

  it.each<[string, Leaf]>([
    ["a key of another partition", keyOf(1, 8, [9]).with(0, 8)],
    ["no key", new Uint8Array()],
    ["a key without a type", keyOf(1, 8, [9]).subarray(0, 5)],
    ["a key longer than any", new Uint8Array(128).fill(7)],
    [
      "a part that is below a leaf",
      { path: nibblesOf(keyOf(1, 8, [1])), hash: new Uint8Array(20), leafCount: 1 },
    ],
    [
      "a part with a hash of another length",
      { path: nibblesOf(keyOf(2, 8, [])).subarray(0, 11), hash: new Uint8Array(32), leafCount: 1 },
    ],
    [
      "a part without leaves",
      { path: nibblesOf(keyOf(2, 8, [])).subarray(0, 11), hash: new Uint8Array(20), leafCount: 0 },
    ],
  ])("%s", (_, leaf) => {
    const first = keyOf(1, 8, [1]);

    expect(codeOf(() => prove([listed(first, leaf)]))).toBe("malformed_snapshot");
    expect(codeOf(() => prove([listed(first), listed(leaf)]))).toBe("malformed_snapshot");
    expect(codeOf(() => prove([listed(first), listed(leaf, keyOf(3, 8, [1]))]))).toBe(
      "malformed_snapshot",
    );
  });

  it("and says of a stored state that is none that it is malformed", () => {
    const proof = { state: Uint8Array.of(1, 2), root: null, leafCount: 1, opaqueLeafCount: 0 };
    const broken = { ...proof, unprovenAccountCount: 0 };

    expect(codeOf(() => prove([listed(keyOf(1, 8, [1]))], broken))).toBe("malformed_state");
    expect(codeOf(() => withoutLastAccount(broken, blake3))).toBe("malformed_state");
  });
});

describe("withoutLastAccount()", () => {
  /** Pages up to one of them, and what is told of all accounts. */
  const stopped = fc.tuple(arbitraryListing, arbitraryCuts, fc.nat(8)).map(([keys, cuts, at]) => {
    const told = rootsOf(keys, blake3);
    const leaves = withOpaqueGaslessKeys(keys, blake3);
    const pages = toPages(leaves, [...cuts, leaves.length]);
    const pageCount = 1 + (at % (pages.length - 1));
    const { between } = prove(toParts(pages, told));
    return { keys, leaves, told, pages: pages.slice(0, pageCount), proof: between[pageCount - 1] };
  });

  it("lets the last account be listed by itself, and all others after it", () => {
    fc.assert(
      fc.property(stopped, ({ keys, leaves, told, pages, proof }) => {
        const seen = pages.flat();
        const last = seen.at(-1);
        const lastFid = last && fidOf(last);
        const again = leaves.filter((leaf) => lastFid === undefined || fidOf(leaf) >= lastFid);
        const perAccount = [...new Set(again.map(fidOf))].map((fid) =>
          again.filter((leaf) => fidOf(leaf) === fid),
        );
        if (proof === undefined) throw new Error("There is a proof after each page");

        const before = withoutLastAccount(proof, blake3);
        const rest = prove(toParts([...perAccount, []], told), stored(before));

        const { root, leafCount } = directly(keys);
        expect(rest.mismatches).toEqual([]);
        expect(rest.proof).toMatchObject({ root, leafCount, unprovenAccountCount: 0 });
        const early = seen.filter((leaf) => fidOf(leaf) !== lastFid);
        const counts = early.map((leaf) => (leaf instanceof Uint8Array ? 1 : leaf.leafCount));
        expect(before.leafCount).toBe(counts.reduce((sum, count) => sum + count, 0));
        expect(rest.proof.opaqueLeafCount).toBe(
          keys.length - leaves.filter((leaf) => leaf instanceof Uint8Array).length,
        );
      }),
      { numRuns: 300 },
    );
  });

  it("comes to the same when it is done twice", () => {
    fc.assert(
      fc.property(stopped, ({ proof }) => {
        if (proof === undefined) throw new Error("There is a proof after each page");
        const once = withoutLastAccount(proof, blake3);

        expect(withoutLastAccount(stored(once), blake3)).toEqual(once);
      }),
    );
  });

  it("forgets what was told of the account, and what was wrong with it", () => {
    const keys = [keyOf(1, 8, [1]), keyOf(2, 8, [1]), keyOf(2, 8, [2])];
    const [first] = toParts(toPages(keys, [2]), rootsOf(keys, blake3));
    if (first === undefined) throw new Error("There is a page");
    const faulty = { ...first, faultyAccounts: new Set([1n, 2n]), isLast: false };
    const { proof } = proveStep(null, faulty, blake3);

    const before = withoutLastAccount(proof, blake3);
    const untold = prove([listed(...keys.slice(1))], before);

    expect([proof.unprovenAccountCount, before.unprovenAccountCount]).toEqual([2, 1]);
    expect(untold.mismatches).toMatchObject([{ fid: 2n, claimed: undefined }]);
    expect(untold.proof.unprovenAccountCount).toBe(2);
    const [told] = toParts([keys.slice(1)], rootsOf(keys, blake3));
    expect(prove([told ?? listed()], before).proof.unprovenAccountCount).toBe(1);
  });

  it("leaves a finished proof alone", () => {
    const { proof } = prove([listed(keyOf(1, 8, [1]))]);

    expect(withoutLastAccount(proof, blake3)).toEqual(proof);
  });
});
