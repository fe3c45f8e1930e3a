// docs/retrieval.md says what really happens: its SQL runs.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { aPlan } from "./support/embedding.ts";
import { describeEach } from "./support/subjects.ts";

const DOCUMENT = readFileSync(new URL("../../../../docs/retrieval.md", import.meta.url), "utf8");
const DIMENSION = 384;

describeEach("docs/retrieval.md", ({ hasPgvector, openMirror }) => {
  // Its SQL is for pgvector.
  const itWithIndex = hasPgvector ? it : () => undefined;
  itWithIndex("shows SQL that finds the nearest casts", async () => {
    await using mirror = await openMirror();
    const { embeddings, schema, select } = mirror;
    // Where pgvector is.
    await select(`set search_path to ${schema}, public`);
    await select(`insert into casts (fid, "timestamp", event_id, cast_type, text, embeds, mentions,
      mentions_positions, hash, signer, signature)
    select n, now(), 1, 0, 'cast ' || n, '[]', '[]', '[]', int4send(n), '', ''
    from generate_series(1, 20) n`);
    const { setId } = await embeddings.takeUp({ ...aPlan(), dimension: DIMENSION });
    await select(`insert into cast_embeddings (fid, hash, set_id, chunk, content_hash, embedding)
    select fid, hash, ${setId}, 0, hash,
      (select array_agg(cos(c.fid * n / 900.0)) from generate_series(1, ${DIMENSION}) n)::real[]
    from casts c`);
    const [, sql = ""] = /```sql\n(.*?)```/s.exec(DOCUMENT) ?? [];

    const found = await select(sql);

    expect(found).toHaveLength(10);
    expect(found[0]).toMatchObject({ text: expect.stringMatching(/^cast \d+$/) });
  });

  it("names only relations that exist", async () => {
    await using mirror = await openMirror();
    const named = [...DOCUMENT.matchAll(/`((?:cast|embedding)_[a-z]+)[` (]/g)].map(
      ([, name]) => name,
    );

    const rows = await mirror.select("select relname from pg_class where relkind = 'r'");

    expect(named.length).toBeGreaterThan(2);
    expect(rows.map(({ relname }) => relname)).toEqual(expect.arrayContaining(named));
  });
});
