import type { ResolvedDevnetOptions } from "../options.ts";

/** Makes blocks, by itself and on demand. */
export interface BlockLoop {
  produce(count: number): Promise<void>;
  pause(): void;
  resume(): void;
  /** Waits for the block that is being made, and makes no more. */
  stop(): Promise<void>;
}

/** Creates a loop that rests until {@link BlockLoop.resume}. */
export function createBlockLoop(
  produceBlock: () => Promise<void>,
  { blockMs, logger }: ResolvedDevnetOptions,
): BlockLoop {
  let timer: NodeJS.Timeout | undefined;
  let isActive = false;
  let isStopped = false;
  /** Blocks are made one at a time, whoever asks for them. */
  let lastBlock: Promise<void> = Promise.resolve();

  function produce(count: number): Promise<void> {
    const blocks = lastBlock.then(async () => {
      for (let made = 0; made < count && !isStopped; made++) await produceBlock();
    });
    // One that fails is its caller's to deal with, not the next caller's.
    lastBlock = blocks.catch(() => {});
    return blocks;
  }

  function schedule(): void {
    clearTimeout(timer);
    if (!isActive || isStopped || blockMs === 0) return;
    timer = setTimeout(() => {
      produce(1)
        .catch((err: unknown) => logger?.error({ err }, "block failed"))
        .finally(schedule);
    }, blockMs);
  }

  return {
    produce,
    pause() {
      isActive = false;
      clearTimeout(timer);
    },
    resume() {
      isActive = true;
      schedule();
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await lastBlock;
    },
  };
}
