import { vi } from "vitest";

/** Waits until the assertions hold. */
export async function eventually(assertions: () => void): Promise<void> {
  await vi.waitFor(assertions, { timeout: 10_000, interval: 5 });
}

/** Everything an iterable yields. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** What a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => {
      throw new Error("Expected a rejection");
    },
    (reason: unknown) => reason,
  );
}
