// Pages that nobody keeps while they are written: given away once, and the same when made again.
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import type { PageBatch, Store } from "@snaprag/storage";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createSyncer } from "../../src/index.ts";
import { differences, newStore, startDevnet } from "../support/mirrors.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

let devnet: Devnet;
let store: Store;

beforeEach(async () => {
  devnet = await startDevnet({ users: 20, messages: 1500 });
  store = newStore();
});
afterEach(() => devnet.stop());

/** Mirrors the devnet into a store that looks at each page before it is written. */
async function mirror(look: (page: PageBatch) => Promise<void>): Promise<void> {
  const looking: Store = {
    ...store,
    async applyPage(page) {
      await look(page);
      await store.applyPage(page);
    },
  };
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  await createSyncer({ client, store: looking, holder: "a test" }).run({ untilSynced: true });
}

/** Whether somebody holds the first change of a page that was read and let go. */
async function isHeld(page: PageBatch): Promise<boolean> {
  const refer = () => {
    const [change] = page.changes;
    return change && new WeakRef(change);
  };
  const reference = refer();
  // What a reference gave stays until the end of the turn.
  await nextTurn();
  collectGarbage();
  return reference?.deref() !== undefined;
}

it("lets go of the changes of a page that a store has read", async () => {
  const held: boolean[] = [];
  await mirror(async (page) => {
    if (page.changes.length > 0) held.push(await isHeld(page));
  });

  expect(held.length).toBeGreaterThan(20);
  expect(held).not.toContain(true);
  expect(await differences(devnet, store)).toEqual([]);
});

it("makes the same changes again for a store that reads them again", async () => {
  const unlike: string[] = [];
  await mirror(async (page) => {
    const first = page.changes;
    if (!Object.is(JSON.stringify(first, plain), JSON.stringify(page.changes, plain))) {
      unlike.push(page.pageToken ?? "first");
    }
  });

  expect(unlike).toEqual([]);
  expect(await differences(devnet, store)).toEqual([]);
});

function plain(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
