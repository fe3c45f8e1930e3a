// Search by vector and by words: what is near, live and asked for, as much as there is of it.
import {
  aCastAdd,
  aMergeMessageEvent,
  aPruneMessageEvent,
  aUserDataAdd,
} from "@snaprag/processors/testing";
import { describe, expect, it } from "vitest";
import { aPlan, embedAll, keyOf } from "./support/embedding.ts";
import type { EmbeddedMirror } from "./support/subjects.ts";
import { describeEach } from "./support/subjects.ts";

const CHANNEL = "https://farcaster.group/cryptography";
const CAST_TIME = 100_000_000;
const USERNAME = 6;

const cast = (text: string, seed = 0, fid = 1n) => aCastAdd({ text }, { seed, fid });
const merged = (text: string, seed = 0, fid = 1n) => aMergeMessageEvent(cast(text, seed, fid));

/** Takes up, embeds and completes; returns a search by vector that gives texts. */
async function embedded({ embeddings, select }: EmbeddedMirror) {
  const set = await embeddings.takeUp(aPlan());
  await embedAll(embeddings, set, 1000);
  await embeddings.complete(set.setId);
  const texts = new Map<string, string>();
  for (const { hash, text } of await select(
    "select encode(hash, 'hex') as hash, text from casts",
  )) {
    texts.set(hash, text);
  }
  return {
    set,
    async near(numbers: readonly number[], limit = 10, filter = {}) {
      const vector = Float32Array.from(numbers);
      const found = await embeddings.searchByVector({ set, vector, filter, limit });
      return found.map(({ hash, score }) => ({
        text: texts.get(Buffer.from(hash).toString("hex")),
        score,
      }));
    },
  };
}

const textsOf = (found: readonly { readonly text: string | undefined }[]) =>
  found.map(({ text }) => text);

