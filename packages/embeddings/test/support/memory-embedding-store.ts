// The port of the embedder in the fewest words: what every store has to do, this one does.
import { EmbeddingError } from "../../src/errors.ts";
import type {
  CastContent,
  CastSelection,
  ClaimedCast,
  EmbeddedPart,
  EmbeddingPlan,
  EmbeddingSet,
  EmbeddingStore,
  FinishedCast,
  LeaseId,
  Mention,
} from "../../src/index.ts";

/** A cast as a sync leaves it. */
export interface StoredCast {
  readonly fid: bigint;
  readonly hash: Uint8Array;
  readonly text: string;
  readonly mentions?: readonly Mention[];
  readonly timestamp?: Date;
  /** Parent URL of a channel. */
  readonly channel?: string;
  /** Keys of the casts that it replies to and embeds. */
  readonly parent?: string;
  readonly quotes?: readonly string[];
}

/** A cast that is to be looked at. */
interface Note {
  /** Whether it was there before the set. */
  readonly isOld: boolean;
  readonly lease: { readonly id: LeaseId; readonly until: number } | undefined;
}

interface MemorySet {
  readonly set: EmbeddingSet;
  plan: EmbeddingPlan;
  state: "building" | "serving" | "retired";
  readonly notes: Map<string, Note>;
  /** Casts that were there and are not reached yet. */
  toWalk: string[];
  readonly parts: Map<string, readonly EmbeddedPart[]>;
  readonly refusals: Map<string, string>;
  castCount: number;
  textCount: number;
  tokenCount: number;
  readonly errors: string[];
}

/** Methods of the port that a test may have fail, or watch. */
type StoreMethod = Exclude<keyof EmbeddingStore, "close">;

/** A store, and what a sync and a test do to it. */
export interface MemoryEmbeddingStore extends EmbeddingStore {
  readonly casts: ReadonlyMap<string, StoredCast>;
  /** Called before each call; what it throws is what the call throws. */
  beforeCall: (method: StoreMethod) => Promise<void> | void;
  isHistoryLoading: boolean;
  put(cast: StoredCast): void;
  remove(key: string): void;
  findSet(setId: number): MemorySet;
  /** The set that is searched. */
  findServing(): MemorySet | undefined;
}

/** Options of {@link createMemoryEmbeddingStore}. */
export interface MemoryEmbeddingStoreOptions {
  /** Clock of the leases. */
  readonly now?: () => number;
}

/** Names a cast. */
export function keyOf({ fid, hash }: { fid: bigint; hash: Uint8Array }): string {
  return `${fid}/${Buffer.from(hash).toString("hex")}`;
}

/** A cast by the account of its number. */
export function aCast(number: number, text: string, rest: Partial<StoredCast> = {}): StoredCast {
  return { fid: BigInt(number), hash: new Uint8Array(20).fill(number % 256), text, ...rest };
}

/** Whether a selection takes a cast. */
export function isSelected(cast: StoredCast, selection: CastSelection): boolean {
  const { minCharacters = 0, fids, since, until, channels } = selection;
  const time = cast.timestamp ?? new Date(0);
  return (
    [...cast.text].length >= minCharacters &&
    (fids === undefined || fids.includes(cast.fid)) &&
    (since === undefined || time >= since) &&
    (until === undefined || time < until) &&
    (channels === undefined || (cast.channel !== undefined && channels.includes(cast.channel)))
  );
}

function isSame(a: object, b: object): boolean {
  const write = (value: object) =>
    JSON.stringify(Object.entries(value).sort(), (_, item) =>
      typeof item === "bigint" ? `${item}` : item,
    );
  return write(a) === write(b);
}

