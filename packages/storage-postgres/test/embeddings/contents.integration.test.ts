// What a claimed cast comes with: what it says, whom and what it speaks of, and whether it is wanted.
import {
  aCastAdd,
  aMergeMessageEvent,
  aMergeUsernameProofEvent,
  anFnameProof,
  aPruneMessageEvent,
  aUserDataAdd,
} from "@snaprag/processors/testing";
import { describe, expect, it } from "vitest";
import {
  aClaim,
  aPlan,
  aPlanOf,
  embedAll,
  embeddedTexts,
  keyOf,
  textsOf,
} from "./support/embedding.ts";
import { describeEach } from "./support/subjects.ts";

const costs = { textCount: 0, tokenCount: 0 };
const USERNAME = 6;
/** Farcaster seconds of 2024-03-03T09:46:40Z, which casts are of unless told. */
const CAST_TIME = 100_000_000;
const CHANNEL = "https://farcaster.group/cryptography";

const cast = (text: string, seed = 0, fid = 1n) => aCastAdd({ text }, { seed, fid });

const nameOf = (fid: bigint, name: string) =>
  aMergeUsernameProofEvent({ usernameProof: anFnameProof({ name, fid }) });

const profileOf = (fid: bigint, value: string) =>
  aMergeMessageEvent(aUserDataAdd({ type: USERNAME, value }, { fid }));

