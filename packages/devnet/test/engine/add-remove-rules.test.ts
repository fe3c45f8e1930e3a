// Casts, reactions, links and their compaction: docs/protocol.md 6.2, 6.3, 6.5.
import { describe, expect, it } from "vitest";
import { cast, compact, like, link } from "../support/bodies.ts";
import { createTestNetwork, nameOf, START } from "../support/test-network.ts";

const FID = 1n;

async function networkOfOne() {
  const network = await createTestNetwork();
  network.register([FID]);
  return network;
}

describe("casts", () => {
  it("lose to a removal that is older than they are", async () => {
    const network = await networkOfOne();
    const added = network.say(FID, "castAdd", cast("gm"));
    network.block();
    const removal = { targetHash: added.hash };
    const removed = network.say(FID, "castRemove", removal, { timestamp: START - 1000 });

    expect(network.block().told(1)).toEqual([`merge ${nameOf(removed)} -${nameOf(added)}`]);
    expect(network.holds(1, added)).toBe(false);
    expect(network.holds(1, removed)).toBe(true);
  });

  it("are refused once removed, even before they were ever seen", async () => {
    const network = await networkOfOne();
    const added = network.build(FID, "castAdd", cast("gm"), { timestamp: START + 5 });
    const removed = network.say(FID, "castRemove", { targetHash: added.hash });

    expect(network.block().told(1)).toEqual([`merge ${nameOf(removed)}`]);

    network.submitMessage(added);
    expect(network.block().told(1)).toEqual([`fail ${nameOf(added)} bad_request.conflict`]);
    expect(network.holds(1, added)).toBe(false);
  });

  it("are merged once", async () => {
    const network = await networkOfOne();
    const added = network.say(FID, "castAdd", cast("gm"));
    network.block();
    network.submitMessage(added);

    expect(network.block().told(1)).toEqual([`fail ${nameOf(added)} bad_request.duplicate`]);
  });

  it("keep the later of two removals, whichever comes first", async () => {
    const network = await networkOfOne();
    const targetHash = new Uint8Array(20).fill(7);
    const later = network.build(FID, "castRemove", { targetHash }, { timestamp: START });
    const earlier = network.build(FID, "castRemove", { targetHash }, { timestamp: START - 9 });
    network.submitMessage(earlier);
    network.block();
    network.submitMessage(later);

    expect(network.block().told(1)).toEqual([`merge ${nameOf(later)} -${nameOf(earlier)}`]);

    network.submitMessage(earlier);
    network.submitMessage(later);
    expect(network.block().told(1)).toEqual([
      `fail ${nameOf(earlier)} bad_request.conflict`,
      `fail ${nameOf(later)} bad_request.duplicate`,
    ]);
  });

  it("of one fid are not removed by another", async () => {
    const network = await networkOfOne();
    network.register([3n]);
    const added = network.say(FID, "castAdd", cast("gm"));
    network.block();
    const removed = network.say(3n, "castRemove", { targetHash: added.hash });

    expect(network.block().told(1)).toEqual([`merge ${nameOf(removed)}`]);
    expect(network.holds(1, added)).toBe(true);
  });
});

describe.each([
  ["reactions", "reactionAdd", "reactionRemove", like("https://a.example")],
  ["links", "linkAdd", "linkRemove", link(9n)],
] as const)("%s", (_, add, remove, body) => {
  async function exchange(
    first: readonly [kind: string, timestamp: number],
    second: readonly [kind: string, timestamp: number],
  ) {
    const network = await networkOfOne();
    const say = ([kind, timestamp]: readonly [string, number]) =>
      network.say(FID, kind as typeof add, body as never, { timestamp });
    const before = say(first);
    network.block();
    const after = say(second);
    return { network, before, after, told: network.block().told(1) };
  }

  it("give way to a newer message of either kind", async () => {
    for (const [first, second] of [
      [add, remove],
      [remove, add],
      [add, add],
      [remove, remove],
    ]) {
      const { told, before, after } = await exchange([first!, START - 5], [second!, START]);

      expect(told).toEqual([`merge ${nameOf(after)} -${nameOf(before)}`]);
    }
  });

  it("refuse an older message of either kind", async () => {
    for (const [first, second] of [
      [add, remove],
      [remove, add],
      [add, add],
      [remove, remove],
    ]) {
      const { told, after, network, before } = await exchange(
        [first!, START],
        [second!, START - 5],
      );

      expect(told).toEqual([`fail ${nameOf(after)} bad_request.conflict`]);
      expect(network.holds(1, before)).toBe(true);
    }
  });

  it("let the removal win at the same second", async () => {
    const removal = await exchange([add, START], [remove, START]);
    expect(removal.told).toEqual([`merge ${nameOf(removal.after)} -${nameOf(removal.before)}`]);

    const addition = await exchange([remove, START], [add, START]);
    expect(addition.told).toEqual([`fail ${nameOf(addition.after)} bad_request.conflict`]);
  });

  it("are merged once", async () => {
    const { told, after } = await exchange([add, START], [add, START]);

    expect(told).toEqual([`fail ${nameOf(after)} bad_request.duplicate`]);
  });
});

