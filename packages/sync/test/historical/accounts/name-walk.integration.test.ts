// Names that pages do not list: written with the last page of a partition, or in steps behind it.
import type { NodeClient } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import type { Store } from "@snaprag/storage";
import { homeShardOf, virtualShardOf } from "@snaprag/verify";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createSyncer } from "../../../src/index.ts";
import { differences, newStore, startDevnet } from "../../support/mirrors.ts";

let devnet: Devnet;
let store: Store;

beforeEach(async () => {
  devnet = await startDevnet({ users: 20, messages: 1500 });
  store = newStore();
});
afterEach(() => devnet.stop());

/** An account that has a registered name. */
function findNamed(): bigint {
  for (const entry of devnet.listLive()) if (entry.kind === "fname") return entry.proof.fid;
  throw new Error("the devnet has no names");
}

/** Accounts that nobody has registered, of the same partition as one that somebody has. */
function strangersBeside(fid: bigint, count: number): readonly bigint[] {
  const strangers: bigint[] = [];
  for (let other = 1_000_000n; strangers.length < count; other++) {
    const isBeside = virtualShardOf(other) === virtualShardOf(fid);
    if (isBeside && homeShardOf(other, 2) === homeShardOf(fid, 2)) strangers.push(other);
  }
  return strangers;
}

/** A node that lists more accounts than it has anything of. */
function withAccounts(client: NodeClient, fids: readonly bigint[], shardId: number): NodeClient {
  const getFids: NodeClient["hub"]["getFids"] = async (request, options) => {
    const page = await client.hub.getFids(request, options);
    return request?.shardId === shardId ? { ...page, fids: [...page.fids, ...fids] } : page;
  };
  return { ...client, hub: { ...client.hub, getFids } };
}

/** A step that was written: where its partition stood, and how often it has names of the account. */
interface Step {
  readonly token: string | null;
  readonly nameCount: number;
}

/** Mirrors the devnet; returns the steps of an account's partition, in order. */
async function mirror(fid: bigint, strangers: readonly bigint[]) {
  const shardId = homeShardOf(fid, 2);
  const virtualShard = virtualShardOf(fid);
  const steps: Step[] = [];
  const watched: Store = {
    ...store,
    async applyPage(page) {
      const isOfAccount = page.shardId === shardId && page.virtualShard === virtualShard;
      const names = page.changes.filter(
        (change) =>
          change.kind === "merge" && change.table === "fname_transfers" && change.row.fid === fid,
      );
      if (isOfAccount) steps.push({ token: page.pageToken, nameCount: names.length });
      await store.applyPage(page);
    },
  };
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  const node = withAccounts(client, strangers, shardId);
  await createSyncer({ client: node, store: watched, holder: "a test" }).run({ untilSynced: true });
  return steps;
}

const isOfNames = ({ token }: Step) => token?.startsWith("names-from:");
const countNames = (steps: readonly Step[]) => steps.reduce((sum, step) => sum + step.nameCount, 0);

it("writes the names of up to 64 accounts with the last page", async () => {
  const fid = findNamed();
  const steps = await mirror(fid, strangersBeside(fid, 40));

  expect(steps.filter(isOfNames)).toEqual([]);
  // Each once as the pages list it and once as the node is asked for it.
  expect(countNames(steps)).toBeGreaterThanOrEqual(2);
  expect(countNames(steps) % 2).toBe(0);
  expect(await differences(devnet, store)).toEqual([]);
});

it("goes from the last page to the names of more accounts, 64 at a time", async () => {
  const fid = findNamed();
  const steps = await mirror(fid, strangersBeside(fid, 140));

  const ofNames = steps.filter(isOfNames);
  expect(ofNames).toHaveLength(3);
  expect(ofNames[0]?.token).toBe("names-from:0");
  expect(steps.at(-1)).toBe(ofNames[2]);
  expect(countNames(ofNames)).toBeGreaterThanOrEqual(1);
  expect(countNames(steps)).toBe(2 * countNames(ofNames));
  expect(await differences(devnet, store)).toEqual([]);
});
