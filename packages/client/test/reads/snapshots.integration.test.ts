import { status } from "@grpc/grpc-js";
import { GetShardSnapshotMetadataResponse, GetShardTransactionsResponse } from "@snaprag/proto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NodeClient, SnapshotPage } from "../../src/index.ts";
import { clientOn } from "../support/client-on.ts";
import { collect, eventually, rejectionOf } from "../support/eventually.ts";
import type { TestNode } from "../support/test-node.ts";
import { grpcFailure, stall, startTestNode } from "../support/test-node.ts";
import { anAccountRoot, anEntry, aSnapshot } from "../support/wire-values.ts";

let node: TestNode;
let client: NodeClient;
beforeEach(async () => {
  node = await startTestNode();
  client = clientOn(node).client;
});
afterEach(async () => {
  await client.close();
  node.close();
});

function answerSnapshots(...heights: bigint[]): void {
  const snapshots = heights.map(aSnapshot);
  node.answer("getShardSnapshotMetadata", () =>
    GetShardSnapshotMetadataResponse.create({ snapshots }),
  );
}

function answerFailure(
  method: "getShardSnapshotMetadata" | "getShardTransactions",
  text: string,
): void {
  node.answer(method, () => {
    throw grpcFailure(status.INTERNAL, text);
  });
}

describe("listSnapshots()", () => {
  it("puts the newest first, whatever order the node has", async () => {
    answerSnapshots(57_600n, 86_400n, 28_800n);

    const snapshots = await client.listSnapshots(1);

    expect(snapshots.map(({ height }) => height)).toEqual([86_400n, 57_600n, 28_800n]);
    expect(node.requests("getShardSnapshotMetadata")).toMatchObject([{ shardId: 1 }]);
  });

  it("is empty when all snapshots have expired", async () => {
    answerSnapshots();

    expect(await client.listSnapshots(1)).toEqual([]);
  });

  it("fails with snapshot_unavailable when the node has taken none", async () => {
    answerFailure(
      "getShardSnapshotMetadata",
      "Failed to get snapshot metadata: Shard store not found for shard 1",
    );

    await expect(client.listSnapshots(1)).rejects.toMatchObject({ code: "snapshot_unavailable" });
    expect(node.seen).toHaveLength(1);
  });

  it("fails with unimplemented at a node without ReplicationService", async () => {
    await expect(client.listSnapshots(1)).rejects.toMatchObject({ code: "unimplemented" });
  });
});

describe("findNewestSnapshot()", () => {
  it("finds the greatest height", async () => {
    answerSnapshots(2n ** 40n, 2n ** 40n + 1n, 5n);

    expect((await client.findNewestSnapshot(1))?.height).toBe(2n ** 40n + 1n);
  });

  it("finds nothing when all snapshots have expired", async () => {
    answerSnapshots();

    expect(await client.findNewestSnapshot(1)).toBeUndefined();
  });
});

const partition = { shardId: 1, height: 28_800n, virtualShard: 7 };

/** Serves one page for each list of keys; the token of a page is its number. */
function answerPages(...pages: (readonly number[])[]): void {
  node.answer("getShardTransactions", ({ pageToken }) => {
    const index = Number(pageToken ?? 0);
    const keys = pages[index] ?? [];
    return GetShardTransactionsResponse.create({
      trieMessages: keys.map((key) => anEntry(Uint8Array.of(key))),
      fidAccountRoots: keys.map((key) => anAccountRoot(BigInt(key))),
      nextPageToken: index + 1 < pages.length ? String(index + 1) : undefined,
    });
  });
}

describe("readPackedSnapshotPages()", () => {
  it("fetches the next page when one is unpacked", async () => {
    answerPages([1], [2], [3]);
    const pages = client.readPackedSnapshotPages(partition)[Symbol.asyncIterator]();
    const first = await pages.next();
    await client.listSnapshots(1).catch(() => undefined);
    expect(node.requests("getShardTransactions")).toHaveLength(1);

    const page = first.value?.unpack();

    await eventually(() => expect(node.requests("getShardTransactions")).toHaveLength(2));
    expect(page?.nextPageToken).toBe("1");
    expect(first.value?.unpack()).toEqual(page);
    await client.listSnapshots(1).catch(() => undefined);
    expect(node.requests("getShardTransactions")).toHaveLength(2);
    await pages.return?.();
  });

  it("goes on behind pages that nobody unpacks", async () => {
    answerPages([1], [2], [3]);

    const pages = await collect(client.readPackedSnapshotPages(partition));

    expect(pages.map((page) => page.unpack().pageToken)).toEqual([undefined, "1", "2"]);
  });
});

