// An embedder without a provider: the vector of a text is the numbers that stand in it.
import type {
  CastKey,
  CastSelection,
  ClaimedCast,
  ClaimRequest,
  EmbeddingPlan,
  EmbeddingSet,
  FinishedCast,
} from "@snaprag/embeddings";
import { contentHash } from "@snaprag/embeddings";
import type { aCastAdd } from "@snaprag/processors/testing";
import type { PostgresEmbeddingStore } from "../../../src/embeddings/index.ts";
import type { EmbeddedMirror } from "./subjects.ts";

/** A plan of three numbers a vector, of texts without context. */
export function aPlan(overrides: Partial<EmbeddingPlan> = {}): EmbeddingPlan {
  return {
    model: "numbers",
    version: "1",
    recipe: "as it stands",
    dimension: 3,
    context: { hasParent: false, hasQuotes: false },
    selection: {},
    storage: "auto",
    ...overrides,
  };
}

/** {@link aPlan} of some casts. */
export function aPlanOf(selection: CastSelection): EmbeddingPlan {
  return aPlan({ selection });
}

/** Three numbers of a text, `1 0 0` where it has none. */
export function vectorOf(text: string): Float32Array {
  const [x = 1, y = 0, z = 0] = (text.match(/-?\d+/g) ?? []).map(Number);
  return Float32Array.of(x, y, z);
}

let leases = 0;

/** A claim of a set by an embedder of its own, for a minute unless told. */
export function aClaim(
  { setId }: Pick<EmbeddingSet, "setId">,
  limit = 100,
  leaseMs = 60_000,
): ClaimRequest {
  leases += 1;
  return { setId, leaseId: `lease ${leases}`, limit, leaseMs };
}

/** What an embedder makes of a claimed cast: a part for each line. */
export function embed({ fid, hash, version, content }: ClaimedCast): FinishedCast {
  const lines = content === undefined ? [] : content.text.split("\n");
  const parts = lines.map((line) => ({ contentHash: contentHash(line), vector: vectorOf(line) }));
  return { fid, hash, version, parts };
}

/** Claims and embeds until there is nothing more; returns what was claimed. */
export async function embedAll(
  store: PostgresEmbeddingStore,
  set: EmbeddingSet,
  limit = 100,
): Promise<readonly ClaimedCast[]> {
  const all: ClaimedCast[] = [];
  while (true) {
    const { setId, leaseId, ...request } = aClaim(set, limit);
    const casts = await store.claim({ setId, leaseId, ...request });
    if (casts.length === 0) return all;
    all.push(...casts);
    const textCount = casts.length;
    const finished = { setId, leaseId, casts: casts.map(embed), textCount, tokenCount: 2 };
    await store.finish(finished);
  }
}

/** Texts that are embedded, by the lines that have vectors. */
export async function embeddedTexts(mirror: EmbeddedMirror): Promise<readonly string[]> {
  const rows = await mirror.select(
    `select c.text from casts c join cast_embeddings e using (fid, hash)
      group by c.fid, c.hash order by c.text`,
  );
  return rows.map(({ text }) => text);
}

/** Texts of claimed casts, in order; null for those that are not to be embedded. */
export function textsOf(casts: readonly ClaimedCast[]): readonly (string | null)[] {
  return casts.map(({ content }) => content?.text ?? null).sort();
}

/** Key of a built cast. */
export function keyOf(cast: ReturnType<typeof aCastAdd>, fid = 1n): CastKey {
  return { fid, hash: cast.hash };
}
