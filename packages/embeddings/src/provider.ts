/** What a text is to a model: some embed what is searched for otherwise than what is found. */
export type TextRole = "document" | "query";

/** What a provider makes of texts. */
export interface EmbeddedTexts {
  /** One for each text, in their order, each of the provider's dimension. */
  readonly vectors: readonly Float32Array[];
  /** Tokens that the provider counted; undefined where it does not say. */
  readonly tokenCount: number | undefined;
}

/** How texts are embedded. */
export interface EmbedOptions {
  /** @default "document" */
  readonly role?: TextRole | undefined;
  /** Ends the call, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Turns texts into vectors. Any model behind any interface can be one; `openHttpProvider` and
 * `openLocalProvider` make the usual ones.
 */
export interface EmbeddingProvider extends AsyncDisposable {
  /** The model's name, kept beside its vectors: two models of one name are taken for one. */
  readonly model: string;
  /** Numbers in a vector. */
  readonly dimension: number;
  /**
   * What else decides its vectors, such as the words it puts before a document: with another one
   * everything is embedded anew. Left out when nothing does.
   */
  readonly recipe?: string | undefined;
  /** Longest text, in tokens. Longer ones are embedded in parts. */
  readonly maxTokens: number;
  /** Most texts of one call. */
  readonly maxBatchTexts: number;
  /** Tokens of a text: exactly, or rather too many than too few. */
  countTokens(text: string): number;
  /**
   * Embeds texts, none of them empty. Retries by itself what may pass.
   *
   * @throws {EmbeddingError} when it fails; with `text_refused` for a call of one text that the
   * provider does not take, and for one of several when it may be any of them
   */
  embed(texts: readonly string[], options?: EmbedOptions): Promise<EmbeddedTexts>;
}