describe("readSnapshotPages()", () => {
  it("yields the pages in order, each with the token that fetched it", async () => {
    answerPages([1, 2], [3], [4]);

    const pages = await collect(client.readSnapshotPages(partition));

    expect(pages).toEqual<SnapshotPage[]>([
      {
        entries: [anEntry(Uint8Array.of(1)), anEntry(Uint8Array.of(2))],
        accountRoots: [anAccountRoot(1n), anAccountRoot(2n)],
        pageToken: undefined,
        nextPageToken: "1",
      },
      {
        entries: [anEntry(Uint8Array.of(3))],
        accountRoots: [anAccountRoot(3n)],
        pageToken: "1",
        nextPageToken: "2",
      },
      {
        entries: [anEntry(Uint8Array.of(4))],
        accountRoots: [anAccountRoot(4n)],
        pageToken: "2",
        nextPageToken: undefined,
      },
    ]);
    expect(node.requests("getShardTransactions")[0]).toMatchObject({
      shardId: 1,
      height: 28_800n,
      trieVirtualShard: 7,
      pageToken: undefined,
    });
  });

  it("yields an empty last page, so that every partition ends with one that says so", async () => {
    answerPages([1], []);

    const pages = await collect(client.readSnapshotPages(partition));

    expect(pages.map(({ nextPageToken }) => nextPageToken)).toEqual(["1", undefined]);
    expect(pages[1]?.entries).toEqual([]);
  });

  it("yields one empty page of an empty virtual shard", async () => {
    answerPages([]);

    expect(await collect(client.readSnapshotPages(partition))).toHaveLength(1);
  });

  it("resumes at a page token", async () => {
    answerPages([1], [2], [3]);

    const pages = await collect(client.readSnapshotPages({ ...partition, pageToken: "1" }));

    expect(pages.map(({ pageToken }) => pageToken)).toEqual(["1", "2"]);
  });

  it("takes an empty page token for the start, as the node does", async () => {
    answerPages([1], [2]);

    const pages = await collect(client.readSnapshotPages({ ...partition, pageToken: "" }));

    expect(pages.map(({ pageToken }) => pageToken)).toEqual([undefined, "1"]);
  });

  it("fetches exactly one page ahead of the consumer", async () => {
    answerPages([1], [2], [3], [4]);
    const pages = client.readSnapshotPages(partition)[Symbol.asyncIterator]();
    expect(node.seen).toHaveLength(0);

    for (const expected of [2, 3, 4]) {
      await pages.next();
      await eventually(() => expect(node.openCallCount()).toBe(0));
      // A page more than that would have been asked for in the same turn.
      await client.listSnapshots(1).catch(() => undefined);
      expect(node.requests("getShardTransactions")).toHaveLength(expected);
    }
    await pages.return?.();
  });

  it("reports a failure of the page ahead only after the page before it", async () => {
    node.answer("getShardTransactions", ({ pageToken }) => {
      if (pageToken) {
        throw grpcFailure(
          status.INTERNAL,
          "Failed to get transactions: Invalid message: Invalid message type for FID 42: KeyAdd",
        );
      }
      return GetShardTransactionsResponse.create({ nextPageToken: "1" });
    });
    const pages = client.readSnapshotPages(partition)[Symbol.asyncIterator]();

    const first = await pages.next();
    await eventually(() => expect(node.requests("getShardTransactions")).toHaveLength(2));

    expect(first.value?.nextPageToken).toBe("1");
    expect(await rejectionOf(pages.next())).toMatchObject({ code: "unservable_page", fid: 42n });
  });

  it("retries a page whose failure may pass", async () => {
    let failures = 2;
    node.answer("getShardTransactions", () => {
      if (failures-- > 0) throw grpcFailure(status.UNAVAILABLE, "busy");
      return GetShardTransactionsResponse.create();
    });

    expect(await collect(client.readSnapshotPages(partition))).toHaveLength(1);
  });

  it("ends with snapshot_gone when the node drops the snapshot", async () => {
    answerFailure(
      "getShardTransactions",
      "Failed to get transactions: Store not found for shard 1 and height 28800: No stores found for the given height and shard",
    );

    const error = await rejectionOf(collect(client.readSnapshotPages(partition)));

    expect(error).toMatchObject({ code: "snapshot_gone" });
    expect(node.seen).toHaveLength(1);
  });

  it("does not follow a circle of page tokens", async () => {
    node.answer("getShardTransactions", ({ pageToken }) =>
      GetShardTransactionsResponse.create({ nextPageToken: pageToken === "a" ? "b" : "a" }),
    );

    const error = await rejectionOf(collect(client.readSnapshotPages(partition)));

    expect(error).toMatchObject({ code: "malformed_response", endpoint: node.endpoint });
    expect(node.seen).toHaveLength(3);
  });

  it("does not follow a circle back to the token it resumed at", async () => {
    node.answer("getShardTransactions", () =>
      GetShardTransactionsResponse.create({ nextPageToken: "here" }),
    );

    const pages = client.readSnapshotPages({ ...partition, pageToken: "here" });

    expect(await rejectionOf(collect(pages))).toMatchObject({ code: "malformed_response" });
    expect(node.seen).toHaveLength(1);
  });

  it("refuses an empty next page token, which would start over", async () => {
    node.answer("getShardTransactions", () =>
      GetShardTransactionsResponse.create({ nextPageToken: "" }),
    );

    const error = await rejectionOf(collect(client.readSnapshotPages(partition)));

    expect(error).toMatchObject({ code: "malformed_response" });
    expect(node.seen).toHaveLength(1);
  });

  it("cancels the page ahead when the consumer leaves", async () => {
    node.answer("getShardTransactions", async ({ pageToken }, call) =>
      pageToken ? await stall(call) : GetShardTransactionsResponse.create({ nextPageToken: "1" }),
    );

    for await (const _page of client.readSnapshotPages(partition)) {
      await eventually(() => expect(node.openCallCount()).toBe(1));
      break;
    }

    await eventually(() => expect(node.openCallCount()).toBe(0));
  });

  it.each([-1, 256, 1.5])("refuses virtual shard %d", (virtualShard) => {
    expect(() => client.readSnapshotPages({ ...partition, virtualShard })).toThrow(TypeError);
  });
});
