// What was fetched of an account, as a part of its partition's proof.

import { isSameBytes } from "@snaprag/proto";
import type { AccountRoot, Blake3, OpaqueSubtree } from "@snaprag/verify";
import { createTrieHasher, VerifyError } from "@snaprag/verify";
import type { AccountClaim } from "../../proof/history/account-claims.ts";
import { compareWithClaim, readClaims } from "../../proof/history/account-claims.ts";
import type { Listed } from "../partition-job.ts";
import { GASLESS_KEY_NIBBLE } from "./account-token.ts";
import type { AccountAddress, FetchedAccount } from "./fetch-account.ts";

const LOW_32_BITS = 0xffffffffn;

/** An account as a step of its partition. */
export interface ProvenAccount extends Listed {
  readonly leaves: Leaves;
  readonly unprovenAccounts: readonly bigint[];
}

type Leaves = readonly (Uint8Array | OpaqueSubtree)[];

/** Nibbles that lead to an account: of its virtual shard and of its fid. */
function accountPath({ virtualShard, fid }: AccountAddress): readonly number[] {
  const hex =
    virtualShard.toString(16).padStart(2, "0") + (fid & LOW_32_BITS).toString(16).padStart(8, "0");
  return [...hex].map((digit) => Number.parseInt(digit, 16));
}

/** Parts that cannot be had, by the hashes that the live trie has of them. */
function opaqueParts({ address, live, unreadable }: FetchedAccount): readonly OpaqueSubtree[] {
  return [GASLESS_KEY_NIBBLE, ...unreadable].flatMap((nibble) => {
    const child = live?.children.get(nibble);
    return child ? [{ path: Uint8Array.from([...accountPath(address), nibble]), ...child }] : [];
  });
}

/** The order of the trie: a part and a leaf differ in the first nibble of the type at the latest. */
function nibbleOf(leaf: Uint8Array | OpaqueSubtree): number {
  return leaf instanceof Uint8Array ? (leaf[5] ?? 0) >> 4 : (leaf.path[10] ?? 0);
}

function inOrder(a: Uint8Array | OpaqueSubtree, b: Uint8Array | OpaqueSubtree): number {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  return nibbleOf(a) - nibbleOf(b);
}

function withoutRepeats(leaves: Leaves): Leaves {
  return leaves.filter((leaf, index) => {
    const previous = leaves[index - 1];
    if (!(leaf instanceof Uint8Array && previous instanceof Uint8Array)) return true;
    return Buffer.compare(leaf, previous) !== 0;
  });
}

/** Roots of the accounts that leaves are of; undefined when they are no leaves of one partition. */
function rootsOf(leaves: Leaves, blake3: Blake3): readonly AccountRoot[] | undefined {
  const roots: AccountRoot[] = [];
  const onAccountRoot = (root: AccountRoot) => roots.push(root);
  const hasher = createTrieHasher({ blake3, scope: "virtualShard", onAccountRoot });
  try {
    for (const leaf of leaves) {
      if (leaf instanceof Uint8Array) hasher.add(leaf);
      else hasher.addSubtree(leaf);
    }
    hasher.finish();
    return roots;
  } catch (error) {
    // What a node lists may be anything.
    if (error instanceof VerifyError) return undefined;
    throw error;
  }
}

/** The root of leaves that are of this one account; undefined for all others. */
function rootOfAccount(leaves: Leaves, fid: bigint, blake3: Blake3): AccountRoot | undefined {
  const [root, ...others] = rootsOf(leaves, blake3) ?? [];
  return root?.fid === fid && others.length === 0 ? root : undefined;
}

/**
 * Whether all that was read of an account is of one moment: its entries are the snapshot's, and what the
 * snapshot tells of it is so in the live trie too, so that it has not changed since.
 */
function isOfOneMoment(
  { isByPages, live }: FetchedAccount,
  told: AccountClaim | undefined,
): boolean {
  if (!isByPages || told === undefined || live === undefined) return false;
  return live.leafCount === told.leafCount && isSameBytes(live.hash, told.root);
}

/**
 * An account that was fetched by itself, as it goes into its partition's proof.
 *
 * Gasless keys go in by the hash that the live trie has of them, which the account's root confirms; so
 * does what the node gives in no way, but then the account is unproven.
 * Where entries and that hash do not add up to the root, as where the account has changed since the
 * snapshot, the account as a whole goes in by its root, unproven. Where it has not, the node contradicts
 * itself, and the account goes in as it is listed: that is found out as on any other page.
 */
export function proveAccount(account: FetchedAccount, blake3: Blake3): ProvenAccount {
  const { address, entries, trieKeys, accountRoots, live } = account;
  if (!account.isInSnapshot) return { entries, accountRoots, leaves: [], unprovenAccounts: [] };
  const fid = address.fid & LOW_32_BITS;
  const told = readClaims(accountRoots).get(fid);
  const claim = told ?? (live && { ...live, root: live.hash });
  const listed = [...trieKeys, ...opaqueParts(account)];
  const leaves = withoutRepeats(listed.sort(inOrder));
  // Nothing is told of it, and what the node gives in no way is missing.
  const isUnknown = account.unreadable.length > 0;
  if (claim === undefined) {
    return { entries, accountRoots, leaves, unprovenAccounts: isUnknown ? [fid] : [] };
  }
  const claims = [{ fid, accountRootHash: claim.root, numMessages: BigInt(claim.leafCount) }];
  const root = rootOfAccount(leaves, fid, blake3);
  const addsUp = root !== undefined && compareWithClaim(root, claim) === undefined;
  if (addsUp || (root !== undefined && isOfOneMoment(account, told))) {
    // Of what nobody gives there are no rows, though they are wanted where the account is at home.
    const isWithoutRows = !address.isForeign && account.unreadable.length > 0;
    const unprovenAccounts = isWithoutRows ? [fid] : [];
    return { entries, accountRoots: claims, leaves, unprovenAccounts };
  }
  const { root: hash, leafCount } = claim;
  const whole = { path: Uint8Array.from(accountPath(address)), hash, leafCount };
  return { entries, accountRoots: claims, leaves: [whole], unprovenAccounts: [fid] };
}
