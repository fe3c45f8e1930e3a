import { expect, it } from "vitest";
import { cursorExpired, SyncError } from "../src/errors.ts";

it("tells what waiting may mend from what somebody has to change", () => {
  const isRetryable = (code: ConstructorParameters<typeof SyncError>[0]) =>
    new SyncError(code, "said so").retryable;

  expect(isRetryable("node_behind")).toBe(true);
  expect(isRetryable("no_snapshot")).toBe(true);
  expect(isRetryable("no_replication")).toBe(false);
  expect(isRetryable("unknown_shard")).toBe(false);
  expect(cursorExpired(1, 5n, 9n)).toMatchObject({ retryable: false, shardId: 1, firstBlock: 9n });
});
