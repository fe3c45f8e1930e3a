// What the embedder needs of whoever keeps casts and vectors. `@snaprag/storage-postgres/embeddings`
// is one.

/** Which casts are embedded. All of what is given must hold; what is left out holds of any. */
export interface CastSelection {
  /** Fewest characters of text, by code point. */
  readonly minCharacters?: number | undefined;
  /** Authors. */
  readonly fids?: readonly bigint[] | undefined;
  /** Earliest time of the cast, inclusive. */
  readonly since?: Date | undefined;
  /** Latest time of the cast, exclusive. */
  readonly until?: Date | undefined;
  /** Parent URLs of channels. */
  readonly channels?: readonly string[] | undefined;
}

/** What goes into a text besides the cast's own. */
export interface CastContext {
  /** The text of the cast that it replies to. */
  readonly hasParent: boolean;
  /** The texts of the casts that it embeds. */
  readonly hasQuotes: boolean;
}

/**
 * How vectors are kept. `auto` takes pgvector where the database has it, and plain arrays, which are
 * searched one by one, elsewhere.
 */
export type VectorStorage = "auto" | "pgvector" | "array";

/** A model, and how casts become its texts: vectors of one set can be compared with each other. */
export interface EmbeddingPlan {
  readonly model: string;
  /** Version of the model, as the user numbers it: another one has everything embedded anew. */
  readonly version: string;
  /** How a cast becomes texts, in words: another one has everything embedded anew. */
  readonly recipe: string;
  readonly dimension: number;
  readonly context: CastContext;
  /** Another selection is looked through from the beginning; what is embedded already stays. */
  readonly selection: CastSelection;
  readonly storage: VectorStorage;
}

/** A set of vectors, being made or complete. */
export interface EmbeddingSet {
  readonly setId: number;
  readonly model: string;
  readonly version: string;
  readonly dimension: number;
  /**
   * Type of the column that holds the vectors: `halfvec` and `vector` are pgvector's, `real[]` is
   * searched one by one.
   */
  readonly vectorType: "halfvec" | "vector" | "real[]";
}

/** One cast to look at, as it is now. */
export interface ClaimedCast {
  readonly fid: bigint;
  /** 20 bytes. */
  readonly hash: Uint8Array;
  /** Counts the changes of the cast: what is made of this one is void once it has changed again. */
  readonly version: number;
  /** Undefined when it is not to be embedded: it was removed, or is not selected. */
  readonly content: CastContent | undefined;
}

/** What a cast says, and what it speaks of. */
export interface CastContent {
  readonly text: string;
  /** Mentioned accounts, in the order of their positions. */
  readonly mentions: readonly Mention[];
  /** Text of the cast that it replies to, where it is wanted and there. */
  readonly parentText: string | undefined;
  /** Texts of the casts that it embeds, where they are wanted and there. */
  readonly quotedTexts: readonly string[];
}

/** An account that a cast mentions: its name stands nowhere in the text. */
export interface Mention {
  readonly fid: bigint;
  /** Byte offset into the UTF-8 text where the name belongs. */
  readonly position: number;
  /** The account's current name; undefined when it has none. */
  readonly username: string | undefined;
}

/** A part of a cast's text, with its vector. */
export interface EmbeddedPart {
  /** Of the whole text that was embedded: 16 bytes. Equal texts have equal vectors. */
  readonly contentHash: Uint8Array;
  readonly vector: Float32Array;
}

/** A cast that is done. */
export interface FinishedCast {
  readonly fid: bigint;
  readonly hash: Uint8Array;
  /** As it was claimed. */
  readonly version: number;
  /** Every part of the text, in order; none removes what there is. */
  readonly parts: readonly EmbeddedPart[];
  /** Why a provider refuses the text, so that it is not asked again. */
  readonly refusal?: string | undefined;
}

/** What a claim is held by: one for each claim of each embedder. */
export type LeaseId = string;

/** Casts to be claimed. */
export interface ClaimRequest {
  readonly setId: number;
  readonly leaseId: LeaseId;
  /** Most casts. */
  readonly limit: number;
  /** Time after which others may claim what was neither finished nor released, in milliseconds. */
  readonly leaseMs: number;
}

/** What a claim cost, to be added to the set's counts. */
export interface EmbeddingCosts {
  /** Texts that the provider was sent. */
  readonly textCount: number;
  /** Tokens that the provider counted. */
  readonly tokenCount: number;
}

/** Casts that are done, of one claim. */
export interface FinishedClaim extends EmbeddingCosts {
  readonly setId: number;
  readonly leaseId: LeaseId;
  readonly casts: readonly FinishedCast[];
}

/**
 * Keeps casts and their vectors. All of its methods are safe to call from several processes at a
 * time, and leave either everything or nothing behind.
 */
export interface EmbeddingStore {
  /**
   * Takes up a set: makes it when it is new, and from now on notes every cast that comes, goes or
   * changes. The set that was taken up before serves until the new one is complete, but whoever
   * still makes it is told `superseded`.
   *
   * @throws {EmbeddingError} `wrong_dimension` when the set's vectors have another length,
   * `extension_missing` when pgvector is wanted and not there
   */
  takeUp(plan: EmbeddingPlan): Promise<EmbeddingSet>;
  /** Whether a sync is downloading history just now: it has the database for itself meanwhile. */
  isLoading(): Promise<boolean>;
  /**
   * Claims casts that are to be looked at: changed ones first, then what was there before the set.
   * Empty when there are none just now, or none was found for some seconds of looking for them.
   *
   * @throws {EmbeddingError} `superseded` when another set was taken up
   */
  claim(request: ClaimRequest): Promise<readonly ClaimedCast[]>;
  /** Vectors of texts that were embedded before, by content hash as hex. */
  findVectors(
    setId: number,
    contentHashes: readonly Uint8Array[],
  ): Promise<ReadonlyMap<string, Float32Array>>;
  /**
   * Writes what a claim came to, in one transaction. Casts that have changed since, or that
   * others have claimed since, are left as they are.
   */
  finish(claim: FinishedClaim): Promise<void>;
  /** Keeps what of a claim is not finished from others for so much longer, from now on. */
  renew(leaseId: LeaseId, leaseMs: number): Promise<void>;
  /** Gives back what of a claim is not finished, for others to claim at once. */
  release(leaseId: LeaseId): Promise<void>;
  /**
   * Completes a set once everything that was there before it is done: builds its index, lets it
   * serve, and drops the set before it; quick when there is nothing to do, and when others do it.
   *
   * Returns whether there is nothing left to do: the set serves, everything has been looked through,
   * also for the selection that it has now, and no cast is to be looked at, nor is with anybody.
   *
   * The signal breaks off what takes long, such as an index: it then rejects with the signal's reason, and
   * the next call begins with that again.
   */
  complete(setId: number, signal?: AbortSignal): Promise<boolean>;
  /** Counts a failure, for `status`. */
  recordError(setId: number, message: string): Promise<void>;
  /** Closes its connections. Twice is as good as once. */
  close(): Promise<void>;
}
