/** What is the case, by what it is about: one line of text each, equal exactly when the facts are. */
export type Facts = ReadonlyMap<string, string>;

/** Facts as they are gathered. */
export interface FactBook {
  readonly facts: Facts;
  /** Notes a fact. A subject that has one already is a fault of whoever tells it. */
  note(subject: string, ...details: readonly (string | number | bigint | undefined)[]): void;
}

/** Creates an empty book. */
export function createFactBook(): FactBook {
  const facts = new Map<string, string>();
  return {
    facts,
    note(subject, ...details) {
      const fact = details.map((detail) => String(detail ?? "-")).join(" ");
      const known = facts.get(subject);
      facts.set(subject, known === undefined ? fact : `${known}; and again ${fact}`);
    },
  };
}

/** Bytes as text. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Whole unix seconds of an instant. */
export function toSeconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}

/** A text that may hold anything, on one line; absent ones told from empty ones. */
export function quoted(text: string | null | undefined): string {
  return text === null || text === undefined ? "-" : JSON.stringify(text);
}
