// What an embedder is given to do: everything there is, once, and again when it changes.
import {
  aCastAdd,
  aCastRemove,
  aMergeMessageEvent,
  aPruneMessageEvent,
} from "@snaprag/processors/testing";
import { expect, it } from "vitest";
import { aClaim, aPlan, embed, embedAll, embeddedTexts, textsOf } from "./support/embedding.ts";
import { describeEach } from "./support/subjects.ts";

const costs = { textCount: 0, tokenCount: 0 };

const cast = (text: string, seed = 0, fid = 1n) => aCastAdd({ text }, { seed, fid });

/** Casts written past the protocol, as many as a walk takes several steps for. */
const MANY_CASTS = `
insert into casts (fid, "timestamp", event_id, cast_type, text, embeds, mentions, mentions_positions,
  hash, signer, signature)
select 100 + n % 50, now(), 1, 0, 'cast ' || n, '[]', '[]', '[]',
  substring(sha256(int4send(n)) for 20), '', ''
from generate_series(1, 9000) n`;

/** Casts whose vectors are not what they should be: missing, or left behind. */
const WRONG = `
select c.text from casts c
where (c.deleted_at is null) <> exists (
  select from cast_embeddings e where e.fid = c.fid and e.hash = c.hash
)`;

describeEach("claim() and finish()", ({ openMirror }) => {
  it("gives what was there before, and what comes afterwards, once", async () => {
    await using mirror = await openMirror();
    const { embeddings, merge } = mirror;
    await merge(aMergeMessageEvent(cast("before 1")), aMergeMessageEvent(cast("before 2", 0, 2n)));
    const set = await embeddings.takeUp(aPlan());
    await merge(aMergeMessageEvent(cast("after")));

    const casts = await embeddings.claim(aClaim(set));
    expect(textsOf(casts)).toEqual(["after", "before 1", "before 2"]);
    expect(await embeddings.claim(aClaim(set))).toEqual([]);
  });

  it("loses nothing, and leaves nothing behind, while casts come and go under a walk", async () => {
    await using mirror = await openMirror();
    const { embeddings, merge, select } = mirror;
    await select(MANY_CASTS);
    const set = await embeddings.takeUp(aPlan());
    const first = aClaim(set, 500);
    const claimed = await embeddings.claim(first);
    // The walk stands somewhere in the middle: these are before it, and after it.
    await merge(...[1n, 120n, 999n].map((fid) => aMergeMessageEvent(cast("came", 0, fid))));
    await select("update casts set deleted_at = now() where fid % 2 = 0 and hash > '\\x80'");
    await embeddings.finish({ ...first, ...costs, casts: claimed.map(embed) });
    await embedAll(embeddings, set, 700);
    await select("update casts set deleted_at = null where fid = 100");
    await embedAll(embeddings, set, 700);

    expect(await select(WRONG)).toEqual([]);
    expect(await select("select from embedding_queue")).toEqual([]);
    expect((await select("select from cast_embeddings")).length).toBeGreaterThan(6000);
  });

  it("has a removed cast's vectors dropped, and a restored one's made again", async () => {
    await using mirror = await openMirror();
    const { embeddings, merge } = mirror;
    const set = await embeddings.takeUp(aPlan());
    const [removed, pruned] = [cast("removed", 1), cast("pruned", 2)];
    await merge(aMergeMessageEvent(removed), aMergeMessageEvent(pruned));
    await embedAll(embeddings, set);
    expect(await embeddedTexts(mirror)).toEqual(["pruned", "removed"]);

    const removal = aCastRemove({ targetHash: removed.hash });
    await merge(aMergeMessageEvent(removal, [removed]), aPruneMessageEvent(pruned));
    expect(textsOf(await embedAll(embeddings, set))).toEqual([null, null]);
    expect(await embeddedTexts(mirror)).toEqual([]);

    await merge(aMergeMessageEvent(pruned));
    expect(textsOf(await embedAll(embeddings, set))).toEqual(["pruned"]);
    expect(await embeddedTexts(mirror)).toEqual(["pruned"]);
  });

  it("notes no cast that is only written again", async () => {
    await using mirror = await openMirror();
    const { embeddings, merge, select } = mirror;
    await merge(aMergeMessageEvent(cast("once")));
    const set = await embeddings.takeUp(aPlan());
    await embedAll(embeddings, set);

    await merge(aMergeMessageEvent(cast("once")));
    await select("update casts set signer = ''");
    expect(await embeddings.claim(aClaim(set))).toEqual([]);
  });

  it("writes nothing of a cast that has changed since it was claimed", async () => {
    await using mirror = await openMirror();
    const { embeddings, merge } = mirror;
    const set = await embeddings.takeUp(aPlan());
    const [changed, same] = [cast("changed", 1), cast("same", 2)];
    await merge(aMergeMessageEvent(changed), aMergeMessageEvent(same));
    const request = aClaim(set);
    const casts = await embeddings.claim(request);
    await merge(aPruneMessageEvent(changed));
    await embeddings.finish({ ...request, ...costs, casts: casts.map(embed) });

    expect(await embeddedTexts(mirror)).toEqual(["same"]);
    const [again, ...others] = await embeddings.claim(aClaim(set));
    expect(again).toMatchObject({ fid: 1n, hash: changed.hash, content: undefined });
    expect(others).toEqual([]);
  });

  it("knows what it was claimed as from what it is when it was claimed again", async () => {
    await using mirror = await openMirror();
    const { embeddings, merge } = mirror;
    const set = await embeddings.takeUp(aPlan());
    await merge(aMergeMessageEvent(cast("changed")));
    const request = aClaim(set);
    const casts = await embeddings.claim(request);
    await merge(aPruneMessageEvent(cast("changed")));
    const again = await embeddings.claim(request);
    await embeddings.finish({ ...request, ...costs, casts: casts.map(embed) });
    expect(await embeddedTexts(mirror)).toEqual([]);

    expect(again).toMatchObject([{ version: 1, content: undefined }]);
    await embeddings.finish({ ...request, ...costs, casts: again.map(embed) });
    expect(await mirror.select("select from embedding_queue")).toEqual([]);
  });

  it("gives to others what was not finished in time, and then takes it of them alone", async () => {
    await using mirror = await openMirror();
    const { embeddings, merge, select } = mirror;
    const set = await embeddings.takeUp(aPlan());
    await merge(aMergeMessageEvent(cast("late")));
    const late = aClaim(set, 1, 0);
    const casts = await embeddings.claim(late);
    const next = aClaim(set, 1);
    const again = await embeddings.claim(next);
    expect(again).toEqual(casts);

    await embeddings.finish({ ...late, ...costs, casts: casts.map(embed) });
    expect(await embeddedTexts(mirror)).toEqual([]);
    await embeddings.finish({ ...next, ...costs, casts: again.map(embed) });
    expect(await embeddedTexts(mirror)).toEqual(["late"]);
    expect(await select("select from embedding_queue")).toEqual([]);
  });

  it("gives back at once what is released", async () => {
    await using mirror = await openMirror();
    const { embeddings, merge } = mirror;
    const set = await embeddings.takeUp(aPlan());
    await merge(aMergeMessageEvent(cast("released")));
    const request = aClaim(set);
    const casts = await embeddings.claim(request);
    expect(await embeddings.claim(aClaim(set))).toEqual([]);
    await embeddings.release(request.leaseId);

    expect(await embeddings.claim(aClaim(set))).toEqual(casts);
  });

  it("keeps from others for longer what is renewed, and only that", async () => {
    await using mirror = await openMirror();
    const { embeddings, merge } = mirror;
    const set = await embeddings.takeUp(aPlan());
    await merge(aMergeMessageEvent(cast("renewed 1")), aMergeMessageEvent(cast("renewed 2")));
    const [first, second] = [aClaim(set, 1, 0), aClaim(set, 1, 60_000)];
    await embeddings.claim(first);
    await embeddings.claim(second);
    await embeddings.renew(first.leaseId, 60_000);
    expect(await embeddings.claim(aClaim(set))).toEqual([]);
    await embeddings.renew(second.leaseId, 0);

    expect(await embeddings.claim(aClaim(set))).toHaveLength(1);
  });

  it("divides the work among those that claim together", async () => {
    await using mirror = await openMirror();
    await mirror.select(MANY_CASTS);
    await using other = mirror.openEmbeddings();
    const set = await mirror.embeddings.takeUp(aPlan());
    expect(await other.takeUp(aPlan())).toEqual(set);
    const claims = await Promise.all(
      [mirror.embeddings, other, mirror.embeddings, other].map((store) =>
        store.claim(aClaim(set, 400)),
      ),
    );

    const hashes = claims.flat().map(({ hash }) => Buffer.from(hash).toString("hex"));
    expect(hashes.length).toBe(1600);
    expect(new Set(hashes).size).toBe(1600);
  });

  it("tells whoever embeds for another set that it was superseded, and writes nothing for it", async () => {
    await using mirror = await openMirror();
    const { embeddings, merge, select } = mirror;
    await merge(aMergeMessageEvent(cast("contested")));
    const old = await embeddings.takeUp(aPlan());
    const request = aClaim(old);
    const casts = await embeddings.claim(request);
    const set = await embeddings.takeUp(aPlan({ model: "other numbers" }));

    await expect(embeddings.claim(aClaim(old))).rejects.toMatchObject({
      name: "EmbeddingError",
      code: "superseded",
    });
    await embeddings.finish({ ...request, ...costs, casts: casts.map(embed) });
    expect(await embeddedTexts(mirror)).toEqual([]);
    await embedAll(embeddings, set);
    expect(await select("select distinct set_id from cast_embeddings")).toEqual([
      { set_id: set.setId },
    ]);
  });

  it("notes changes of casts in partitions", async () => {
    await using mirror = await openMirror(2);
    const { embeddings, merge } = mirror;
    const casts = [1n, 2n, 3n, 4n, 5n].map((fid) => cast(`cast of ${fid}`, 0, fid));
    await merge(...casts.slice(0, 2).map((each) => aMergeMessageEvent(each)));
    const set = await embeddings.takeUp(aPlan());
    await merge(...casts.slice(2).map((each) => aMergeMessageEvent(each)));
    await embedAll(embeddings, set, 2);
    expect(await embeddedTexts(mirror)).toHaveLength(5);

    await merge(...casts.slice(1).map((each) => aPruneMessageEvent(each)));
    await embedAll(embeddings, set, 2);
    expect(await embeddedTexts(mirror)).toEqual(["cast of 1"]);
  });
});
