/** Runs at most a fixed number of tasks at a time, in the order they came. */
export interface Lanes {
  run<Result>(task: () => Promise<Result>): Promise<Result>;
}

/** Creates lanes that are all free. */
export function createLanes(count: number): Lanes {
  let freeCount = count;
  const waiting: (() => void)[] = [];
  return {
    async run(task) {
      if (freeCount > 0) freeCount -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else freeCount += 1;
      }
    },
  };
}