describeEach("what is claimed", ({ openMirror }) => {
  describe("the content of a claimed cast", () => {
    it("names whom it mentions, as their profile or else the registry does", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge } = mirror;
      const [huge, mentions] = [2n ** 64n - 1n, [2n, 3n, 4n, 2n ** 64n - 1n]];
      const mentioning = aCastAdd({ text: "gm  and ", mentions, mentionsPositions: [0, 2, 3, 8] });
      await merge(
        nameOf(2n, "registered"),
        nameOf(3n, "passed-over"),
        profileOf(3n, "shown"),
        aMergeMessageEvent(mentioning),
      );
      const [claimed] = await embeddings.claim(aClaim(await embeddings.takeUp(aPlan())));

      expect(claimed).toEqual({
        ...keyOf(mentioning),
        version: 0,
        content: {
          text: "gm  and ",
          mentions: [
            { fid: 2n, position: 0, username: "registered" },
            { fid: 3n, position: 2, username: "shown" },
            { fid: 4n, position: 3, username: undefined },
            { fid: huge, position: 8, username: undefined },
          ],
          parentText: undefined,
          quotedTexts: [],
        },
      });
    });

    it("names nobody by a name that somebody else has by now", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge } = mirror;
      const later = anFnameProof({ name: "moved", fid: 3n, timestamp: 1_709_459_201n });
      const mentioning = aCastAdd({ text: "", mentions: [2n, 3n], mentionsPositions: [0, 0] });
      await merge(nameOf(2n, "moved"), aMergeMessageEvent(mentioning));
      await merge(aMergeUsernameProofEvent({ usernameProof: later }));
      const [claimed] = await embeddings.claim(aClaim(await embeddings.takeUp(aPlan())));

      const names = claimed?.content?.mentions.map(({ username }) => username);
      expect(names).toEqual([undefined, "moved"]);
    });

    it("has the texts of live casts that it replies to or embeds, where they are wanted", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge } = mirror;
      const [parent, quoted, gone] = [
        cast("parent", 1, 2n),
        cast("quoted", 2, 3n),
        cast("gone", 3),
      ];
      const embedsOf = (...casts: readonly { readonly fid: bigint; readonly hash: Uint8Array }[]) =>
        casts.map((value) => ({ embed: { $case: "castId" as const, value } }));
      const reply = aCastAdd({
        text: "reply",
        parent: { $case: "parentCastId", value: keyOf(parent, 2n) },
        embeds: embedsOf(keyOf(gone), keyOf(quoted, 3n)),
      });
      const orphan = aCastAdd({
        text: "orphan",
        parent: { $case: "parentCastId", value: keyOf(gone) },
      });
      await merge(...[parent, quoted, gone, reply, orphan].map((each) => aMergeMessageEvent(each)));
      await merge(aPruneMessageEvent(gone));
      const contentsFor = async (hasParent: boolean, hasQuotes: boolean) => {
        const recipe = `${hasParent} ${hasQuotes}`;
        const set = await embeddings.takeUp(aPlan({ recipe, context: { hasParent, hasQuotes } }));
        const casts = await embeddings.claim(aClaim(set));
        const orphaned = casts.find(({ content }) => content?.text === "orphan");
        expect(orphaned?.content?.parentText).toBeUndefined();
        return casts.find(({ content }) => content?.text === "reply")?.content;
      };

      expect(await contentsFor(true, true)).toMatchObject({
        parentText: "parent",
        quotedTexts: ["quoted"],
      });
      expect(await contentsFor(false, false)).toMatchObject({
        parentText: undefined,
        quotedTexts: [],
      });
    });
  });

  describe("a selection", () => {
    it("leaves out what is not of it, of what was there before and of what comes", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge, select } = mirror;
      const parent = { $case: "parentUrl" as const, value: CHANNEL };
      const at = (seconds: number) => new Date((1_609_459_200 + seconds) * 1000);
      const inChannel = (text: string, timestamp: number, fid = 1n) =>
        aMergeMessageEvent(aCastAdd({ text, parent }, { timestamp, fid }));
      const batch = (prefix: string) => [
        inChannel(`${prefix} wanted`, CAST_TIME),
        inChannel(`${prefix}`, CAST_TIME),
        inChannel(`${prefix} too late`, CAST_TIME + 10),
        inChannel(`${prefix} too early`, CAST_TIME - 1),
        inChannel(`${prefix} of another`, CAST_TIME, 5n),
        aMergeMessageEvent(cast(`${prefix} outside of channels`)),
      ];
      await merge(...batch("🌅🌅"));
      const set = await embeddings.takeUp(
        aPlanOf({
          minCharacters: 3,
          fids: [9n, 1n, 7n],
          since: at(CAST_TIME),
          until: at(CAST_TIME + 10),
          channels: ["https://elsewhere.example", CHANNEL],
        }),
      );
      await merge(...batch("new"));
      const claimed = await embedAll(embeddings, set);

      // Two characters, though four units: too short. "new" is long enough.
      expect(await embeddedTexts(mirror)).toEqual(["new", "new wanted", "🌅🌅 wanted"]);
      expect(claimed.filter(({ content }) => content === undefined)).toHaveLength(4);
      expect(await select("select from embedding_queue")).toEqual([]);
    });

    it("walks the casts of its authors alone", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge } = mirror;
      const huge = 2n ** 64n - 1n;
      const texts = ["of 1", "of 2", "of 3", "of the last"];
      for (const [index, fid] of [1n, 2n, 3n, huge].entries()) {
        await merge(aMergeMessageEvent(cast(texts[index] ?? "", 0, fid)));
      }
      const set = await embeddings.takeUp(aPlanOf({ fids: [huge, 3n, 8n, 1n] }));
      await embedAll(embeddings, set, 1);

      expect(await embeddedTexts(mirror)).toEqual(["of 1", "of 3", "of the last"]);
      expect(await embeddings.complete(set.setId)).toBe(true);
    });

    it("is looked through anew when it changes, and keeps what is there", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge } = mirror;
      for (const fid of [1n, 2n]) await merge(aMergeMessageEvent(cast(`of ${fid}`, 0, fid)));
      const set = await embeddings.takeUp(aPlanOf({ fids: [1n] }));
      await embedAll(embeddings, set);
      expect(await embeddings.takeUp(aPlanOf({ fids: [1n, 1n] }))).toEqual(set);
      expect(await embedAll(embeddings, set)).toEqual([]);

      expect(await embeddings.takeUp(aPlanOf({ fids: [2n] }))).toEqual(set);
      expect(textsOf(await embedAll(embeddings, set))).toEqual(["of 2"]);
      expect(await embeddedTexts(mirror)).toEqual(["of 1", "of 2"]);
    });
  });

  describe("a refused text", () => {
    it("is not asked for again, until it is retried or becomes another", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge, select } = mirror;
      await merge(aMergeMessageEvent(cast("refused")));
      const set = await embeddings.takeUp(aPlan());
      const refuse = async () => {
        const request = aClaim(set);
        const claimed = await embeddings.claim(request);
        const casts = claimed.map((each) => ({ ...each, parts: [], refusal: "too\0 rude" }));
        await embeddings.finish({ ...request, ...costs, casts });
        return textsOf(claimed);
      };
      expect(await refuse()).toEqual(["refused"]);
      expect(await select("select fid, reason from embedding_refusals")).toEqual([
        { fid: "1", reason: "too rude" },
      ]);
      expect((await embeddings.readStatus())[0]).toMatchObject({ refusedCount: 1n, castCount: 1n });
      // Noted for whatever reason, it is nothing to embed, and stays refused.
      await select("insert into embedding_queue (fid, hash) select fid, hash from casts");
      expect(textsOf(await embedAll(embeddings, set))).toEqual([null]);
      expect(await select("select from embedding_refusals")).toHaveLength(1);
      // Nor does a walk come back to it.
      await embeddings.takeUp(aPlanOf({ minCharacters: 1 }));
      expect(await embedAll(embeddings, set)).toEqual([]);

      expect(await embeddings.retryRefused()).toBe(1);
      expect(await refuse()).toEqual(["refused"]);
      await select("update casts set text = 'polite'");
      expect(textsOf(await embedAll(embeddings, set))).toEqual(["polite"]);
      expect(await embeddings.retryRefused()).toBe(0);
      expect(await embeddedTexts(mirror)).toEqual(["polite"]);
    });
  });
});
