/** What a run may spend, and what of it is promised to calls that are under way. */
export interface Budget {
  /** Promises texts that are about to be sent; false, and nothing promised, when it is too much. */
  reserve(textCount: number, tokenCount: number): boolean;
  /** Takes back what was promised to texts that were not embedded after all. */
  refund(textCount: number, tokenCount: number): void;
  /** Whether there is no more to spend, as far as is known. */
  isUsedUp(): boolean;
}

/** The most that a run may spend. */
export interface BudgetLimits {
  readonly maxTextCount: number;
  readonly maxTokenCount: number;
}

/** A budget of which nothing is spent. */
export function createBudget({ maxTextCount, maxTokenCount }: BudgetLimits): Budget {
  let textsLeft = maxTextCount;
  let tokensLeft = maxTokenCount;
  // Less than the next cast needs is left, unless more comes back.
  let isTooLittle = false;
  return {
    reserve(textCount, tokenCount) {
      // A provider may count more than was thought: what costs nothing is still to be had.
      if (textCount === 0) return true;
      if (textCount > textsLeft || tokenCount > tokensLeft) {
        isTooLittle = true;
        return false;
      }
      textsLeft -= textCount;
      tokensLeft -= tokenCount;
      return true;
    },
    refund(textCount, tokenCount) {
      textsLeft += textCount;
      tokensLeft += tokenCount;
      if (textCount > 0 || tokenCount > 0) isTooLittle = false;
    },
    isUsedUp: () => isTooLittle || textsLeft <= 0 || tokensLeft <= 0,
  };
}