describeEach("search", ({ hasPgvector, openMirror }) => {
  describe("searchByVector()", () => {
    it("finds the nearest first, with their cosine similarity", async () => {
      await using mirror = await openMirror();
      await mirror.merge(merged("2 0 0"), merged("1 1 0"), merged("0 1 0"), merged("-3 0 0"));
      // A vector without direction is near nothing, and breaks nothing.
      await mirror.merge(merged("0 0 0"));
      const { near, set } = await embedded(mirror);

      const found = await near([5, 0, 0]);
      expect(textsOf(found).slice(0, 2)).toEqual(["2 0 0", "1 1 0"]);
      expect(textsOf(found).slice(2, 4).sort()).toEqual(["0 0 0", "0 1 0"]);
      expect(found[4]?.text).toBe("-3 0 0");
      for (const [index, score] of [1, Math.SQRT1_2, 0, 0, -1].entries()) {
        expect(found[index]?.score).toBeCloseTo(score, 3);
      }
      expect((await near([0, 0, 0])).map(({ score }) => score)).toEqual([0, 0, 0, 0, 0]);
      expect(await near([1, 0, 0], 0)).toEqual([]);
      const wrong = { set, vector: Float32Array.of(1), filter: {}, limit: 1 };
      await expect(mirror.embeddings.searchByVector(wrong)).rejects.toMatchObject({
        code: "wrong_dimension",
      });
    });

    it("finds no cast that was removed, though its vector is there yet", async () => {
      await using mirror = await openMirror();
      await mirror.merge(merged("1 0 0", 1), merged("0 1 0", 2));
      const { near } = await embedded(mirror);
      await mirror.merge(aPruneMessageEvent(cast("1 0 0", 1)));

      expect(await mirror.select("select from cast_embeddings")).toHaveLength(2);
      expect(textsOf(await near([1, 0, 0]))).toEqual(["0 1 0"]);
    });

    it("counts a cast of several parts once, by its nearest, and fills up with others", async () => {
      await using mirror = await openMirror();
      const parts = Array.from({ length: 40 }, (_, index) => `100 ${index} 0`).join("\n");
      await mirror.merge(merged(parts), merged("0 1 0"), merged("-1 0 0"));
      const { near } = await embedded(mirror);

      const found = await near([1, 0, 0], 2);
      expect(textsOf(found)).toEqual([parts, "0 1 0"]);
      expect(found[0]?.score).toBeCloseTo(1, 3);
      expect(textsOf(await near([1, 0, 0], 3))).toEqual([parts, "0 1 0", "-1 0 0"]);
    });

    it("applies filters before the cut", async () => {
      await using mirror = await openMirror();
      const { merge, select } = mirror;
      const parent = { $case: "parentUrl" as const, value: CHANNEL };
      const later = { timestamp: CAST_TIME + 1000 };
      await merge(
        merged("-1 0 0", 0, 7n),
        merged("0 1 0", 0, 7n),
        aMergeMessageEvent(aCastAdd({ text: "-1 1 0", parent })),
        aMergeMessageEvent(aCastAdd({ text: "-1 2 0" }, later)),
      );
      // A thousand nearer ones, none of which is asked for.
      await select(`insert into casts (fid, "timestamp", event_id, cast_type, text, embeds, mentions,
        mentions_positions, hash, signer, signature)
      select 2, '2022-01-01', 1, 0, '100 ' || n || ' 0', '[]', '[]', '[]',
        substring(sha256(int4send(n)) for 20), '', '' from generate_series(1, 1000) n`);
      const { near } = await embedded(mirror);
      const nearest = (filter: object) => near([1, 0, 0], 2, filter);

      expect(textsOf(await nearest({ fid: 7n }))).toEqual(["0 1 0", "-1 0 0"]);
      expect(textsOf(await nearest({ channel: CHANNEL }))).toEqual(["-1 1 0"]);
      const since = new Date((1_609_459_200 + CAST_TIME + 1000) * 1000);
      expect(textsOf(await nearest({ since }))).toEqual(["-1 2 0"]);
      expect(await nearest({ since, fid: 7n })).toEqual([]);
      expect(await nearest({})).toHaveLength(2);
    });

    const itWithIndex = hasPgvector ? it : () => undefined;
    itWithIndex("has the index go on until enough casts pass a broad filter", async () => {
      await using mirror = await openMirror();
      const { embeddings, select } = mirror;
      const set = await embeddings.takeUp(aPlan());
      // On half a circle from the vector that is asked for; the first 2,000 are not wanted.
      await select(`insert into casts (fid, "timestamp", event_id, cast_type, text, embeds, mentions,
          mentions_positions, hash, signer, signature)
        select 1, to_timestamp(1700000000 + n), 1, 0, n, '[]', '[]', '[]', int4send(n), '', ''
        from generate_series(1, 26000) n`);
      await select(`insert into cast_embeddings (fid, hash, set_id, chunk, content_hash, embedding)
        select fid, hash, ${set.setId}, 0, hash,
          array[cos(text::int / 8300.0), sin(text::int / 8300.0), 0]::real[] from casts`);
      await select("truncate embedding_queue; update embedding_sets set walked_at = now()");
      await embeddings.complete(set.setId);
      await select("analyze casts");
      const filter = { since: new Date((1_700_000_000 + 2000) * 1000) };
      const query = { set, filter, vector: Float32Array.of(1, 0, 0), limit: 3 };
      const found = await embeddings.readCasts(await embeddings.searchByVector(query));

      expect(found).toHaveLength(3);
      for (const { text } of found) {
        expect(Number(text)).toBeGreaterThanOrEqual(2000);
        // As near as half the precision of a number can tell.
        expect(Number(text)).toBeLessThan(2100);
      }
    });
  });

  describe("searchByWords()", () => {
    it("finds casts with all of the words, best first, then newest", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge } = mirror;
      const at = (text: string, timestamp: number, fid = 1n) =>
        aMergeMessageEvent(aCastAdd({ text }, { timestamp, fid }));
      await merge(
        at("proof of work", CAST_TIME),
        at("work of proof", CAST_TIME + 1, 2n),
        at("proof work", CAST_TIME),
        at("no such thing", CAST_TIME),
        merged("proof and work, pruned", 5),
      );
      await merge(aPruneMessageEvent(cast("proof and work, pruned", 5)));
      const search = async (text: string, filter = {}, limit = 10) => {
        const found = await embeddings.searchByWords({ text, filter, limit });
        return (await embeddings.readCasts(found)).map((each) => each.text);
      };

      expect(await search("Proof WORK")).toEqual(["proof work", "work of proof", "proof of work"]);
      expect(await search('"proof of work"')).toEqual(["proof of work"]);
      expect(await search("proof", { fid: 2n })).toEqual(["work of proof"]);
      expect(await search("work", {}, 1)).toHaveLength(1);
      for (const nothing of ["", "  ", "& | !", '"" -', "\0", ":*", "<->"]) {
        expect(await search(nothing), nothing).toEqual([]);
      }
    });

    it("is served by indexes that are built once, and finds similar words where they say so", async () => {
      await using mirror = await openMirror(2);
      const { embeddings, merge, select } = mirror;
      await merge(
        merged("cryptography", 1),
        merged("cryptographic", 2, 2n),
        merged("zebras", 3, 3n),
        merged("cryptographie, pruned", 4, 3n),
      );
      await merge(aPruneMessageEvent(cast("cryptographie, pruned", 4, 3n)));
      const search = async (text: string, filter = {}) => {
        const found = await embeddings.searchByWords({ text, filter, limit: 5 });
        return (await embeddings.readCasts(found)).map((each) => each.text);
      };
      expect(await search("cryptography")).toEqual(["cryptography"]);
      await embeddings.buildTextIndexes({ fullText: true, trigram: true });
      const indexes = `select i.indexrelid::int as oid, c.relname as name from pg_index i
      join pg_class c on c.oid = i.indexrelid where i.indisvalid and c.relkind = 'I'
        and c.relnamespace = current_schema()::regnamespace and c.relname like 'casts_by%'
      order by 2`;
      const built = await select(indexes);
      expect(built.map(({ name }) => name)).toEqual(["casts_by_trigrams", "casts_by_words"]);

      expect(await search("cryptography")).toEqual(["cryptography", "cryptographic"]);
      expect(await search("cryptography", { fid: 2n })).toEqual(["cryptographic"]);
      expect(await search("& |")).toEqual([]);
      await embeddings.buildTextIndexes({ fullText: true, trigram: true });
      expect(await select(indexes)).toEqual(built);
      await select("set enable_seqscan to off");
      const plan = await select(`explain select from casts c
      where to_tsvector('simple', text) @@ websearch_to_tsquery('simple', 'zebras')
        and c.deleted_at is null`);
      await select("reset enable_seqscan");
      expect(JSON.stringify(plan)).toContain("Bitmap Index Scan");
    });

    it("builds again what an interrupted build has left", async () => {
      await using mirror = await openMirror();
      const { embeddings, select } = mirror;
      await embeddings.buildTextIndexes({ fullText: true, trigram: false });
      const validity = `select indisvalid as is_valid from pg_index
      where indexrelid = 'casts_by_words'::regclass`;
      const invalidate = "update pg_index set indisvalid = false where indexrelid =";
      await select(`${invalidate} 'casts_by_words'::regclass`);
      expect(await select(validity)).toEqual([{ is_valid: false }]);
      await embeddings.buildTextIndexes({ fullText: true, trigram: false });

      expect(await select(validity)).toEqual([{ is_valid: true }]);
    });
  });

  describe("readCasts()", () => {
    it("reads live casts in the order of their keys, with the name of their author", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge } = mirror;
      const parent = { $case: "parentUrl" as const, value: CHANNEL };
      const [named, pruned] = [aCastAdd({ text: "named", parent }, { fid: 2n }), cast("pruned")];
      const nameless = cast("nameless", 1);
      await merge(...[named, pruned, nameless].map((each) => aMergeMessageEvent(each)));
      await merge(
        aPruneMessageEvent(pruned),
        aMergeMessageEvent(aUserDataAdd({ type: USERNAME, value: "bob" }, { fid: 2n })),
      );
      const timestamp = new Date("2024-03-03T09:46:40Z");

      expect(await embeddings.readCasts([])).toEqual([]);
      const keys = [keyOf(nameless), keyOf(pruned), keyOf(named), keyOf(named, 2n)];
      expect(await embeddings.readCasts(keys)).toEqual([
        { ...keyOf(nameless), text: "nameless", timestamp, username: null, parentUrl: null },
        { ...keyOf(named, 2n), text: "named", timestamp, username: "bob", parentUrl: CHANNEL },
      ]);
    });
  });
});
