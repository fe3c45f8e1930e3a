import { setImmediate as nextTurn } from "node:timers/promises";
import { MESSAGE_WIRE_TYPES } from "@snaprag/proto";
import { loadBlake3 } from "@snaprag/verify";
import { describe, expect, it } from "vitest";
import type { DevnetOptions, LiveEntry } from "../src/index.ts";
import { buildMessage, createDevnet, createSigner, DevnetError } from "../src/index.ts";
import { cast } from "./support/bodies.ts";
import { toHex } from "./support/bytes.ts";
import { readAllEvents } from "./support/mirror.ts";
import { connect } from "./support/rpc-client.ts";

/** For a machine that is busy with other things. */
const PATIENT = { timeout: 30_000 };
const SMALL = { blockMs: 0, messages: 600, users: 20 } as const;

async function withDevnet<Result>(
  options: DevnetOptions,
  use: (devnet: ReturnType<typeof createDevnet>) => Promise<Result>,
): Promise<Result> {
  const devnet = createDevnet(options);
  try {
    await devnet.start();
    return await use(devnet);
  } finally {
    await devnet.stop();
  }
}

function messagesOf(entries: Iterable<LiveEntry>) {
  return [...entries].flatMap((entry) => (entry.kind === "message" ? [entry] : []));
}

describe("the lifetime of a devnet", () => {
  it("begins with start() and not before", async () => {
    const devnet = createDevnet(SMALL);
    expect(() => devnet.endpoint).toThrow(DevnetError);
    expect(() => devnet.heights()).toThrow("[not_started]");
    await Promise.all([devnet.start(), devnet.start()]);

    expect(devnet.endpoint).toBe(`http://127.0.0.1:${devnet.port}`);
    expect(devnet.validators).toHaveLength(4);
    await devnet.stop();
  });

  it("ends with stop(), which frees the port, cuts streams and can be called again", async () => {
    const devnet = createDevnet(SMALL);
    await devnet.start();
    const { port } = devnet;
    const client = connect(port);
    const stream = client.hub.subscribe({ eventTypes: [11], shardIndex: 1 });
    const cut = new Promise((resolve) => stream.once("error", resolve));
    stream.on("data", () => {});
    await new Promise((resolve) => stream.once("metadata", resolve));
    await devnet.stop();
    await devnet.stop();
    await cut;

    await expect(devnet.start()).rejects.toMatchObject({ code: "stopped", retryable: false });
    await withDevnet({ ...SMALL, port }, async (next) => expect(next.port).toBe(port));
    client.close();
  });

  it("can be ended while it starts", async () => {
    const devnet = createDevnet({ ...SMALL, messages: 1_000_000, users: 50 });
    const starting = devnet.start();
    const refused = expect(starting).rejects.toMatchObject({ code: "stopped" });
    await nextTurn();
    await devnet.stop();

    await refused;
  });

  it("fails to start on a port that is taken", async () => {
    await withDevnet(SMALL, async ({ port }) => {
      const second = createDevnet({ ...SMALL, port });

      await expect(second.start()).rejects.toMatchObject({
        code: "listen_failed",
        cause: expect.any(Error),
      });
      await second.stop();
    });
  });

  it("ends with its scope", async () => {
    const devnet = createDevnet(SMALL);
    {
      await using scoped = devnet;
      await scoped.start();
    }

    await expect(devnet.start()).rejects.toMatchObject({ code: "stopped" });
  });
});

describe("blocks", () => {
  it("are made by hand, one after the other, of every shard", async () => {
    await withDevnet(SMALL, async (devnet) => {
      const before = devnet.heights();
      await Promise.all([devnet.produceBlock(3), devnet.produceBlock()]);

      for (const [shardId, height] of devnet.heights()) {
        expect(height).toBe(before.get(shardId)! + 4n);
      }
      expect(before.get(1)).not.toBe(before.get(2));
    });
  });

  it("come by themselves until paused, and again when resumed", async () => {
    await withDevnet({ ...SMALL, blockMs: 5 }, async (devnet) => {
      const height = () => devnet.heights().get(1)!;
      const atStart = height();
      await expect.poll(height, PATIENT).toBeGreaterThan(atStart + 2n);

      devnet.pause();
      await devnet.produceBlock();
      const paused = height();
      await devnet.produceBlock();
      expect(height()).toBe(paused + 1n);
      devnet.resume();
      await expect.poll(height, PATIENT).toBeGreaterThan(paused + 3n);
    });
  });

  it("have the real time when they come by themselves", async () => {
    const now = Date.UTC(2026, 4, 5);
    await withDevnet({ ...SMALL, blockMs: 1, now: () => now }, async (devnet) => {
      await devnet.produceBlock();
      const client = connect(devnet.port);
      const request = { shardId: 1, startBlockNumber: devnet.heights().get(1)! };
      const { shardChunks } = await client.hub.getShardChunks(request);

      expect(Number(shardChunks[0]!.header!.timestamp) + 1_609_459_200).toBe(now / 1000);
      client.close();
    });
  });
});

describe("what is live", () => {
  it("is listed as of the call, whatever blocks come while it is read", async () => {
    await withDevnet(SMALL, async (devnet) => {
      const before = [...devnet.listLive()];
      const listed = devnet.listLive();
      await devnet.produceBlock(20);

      expect([...listed]).toEqual(before);
      expect([...devnet.listLive()]).not.toEqual(before);
    });
  });
});

