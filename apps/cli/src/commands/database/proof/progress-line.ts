import { createLogUpdate } from "log-update";
import type { OutputStream } from "../../../output.ts";
import { progressBar } from "../../../screen/shard-line.ts";

const VIRTUAL_SHARDS = 256;

/** How far a shard was read, redrawn in place; nothing elsewhere than on a terminal. */
export interface ProgressLine extends Disposable {
  show(done: { readonly shardId: number; readonly virtualShards: number }): void;
  /** Makes room for lines that stay. */
  clear(): void;
}

/** Creates the line, which appears when it is first shown. */
export function createProgressLine(stdout: OutputStream): ProgressLine {
  if (!stdout.isTTY) return { show() {}, clear() {}, [Symbol.dispose]() {} };
  // Safety: log-update only writes to the stream and reads its size.
  const area = createLogUpdate(stdout as NodeJS.WriteStream);
  const clear = () => area.clear();
  return {
    show({ shardId, virtualShards }) {
      const bar = progressBar(virtualShards / VIRTUAL_SHARDS);
      area(`shard ${shardId}  ${bar}  ${virtualShards}/${VIRTUAL_SHARDS} virtual shards`);
    },
    clear,
    [Symbol.dispose]: clear,
  };
}
