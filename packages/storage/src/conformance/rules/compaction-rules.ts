// What a link compact state does to links (docs/protocol.md 6.5). It comes without its deletions.
import type { ConformanceCase } from "../subject.ts";
import { at, compactActor, linkActor } from "../world/actors.ts";
import { merge, prune } from "../world/histories.ts";
import { ended, live, rule } from "./rule.ts";

/** Times after V19, which is at 20. */
const [EARLY, MIDDLE, LATE] = [at(1n, 25), at(1n, 30), at(1n, 35)];

const follow = linkActor("links", EARLY, ["follow", 7n]);
const otherFollow = linkActor("links", EARLY, ["follow", 8n]);
const block = linkActor("links", EARLY, ["block", 8n]);
const unfollow = linkActor("link_removes", EARLY, ["follow", 9n]);
const all = [follow, otherFollow, block, unfollow].map((actor) => merge(actor));

/** More than a message of the protocol's size could list. */
const MANY_TARGETS: readonly bigint[] = Array.from({ length: 70_000 }, (_, index) =>
  BigInt(index + 1000),
);

function compact(targetFids: readonly bigint[], place = MIDDLE, type = "follow") {
  return compactActor(place, type, targetFids);
}

function whatStays() {
  const state = compact([7n, 9n]);
  return rule("sweeps unlisted links and every remove, of the compact state's type", {
    blocks: [all, [merge(state)]],
    outcomes: [
      [follow, live([1, 1])],
      [otherFollow, ended("compacted", [2, 1])],
      [block, live([1, 3])],
      [unfollow, ended("compacted", [2, 1])],
      [state, live([2, 1])],
    ],
  });
}

function beforeV19() {
  // One second before V19 by its own time; its block comes later.
  const [state, old] = [compact([7n], at(1n, 19)), at(1n, 10)];
  const links = [
    linkActor("links", old, ["follow", 7n]),
    linkActor("links", old, ["block", 7n]),
    linkActor("links", old, ["block", 8n]),
    linkActor("link_removes", old, ["block", 9n]),
  ] as const;
  return rule("sweeps links of every type when it was written before V19", {
    blocks: [links.map((link) => merge(link)), [merge(state)]],
    outcomes: [
      [links[0], live([1, 1])],
      [links[1], live([1, 2])],
      [links[2], ended("compacted", [2, 1])],
      [links[3], ended("compacted", [2, 1])],
    ],
  });
}

function atV19() {
  const [state, old] = [compact([], at(1n, 20)), at(1n, 10)];
  const ofOtherType = linkActor("links", old, ["block", 8n]);
  return rule("sweeps links of its own type alone when it was written at V19", {
    blocks: [[merge(ofOtherType)], [merge(state)]],
    outcomes: [[ofOtherType, live([1, 1])]],
  });
}

function times() {
  const [equal, later] = [MIDDLE, LATE].map((place) => linkActor("links", place, ["follow", 8n]));
  const lateRemove = linkActor("link_removes", LATE, ["follow", 9n]);
  if (equal === undefined || later === undefined) throw new TypeError("Expected two links");
  return rule("sweeps links as old as the compact state and older ones", {
    blocks: [[merge(equal), merge(later), merge(lateRemove)], [merge(compact([]))]],
    outcomes: [
      [equal, ended("compacted", [2, 1])],
      [later, live([1, 2])],
      [lateRemove, live([1, 3])],
    ],
  });
}

function sameBlock() {
  const state = compact([]);
  return rule("sweeps what the block before had, nothing merged in its own block", {
    blocks: [
      [merge(follow), merge(unfollow)],
      // Pruned and merged again: merged in this block.
      [merge(otherFollow), prune(follow), merge(follow), merge(state), merge(block)],
    ],
    outcomes: [
      [otherFollow, live([2, 1])],
      [follow, live([2, 3])],
      [block, live([2, 5])],
      [unfollow, ended("compacted", [2, 4])],
    ],
  });
}

function laterBlocks() {
  return rule("sweeps nothing that comes back in a later block", {
    blocks: [[merge(follow)], [merge(compact([]))], [merge(follow)], [merge(otherFollow)]],
    outcomes: [
      [follow, live([3, 1])],
      [otherFollow, live([4, 1])],
    ],
  });
}

function replacement() {
  const [first, second, third] = [compact([7n]), compact([8n], LATE), compact([9n], at(1n, 40))];
  const ofOtherType = compact([7n], MIDDLE, "block");
  const ofOtherAuthor = compact([7n], at(1234n, 30));
  return rule("replaces the author's compact state of its type, in the same block too", {
    blocks: [
      [merge(first), merge(ofOtherType), merge(ofOtherAuthor)],
      [merge(second), merge(third)],
    ],
    outcomes: [
      [first, ended("superseded", [2, 1])],
      [second, ended("superseded", [2, 2])],
      [third, live([2, 2])],
      [ofOtherType, live([1, 2])],
      [ofOtherAuthor, live([1, 3])],
    ],
  });
}

function authors() {
  const theirs = linkActor("links", at(1234n, 25), ["follow", 8n]);
  return rule("sweeps its author's links alone", {
    blocks: [[merge(theirs), merge(otherFollow)], [merge(compact([]))]],
    outcomes: [
      [theirs, live([1, 1])],
      [otherFollow, ended("compacted", [2, 1])],
    ],
  });
}

function manyTargets() {
  const [first, last] = [1000n, 70_999n].map((fid) => linkActor("links", EARLY, ["follow", fid]));
  if (first === undefined || last === undefined) throw new TypeError("Expected two links");
  return rule("lists as many as 70,000 targets", {
    blocks: [[merge(first), merge(last), merge(follow)], [merge(compact(MANY_TARGETS))]],
    outcomes: [
      [first, live([1, 1])],
      [last, live([1, 2])],
      [follow, ended("compacted", [2, 1])],
    ],
  });
}

/** Rules of compaction. */
export const COMPACTION_RULES: readonly ConformanceCase[] = [
  whatStays(),
  beforeV19(),
  atV19(),
  times(),
  sameBlock(),
  laterBlocks(),
  replacement(),
  authors(),
  manyTargets(),
];