describe("what is submitted", () => {
  it("is in the next block, as the network's own users write it", async () => {
    await withDevnet({ ...SMALL, trafficPerBlock: 0 }, async (devnet) => {
      const [some] = messagesOf(devnet.listLive());
      const signer = devnet.findSigner(some!.fid)!;
      const draft = { type: "castAdd", fid: some!.fid, timestamp: 1, body: cast("gm") } as const;
      const message = buildMessage({ ...draft, signer });
      devnet.submit({ kind: "message", message });
      await devnet.produceBlock();

      const hashes = messagesOf(devnet.listLive()).map(({ hash }) => toHex(hash));
      expect(hashes).toContain(toHex(message.hash));
      expect(devnet.findSigner(9_999_999n)).toBeUndefined();
    });
  });

  it("is refused when it cannot be read or kept", async () => {
    await withDevnet(SMALL, async (devnet) => {
      const signer = createSigner("x");
      const draft = { type: "castAdd", fid: 1n, timestamp: 1, body: cast("gm") } as const;
      const message = { ...buildMessage({ ...draft, signer }), data: Uint8Array.of(0xff) };
      expect(() => devnet.submit({ kind: "message", message })).toThrow(TypeError);

      const transfer = { id: 1n, fromFid: 0n, proof: undefined };
      expect(() => devnet.submit({ kind: "fnameTransfer", transfer })).toThrow(TypeError);
    });
  });
});

describe("genesis", () => {
  it("ends with as many live messages as asked for, by a power law", async () => {
    await withDevnet({ blockMs: 0, messages: 10_000, users: 100 }, async (devnet) => {
      const messages = messagesOf(devnet.listLive());
      const counts = new Map<bigint, number>();
      for (const { fid } of messages) counts.set(fid, (counts.get(fid) ?? 0) + 1);
      const sizes = [...counts.values()].sort((a, b) => b - a);
      const shareOf = (...kinds: (keyof typeof MESSAGE_WIRE_TYPES)[]) => {
        const types = new Set<number>(kinds.map((kind) => MESSAGE_WIRE_TYPES[kind].messageType));
        return (
          messages.filter(({ messageType }) => types.has(messageType)).length / messages.length
        );
      };

      expect(Math.abs(messages.length - 10_000)).toBeLessThan(200);
      expect(sizes[0]! / messages.length).toBeGreaterThan(0.12);
      expect(sizes[0]! / sizes[Math.floor(sizes.length / 2)]!).toBeGreaterThan(10);
      expect(shareOf("reactionAdd")).toBeGreaterThan(0.65);
      expect(shareOf("castAdd")).toBeGreaterThan(0.12);
      expect(shareOf("linkAdd")).toBeGreaterThan(0.09);
    });
  });

  it("holds every kind of message that the protocol stores", async () => {
    await withDevnet({ blockMs: 0, messages: 3000, users: 60 }, async (devnet) => {
      const live = [...devnet.listLive()];
      const types = new Set(messagesOf(live).map(({ messageType }) => messageType));
      const expected = Object.entries(MESSAGE_WIRE_TYPES)
        .filter(([kind]) => kind !== "frameAction")
        .map(([, { messageType }]) => messageType);

      expect([...types].sort()).toEqual(expected.sort());
      expect(new Set(live.map(({ kind }) => kind))).toEqual(
        new Set(["message", "onChainEvent", "fname"]),
      );
    });
  });

  it("lets the whale of a large network fill more than ten pages", async () => {
    const options = { blockMs: 0, messages: 50_000, users: 100, gaslessKeys: false };
    await withDevnet(options, async (devnet) => {
      const counts = new Map<bigint, number>();
      for (const { fid } of messagesOf(devnet.listLive())) {
        counts.set(fid, (counts.get(fid) ?? 0) + 1);
      }

      expect(Math.max(...counts.values())).toBeGreaterThan(10_000);
    });
  });

  it("leaves users at their limits, so that live traffic prunes at once", async () => {
    await withDevnet({ blockMs: 0, messages: 6000, users: 40 }, async (devnet) => {
      await devnet.produceBlock(60);
      const client = connect(devnet.port);
      const events = await Promise.all([1, 2].map((shardId) => readAllEvents(client, shardId)));

      expect(events.flat().filter(({ type }) => type === 2).length).toBeGreaterThan(5);
      client.close();
    });
  });

  it("knows no gasless keys when there are to be none", async () => {
    await withDevnet({ ...SMALL, gaslessKeys: false }, async (devnet) => {
      await devnet.produceBlock(40);

      const types = messagesOf(devnet.listLive()).map(({ messageType }) => messageType);
      expect(types.filter((type) => type === 16 || type === 17)).toEqual([]);
    });
  });
});

describe("the same options", () => {
  /** A digest of everything that two nodes could differ in. */
  async function digestOf(options: DevnetOptions): Promise<string> {
    const blake3 = await loadBlake3();
    return withDevnet({ ...SMALL, ...options }, async (devnet) => {
      await devnet.produceBlock(25);
      const client = connect(devnet.port);
      const parts: unknown[] = [[...devnet.heights()]];
      for await (const block of client.hub.getBlocks({ startBlockNumber: 1n })) parts.push(block);
      for (const shardId of [1, 2]) {
        parts.push(await client.hub.getShardChunks({ shardId, startBlockNumber: 1n }));
        parts.push(await readAllEvents(client, shardId));
        parts.push(await client.replication.getShardSnapshotMetadata({ shardId }));
      }
      parts.push([...devnet.listLive()]);
      client.close();
      const text = JSON.stringify(parts, (_, value) =>
        typeof value === "bigint" ? String(value) : value,
      );
      return toHex(blake3.hash32(Buffer.from(text)));
    });
  }

  it("make the same network, byte for byte", async () => {
    expect(await digestOf({})).toBe(await digestOf({}));
  });

  it("make another network with another seed", async () => {
    expect(await digestOf({ seed: 2 })).not.toBe(await digestOf({ seed: 3 }));
  });
});