/** Everything in memory. Every method is done in one go after it was called, as in a transaction. */
export function createMemoryEmbeddingStore(
  options: MemoryEmbeddingStoreOptions = {},
): MemoryEmbeddingStore {
  const { now = Date.now } = options;
  const casts = new Map<string, StoredCast>();
  // Of casts that are gone as well: a version never comes twice.
  const versions = new Map<string, number>();
  const sets: MemorySet[] = [];
  let current: MemorySet | undefined;

  function change(key: string): void {
    versions.set(key, (versions.get(key) ?? 0) + 1);
    // Whoever holds the cast holds what it was: it may be claimed again at once.
    if (current) {
      const isOld = current.notes.get(key)?.isOld ?? current.toWalk.includes(key);
      current.notes.set(key, { isOld, lease: undefined });
      current.toWalk = current.toWalk.filter((other) => other !== key);
    }
  }

  function findSet(setId: number): MemorySet {
    const found = sets.find((candidate) => candidate.set.setId === setId);
    if (!found) throw new Error(`There is no set ${setId}`);
    return found;
  }

  function contentOf(key: string, plan: EmbeddingPlan): CastContent | undefined {
    const cast = casts.get(key);
    if (!cast || !isSelected(cast, plan.selection)) return undefined;
    const { hasParent, hasQuotes } = plan.context;
    const textsOf = (keys: readonly string[]) =>
      keys.flatMap((other) => casts.get(other)?.text ?? []);
    const [parentText] = hasParent && cast.parent ? textsOf([cast.parent]) : [];
    const quotedTexts = hasQuotes ? textsOf(cast.quotes ?? []) : [];
    return { text: cast.text, mentions: cast.mentions ?? [], parentText, quotedTexts };
  }

  function walkAgain(target: MemorySet): void {
    target.toWalk = [...new Set([...casts.keys(), ...target.parts.keys()])].sort();
  }

  function makeSet(plan: EmbeddingPlan): MemorySet {
    const { model, version, dimension } = plan;
    const setId = sets.length + 1;
    const made: MemorySet = {
      set: { setId, model, version, dimension, vectorType: "real[]" },
      plan,
      state: "building",
      notes: new Map(),
      toWalk: [],
      parts: new Map(),
      refusals: new Map(),
      castCount: 0,
      textCount: 0,
      tokenCount: 0,
      errors: [],
    };
    sets.push(made);
    walkAgain(made);
    return made;
  }

  function retire(target: MemorySet): void {
    target.state = "retired";
    target.parts.clear();
    target.notes.clear();
    target.toWalk = [];
  }

  function takeUp(plan: EmbeddingPlan): EmbeddingSet {
    const { model, version, recipe, dimension } = plan;
    const known = sets.find(
      ({ plan: other, state }) =>
        state !== "retired" &&
        other.model === model &&
        other.version === version &&
        other.recipe === recipe,
    );
    if (known && known.set.dimension !== dimension) {
      throw new EmbeddingError(
        "wrong_dimension",
        `Set ${known.set.setId} has vectors of ${known.set.dimension} numbers, not ${dimension}`,
      );
    }
    const target = known ?? makeSet(plan);
    // What happened while another set was current was not noted.
    const isLookedThrough = current === target && isSame(target.plan.selection, plan.selection);
    if (known && !isLookedThrough) walkAgain(known);
    // A set that never served is of no use once it is left.
    if (current && current !== target && current.state === "building" && servingOf() !== current) {
      retire(current);
    }
    target.plan = plan;
    current = target;
    return target.set;
  }

  function servingOf(): MemorySet | undefined {
    const live = sets.filter(({ state }) => state !== "retired");
    return live.find(({ state }) => state === "serving") ?? live[0];
  }

  function requireCurrent(setId: number): MemorySet {
    const target = findSet(setId);
    if (target === current) return target;
    throw new EmbeddingError("superseded", `Set ${setId} is no longer made: another was taken up`);
  }

  function claimCasts(
    target: MemorySet,
    { leaseId, limit, leaseMs }: { leaseId: LeaseId; limit: number; leaseMs: number },
  ): ClaimedCast[] {
    const free = [...target.notes]
      .filter(([, { lease }]) => lease === undefined || lease.until <= now())
      .map(([key]) => key);
    const keys = free.slice(0, limit);
    for (const key of target.toWalk.splice(0, limit - keys.length)) {
      if (target.notes.has(key)) continue;
      target.notes.set(key, { isOld: true, lease: undefined });
      keys.push(key);
    }
    return keys.map((key) => {
      const isOld = target.notes.get(key)?.isOld ?? true;
      target.notes.set(key, { isOld, lease: { id: leaseId, until: now() + leaseMs } });
      const [fid, hash] = key.split("/") as [string, string];
      return {
        fid: BigInt(fid),
        hash: new Uint8Array(Buffer.from(hash, "hex")),
        version: versions.get(key) ?? 0,
        content: contentOf(key, target.plan),
      };
    });
  }

  function finishCast(target: MemorySet, leaseId: LeaseId, cast: FinishedCast): void {
    const key = keyOf(cast);
    const isHeld = target.notes.get(key)?.lease?.id === leaseId;
    if (!isHeld || versions.get(key) !== cast.version) return;
    target.notes.delete(key);
    target.castCount += 1;
    if (cast.parts.length > 0) target.parts.set(key, cast.parts);
    else target.parts.delete(key);
    if (cast.refusal === undefined) target.refusals.delete(key);
    else target.refusals.set(key, cast.refusal);
  }

  /** Methods as promises that a test may have fail before they have done anything. */
  const before = async (method: StoreMethod) => await store.beforeCall(method);

  const store: MemoryEmbeddingStore = {
    casts,
    beforeCall: () => undefined,
    isHistoryLoading: false,
    put(cast) {
      casts.set(keyOf(cast), cast);
      change(keyOf(cast));
    },
    remove(key) {
      if (casts.delete(key)) change(key);
    },
    findSet,
    findServing: servingOf,
    async takeUp(plan) {
      await before("takeUp");
      return takeUp(plan);
    },
    async isLoading() {
      await before("isLoading");
      return store.isHistoryLoading;
    },
    async claim(request) {
      await before("claim");
      return claimCasts(requireCurrent(request.setId), request);
    },
    async findVectors(setId, contentHashes) {
      await before("findVectors");
      const wanted = new Set(contentHashes.map((hash) => Buffer.from(hash).toString("hex")));
      const found = new Map<string, Float32Array>();
      for (const part of [...findSet(setId).parts.values()].flat()) {
        const key = Buffer.from(part.contentHash).toString("hex");
        if (wanted.has(key)) found.set(key, part.vector);
      }
      return found;
    },
    async finish(claim) {
      await before("finish");
      const target = findSet(claim.setId);
      target.textCount += claim.textCount;
      target.tokenCount += claim.tokenCount;
      for (const cast of claim.casts) finishCast(target, claim.leaseId, cast);
    },
    async renew(leaseId, leaseMs) {
      await before("renew");
      for (const { notes } of sets) {
        for (const [key, note] of notes) {
          if (note.lease?.id !== leaseId) continue;
          notes.set(key, { ...note, lease: { id: leaseId, until: now() + leaseMs } });
        }
      }
    },
    async release(leaseId) {
      await before("release");
      for (const { notes } of sets) {
        for (const [key, note] of notes) {
          if (note.lease?.id === leaseId) notes.set(key, { ...note, lease: undefined });
        }
      }
    },
    async complete(setId) {
      await before("complete");
      const target = findSet(setId);
      const isReached = target.toWalk.length === 0;
      const hasOld = [...target.notes.values()].some(({ isOld }) => isOld);
      if (target === current && target.state === "building" && isReached && !hasOld) {
        for (const other of sets) if (other !== target) retire(other);
        target.state = "serving";
      }
      const isServed = target === current && target.state === "serving";
      return isServed && isReached && target.notes.size === 0;
    },
    async recordError(setId, message) {
      await before("recordError");
      findSet(setId).errors.push(message);
    },
    close: async () => undefined,
  };
  return store;
}
