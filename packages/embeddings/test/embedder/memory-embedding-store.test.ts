// The rules of the port that no embedder in one process comes upon by itself.
import { describe, expect, it } from "vitest";
import type { EmbeddingPlan, FinishedCast } from "../../src/index.ts";
import { contentHash } from "../../src/index.ts";
import { aCast, createMemoryEmbeddingStore, keyOf } from "../support/memory-embedding-store.ts";

const PLAN: EmbeddingPlan = {
  model: "words",
  version: "1",
  recipe: "plain",
  dimension: 2,
  context: { hasParent: false, hasQuotes: false },
  selection: {},
  storage: "auto",
};

const CAST = aCast(1, "gm");

async function setUp() {
  let time = 0;
  const store = createMemoryEmbeddingStore({ now: () => time });
  store.put(CAST);
  const { setId } = await store.takeUp(PLAN);
  const claim = async (leaseId: string) =>
    await store.claim({ setId, leaseId, limit: 10, leaseMs: 1000 });
  const finish = async (leaseId: string, version: number) => {
    const { fid, hash, text } = CAST;
    const parts = [{ contentHash: contentHash(text), vector: new Float32Array([version, 0]) }];
    const casts: FinishedCast[] = [{ fid, hash, version, parts }];
    await store.finish({ setId, leaseId, casts, textCount: 1, tokenCount: 1 });
    return store.findSet(setId).parts.get(keyOf(CAST))?.[0]?.vector[0];
  };
  const passTime = (milliseconds: number) => {
    time += milliseconds;
  };
  return { store, setId, claim, finish, passTime };
}

describe("an embedding store", () => {
  it("claims a cast once, until the lease ends", async () => {
    const { claim, passTime } = await setUp();
    expect((await claim("one")).length).toBe(1);
    passTime(999);
    expect(await claim("two")).toEqual([]);
    passTime(1);
    expect((await claim("two")).length).toBe(1);
  });

  it("takes what is late, so long as nobody else has claimed it", async () => {
    const { claim, finish, passTime } = await setUp();
    await claim("one");
    passTime(5000);
    expect(await finish("one", 1)).toBe(1);
  });

  it("leaves alone what others have claimed since", async () => {
    const { claim, finish, passTime } = await setUp();
    await claim("one");
    passTime(5000);
    await claim("two");
    expect(await finish("one", 1)).toBeUndefined();
    expect(await finish("two", 1)).toBe(1);
  });

  it("leaves alone what has changed since, and gives it out again at once", async () => {
    const { store, claim, finish } = await setUp();
    await claim("one");
    store.put(CAST);
    expect(await finish("one", 1)).toBeUndefined();
    expect(await claim("two")).toMatchObject([{ version: 2 }]);
    expect(await finish("two", 2)).toBe(2);
  });

  it("gives out what was released, and takes it no more from who released it", async () => {
    const { store, claim, finish } = await setUp();
    await claim("one");
    await store.release("one");
    expect(await finish("one", 1)).toBeUndefined();
    expect((await claim("two")).length).toBe(1);
  });

  it("counts what was spent, whatever becomes of the casts", async () => {
    const { store, setId, finish } = await setUp();
    await finish("nobody", 1);
    await store.finish({ setId, leaseId: "none", casts: [], textCount: 2, tokenCount: 3 });
    expect(store.findSet(setId)).toMatchObject({ castCount: 0, textCount: 3, tokenCount: 4 });
  });

  it("serves once what was there is done, whatever comes meanwhile", async () => {
    const { store, setId, claim, finish } = await setUp();
    await claim("one");
    store.put(aCast(2, "new"));
    expect(await store.complete(setId)).toBe(false);
    await finish("one", 1);
    expect(await store.complete(setId)).toBe(false);
    expect(store.findSet(setId)).toMatchObject({ state: "serving" });
    expect((await claim("two")).map(({ fid }) => fid)).toEqual([2n]);
    expect(await store.complete(setId)).toBe(false);
  });

  it("is done when nobody has anything left, and no longer when it is to look at more", async () => {
    const { store, setId, claim, finish } = await setUp();
    await claim("one");
    await finish("one", 1);
    expect(await store.complete(setId)).toBe(true);
    await store.takeUp({ ...PLAN, selection: { fids: [1n, 2n] } });
    expect(await store.complete(setId)).toBe(false);
    expect(store.findSet(setId)).toMatchObject({ state: "serving" });
  });

  it("makes one set at a time, and has none of another length under one name", async () => {
    const { store, setId, claim } = await setUp();
    await expect(store.takeUp({ ...PLAN, dimension: 3 })).rejects.toMatchObject({
      code: "wrong_dimension",
    });
    const other = await store.takeUp({ ...PLAN, model: "others" });
    expect(other.setId).not.toBe(setId);
    await expect(claim("one")).rejects.toMatchObject({ code: "superseded" });
  });

  it("claims what is not selected without its content", async () => {
    const { store, claim } = await setUp();
    await store.takeUp({ ...PLAN, selection: { fids: [2n] } });
    expect(await claim("one")).toMatchObject([{ fid: 1n, content: undefined }]);
  });
});
