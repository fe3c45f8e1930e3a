// What a check comes to.
import { explainFailure } from "../../errors/explain-failure.ts";
import type { FailureCode } from "../../exit-codes.ts";

/** A sentence about what was looked at. */
interface Sentence {
  /** Such as `node http://localhost:3383`. */
  readonly subject: string;
  /** Without its subject. */
  readonly what: string;
}

/** All is well. */
interface Fine extends Sentence {
  readonly outcome: "ok";
}

/** A sync does with it, and may not do well. */
interface Warning extends Sentence {
  readonly outcome: "warning";
  /** One sentence: what to do. */
  readonly advice: string;
}

/** A sync does not do with it. */
export interface Failure extends Sentence {
  readonly outcome: "failed";
  /** One sentence: what to do. */
  readonly advice: string;
  /** How a sync would end. */
  readonly code: FailureCode;
}

/** What one check found. */
export type Finding = Fine | Warning | Failure;

/** The findings about one subject. */
export interface Findings {
  readonly list: readonly Finding[];
  ok(what: string): void;
  warn(what: string, advice: string): void;
  fail(code: FailureCode, what: string, advice: string): void;
  /** A failure of whatever kind, in a person's words. */
  failWith(error: unknown): void;
}

/** Begins to look at a subject. */
export function findingsOf(subject: string): Findings {
  const list: Finding[] = [];
  const fail: Findings["fail"] = (code, what, advice) => {
    list.push({ outcome: "failed", subject, what, advice, code });
  };
  return {
    list,
    ok: (what) => void list.push({ outcome: "ok", subject, what }),
    warn: (what, advice) => void list.push({ outcome: "warning", subject, what, advice }),
    fail,
    failWith(error) {
      const { code, what, advice } = explainFailure(error);
      fail(code, what, advice);
    },
  };
}