describe("links of the same second and kind", () => {
  it("keep the greater hash", async () => {
    const network = await networkOfOne();
    const variants = [1, 2].map((displayTimestamp) =>
      network.build(FID, "linkAdd", { ...link(9n), displayTimestamp }),
    );
    const [smaller, greater] = variants.sort((a, b) => Buffer.compare(a.hash, b.hash));
    network.submitMessage(smaller!);
    network.block();
    network.submitMessage(greater!);
    expect(network.block().told(1)).toEqual([`merge ${nameOf(greater)} -${nameOf(smaller)}`]);

    network.submitMessage(smaller!);
    expect(network.block().told(1)).toEqual([`fail ${nameOf(smaller)} bad_request.conflict`]);
  });
});

describe("link compact states", () => {
  it("sweep what they do not list, every removal, and nothing of another type", async () => {
    const network = await networkOfOne();
    const at = { timestamp: START };
    const listed = network.say(FID, "linkAdd", link(10n), at);
    const unlisted = network.say(FID, "linkAdd", link(11n), at);
    const removal = network.say(FID, "linkRemove", link(12n), at);
    const otherType = network.say(FID, "linkAdd", link(11n, "mute"), at);
    const newer = network.say(FID, "linkAdd", link(13n), { timestamp: START + 60 });
    network.block();
    const state = network.say(FID, "linkCompactState", compact([10n, 12n]), at);

    // Served without the list of what it deleted; the trie has the deletions.
    expect(network.block().told(1)).toEqual([`merge ${nameOf(state)}`]);
    const held = [listed, unlisted, removal, otherType, newer, state].map((message) =>
      network.holds(1, message),
    );
    expect(held).toEqual([true, false, false, true, true, true]);
  });

  it("sweep links of their own second", async () => {
    const network = await networkOfOne();
    const added = network.say(FID, "linkAdd", link(11n), { timestamp: START });
    network.block();
    network.say(FID, "linkCompactState", compact([]), { timestamp: START });
    network.block();

    expect(network.holds(1, added)).toBe(false);
  });

  it("leave alone what was merged earlier in the same block", async () => {
    const network = await networkOfOne();
    const added = network.say(FID, "linkAdd", link(11n), { timestamp: START - 9 });
    const state = network.say(FID, "linkCompactState", compact([]), { timestamp: START });

    expect(network.block().told(1)).toEqual([`merge ${nameOf(added)}`, `merge ${nameOf(state)}`]);
    expect(network.holds(1, added)).toBe(true);
  });

  it("replace an earlier one, and refuse an older or equally old one", async () => {
    const network = await networkOfOne();
    const state = (fids: bigint[], timestamp: number) =>
      network.say(FID, "linkCompactState", compact(fids), { timestamp });
    const first = state([1n], START - 9);
    network.block();
    const second = state([2n], START);
    network.block();
    expect([first, second].map((message) => network.holds(1, message))).toEqual([false, true]);

    const older = state([3n], START - 1);
    const sameSecond = state([4n], START);
    network.submitMessage(second);
    expect(network.block().told(1)).toEqual([
      `fail ${nameOf(older)} bad_request.conflict`,
      `fail ${nameOf(sameSecond)} bad_request.conflict`,
      `fail ${nameOf(second)} bad_request.duplicate`,
    ]);
  });

  it("turn away older links, but not listed adds nor links of the same second", async () => {
    const network = await networkOfOne();
    network.say(FID, "linkCompactState", compact([10n]), { timestamp: START });
    network.block();
    const before = { timestamp: START - 1 };
    const same = { timestamp: START };
    const messages = [
      network.say(FID, "linkAdd", link(10n), before),
      network.say(FID, "linkAdd", link(11n), before),
      network.say(FID, "linkRemove", link(10n), before),
      network.say(FID, "linkAdd", link(11n, "mute"), before),
      network.say(FID, "linkAdd", link(12n), same),
      network.say(FID, "linkRemove", link(14n), same),
    ];
    const names = messages.map(nameOf);

    expect(network.block().told(1)).toEqual([
      `merge ${names[0]}`,
      `fail ${names[1]} bad_request.prunable`,
      `fail ${names[2]} bad_request.prunable`,
      `merge ${names[3]}`,
      `merge ${names[4]}`,
      `merge ${names[5]}`,
    ]);
  });
});
