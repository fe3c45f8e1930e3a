// How messages end, and come back (docs/protocol.md 6.2, 6.3, 6.6, 6.7, 6.9).
import {
  aCastAdd,
  aCastRemove,
  aUserDataAdd,
  aUsernameProof,
  aVerificationAdd,
} from "@snaprag/processors/testing";
import type { ConformanceCase } from "../subject.ts";
import type { Place } from "../world/actors.ts";
import { actor, at, keyActor, lendActor, signedAnew } from "../world/actors.ts";
import { merge, prune, revoke } from "../world/histories.ts";
import { ended, live, rule } from "./rule.ts";

const cast = actor("casts", at(1n, 10), (place) => aCastAdd({ text: "gm" }, place));
const removal = (place: Place) => aCastRemove({ targetHash: cast.message.hash }, place);
const earlyRemove = actor("cast_removes", at(1n, 1), removal);
const lateRemove = actor("cast_removes", at(1n, 20), removal);

const bio = (value: string, place: Place) =>
  actor("user_data_changes", place, (written) => aUserDataAdd({ type: 3, value }, written));
const [oldBio, newBio] = [bio("old", at(1n, 1)), bio("new", at(1n, 2))];

const removalRules: readonly ConformanceCase[] = [
  rule("removes a cast by a remove written before it", {
    blocks: [[merge(cast)], [merge(earlyRemove, [cast])]],
    outcomes: [
      [cast, ended("removed", [2, 1])],
      [earlyRemove, live([2, 1])],
    ],
  }),
  rule("keeps the later of two removes, and the cast removed", {
    blocks: [[merge(cast)], [merge(earlyRemove, [cast])], [merge(lateRemove, [earlyRemove])]],
    outcomes: [
      [cast, ended("removed", [2, 1])],
      [earlyRemove, ended("superseded", [3, 1])],
      [lateRemove, live([3, 1])],
    ],
  }),
  rule("keeps the remove of a cast that was never seen", {
    blocks: [[merge(lateRemove)]],
    outcomes: [
      [cast, "no row"],
      [lateRemove, live([1, 1])],
    ],
  }),
  rule("remembers the end of a message that was never seen", {
    blocks: [[merge(lateRemove, [cast]), prune(oldBio)]],
    outcomes: [
      [cast, { ...ended("removed", [1, 1]), eventId: 0n }],
      [oldBio, { ...ended("pruned", [1, 2]), eventId: 0n }],
    ],
  }),
];

const pruneRules: readonly ConformanceCase[] = [
  rule("prunes a message that the same block superseded", {
    blocks: [[merge(oldBio)], [merge(newBio, [oldBio]), prune(oldBio)]],
    outcomes: [
      [oldBio, ended("pruned", [2, 2])],
      [newBio, live([2, 1])],
    ],
  }),
  rule("revives a message that comes back after it was pruned", {
    blocks: [[merge(cast)], [prune(cast)], [merge(cast)]],
    outcomes: [[cast, live([3, 1])]],
  }),
  rule("ends what came back, each time anew", {
    blocks: [[merge(cast)], [prune(cast), merge(cast)], [prune(cast)]],
    outcomes: [[cast, ended("pruned", [3, 1])]],
  }),
  rule("prunes removes as it prunes adds", {
    blocks: [[merge(lateRemove)], [prune(lateRemove)]],
    outcomes: [[lateRemove, ended("pruned", [2, 1])]],
  }),
  rule("holds the signature that a message came back with", {
    blocks: [[merge(cast)], [revoke(cast)], [merge(signedAnew(cast))]],
    outcomes: [[cast, live([3, 1])]],
  }),
];

const name = actor("user_data_changes", at(1n, 5), (place) =>
  aUserDataAdd({ type: 6, value: "alice" }, place),
);
const primary = actor("user_data_changes", at(1n, 6), (place) =>
  aUserDataAdd({ type: 11, value: "0x00" }, place),
);
const verification = actor("verifications", at(1n, 4), (place) => aVerificationAdd({}, place));
const newer = actor("verifications", at(1n, 7), (place) => aVerificationAdd({}, place));
const proof = actor("username_proofs", at(1n, 1), (place) => aUsernameProof({}, place));
const newerProof = actor("username_proofs", at(1n, 2, 1), (place) => aUsernameProof({}, place));
const [lend, lendOfNone] = [lendActor(at(1n, 1), 1234n, 2n), lendActor(at(1n, 2), 1234n, 0n)];

const dependencyRules: readonly ConformanceCase[] = [
  rule("revokes a username whose name is gone", {
    blocks: [[merge(name)], [revoke(name)]],
    outcomes: [[name, ended("revoked", [2, 1])]],
  }),
  rule("revokes a primary address whose verification was replaced", {
    blocks: [
      [merge(verification), merge(primary)],
      [merge(newer, [verification]), revoke(primary)],
    ],
    outcomes: [
      [verification, ended("superseded", [2, 1])],
      [newer, live([2, 1])],
      [primary, ended("revoked", [2, 2])],
    ],
  }),
  rule("replaces a name's proof, and prunes one", {
    blocks: [[merge(proof)], [merge(newerProof, [proof])], [prune(newerProof)]],
    outcomes: [
      [proof, ended("superseded", [2, 1])],
      [newerProof, ended("pruned", [3, 1])],
    ],
  }),
  rule("ends a lend by one of nothing, which ends at once", {
    blocks: [[merge(lend)], [merge(lendOfNone, [lend]), prune(lendOfNone)]],
    outcomes: [
      [lend, ended("superseded", [2, 1])],
      [lendOfNone, ended("pruned", [2, 2])],
    ],
  }),
];

const [KEY, OTHER_KEY] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const key = keyActor("signer_keys", at(1n, 1), KEY);
const keyAgain = keyActor("signer_keys", at(1n, 2), KEY);
const keyRemove = keyActor("signer_key_removes", at(1n, 3), KEY);
const keyAtLast = keyActor("signer_keys", at(1n, 4), KEY);
const otherKey = keyActor("signer_keys", at(1n, 1), OTHER_KEY);
const theirKey = keyActor("signer_keys", at(42n, 1), KEY);

const keyRules: readonly ConformanceCase[] = [
  rule("replaces a gasless key added again, of its account and no other", {
    shardId: 0,
    blocks: [[merge(key), merge(otherKey), merge(theirKey)], [merge(keyAgain)]],
    outcomes: [
      [key, ended("superseded", [2, 1])],
      [keyAgain, live([2, 1])],
      [otherKey, live([1, 2])],
      [theirKey, live([1, 3])],
    ],
  }),
  rule("removes a gasless key, keeps the remove, and takes the key back", {
    shardId: 0,
    blocks: [[merge(key)], [merge(keyAgain), merge(keyRemove)], [merge(keyAtLast)]],
    outcomes: [
      [key, ended("superseded", [2, 1])],
      [keyAgain, ended("removed", [2, 2])],
      [keyRemove, live([2, 2])],
      [keyAtLast, live([3, 1])],
    ],
  }),
];

/** Rules of how messages end. */
export const END_RULES: readonly ConformanceCase[] = [
  ...removalRules,
  ...pruneRules,
  ...dependencyRules,
  ...keyRules,
];
