import type { Store } from "@snaprag/storage";

/** Draws accounts of a store at random, each as likely as any other; all when there are no more. */
export async function drawAccounts(store: Store, count: number): Promise<readonly bigint[]> {
  await using view = await store.openView();
  const drawn: bigint[] = [];
  let seen = 0;
  for await (const fid of view.listAccounts()) {
    seen += 1;
    const place = drawn.length < count ? drawn.length : Math.floor(Math.random() * seen);
    if (place < count) drawn[place] = fid;
  }
  return drawn;
}
