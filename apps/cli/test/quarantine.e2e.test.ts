// The built program and what a mirror has set aside.
import { HashScheme, HubEvent, HubEventType, Message, SignatureScheme } from "@snaprag/proto";
import type { QuarantinedMessage } from "@snaprag/storage";
import { describe, expect, it } from "vitest";
import type { Ended } from "./support/built-cli.ts";
import { runCli } from "./support/built-cli.ts";
import type { Workplace } from "./support/databases.ts";
import { DATABASES, inEmptyFolder, onServer } from "./support/databases.ts";
import { withStore } from "./support/mirror.ts";

const BLOCK = 11n;
const AT = new Date("2026-06-01T00:00:00Z");

/** Position of the block's first event. */
const BLOCK_START = BLOCK << 14n;

/** Data of fid 1234 but for its first two bytes, the type: "Hello, Farcaster!" (docs/protocol.md 4.1). */
const DATA = "10d2091880b58e2d20012a13221148656c6c6f2c2046617263617374657221";

/** BLAKE3 of the data of each type: a cast, and a type that no version knows. */
const HASHES = {
  1: "27f49c6928369d64495f4c4dd142c2e7389ebf1e",
  99: "fa7515fb377b4bfe49fc29c52e9215a74b4dad42",
};

const fromHex = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));

/** What an older version set aside of an event: it knew of no message of this type. */
function setAside(messageType: 1 | 99): QuarantinedMessage {
  const message: Message = {
    ...Message.decode(new Uint8Array()),
    data: fromHex(`08${messageType.toString(16).padStart(2, "0")}${DATA}`),
    hash: fromHex(HASHES[messageType]),
    hashScheme: HashScheme.BLAKE3,
    signatureScheme: SignatureScheme.ED25519,
  };
  const event: HubEvent = {
    ...HubEvent.decode(new Uint8Array()),
    type: HubEventType.MERGE_MESSAGE,
    body: { $case: "mergeMessageBody", value: { message, deletedMessages: [] } },
  };
  return {
    shardId: 1,
    fid: 1234n,
    hash: message.hash,
    messageType,
    rawKind: "event",
    raw: HubEvent.encode(event).finish(),
    eventId: BLOCK_START + BigInt(messageType),
    at: AT,
    retireReason: null,
    reason: "unknown_type",
    detail: messageType === 99 ? "it says \u001b[2J\u009b2J and\nmessageType: 1" : null,
  };
}

/** A mirror that an older version has followed to block 11: a cast and something newer set aside. */
async function fill(workplace: Workplace): Promise<void> {
  const quarantined = [setAside(1), setAside(99)];
  await withStore(workplace, async (store) => {
    await store.migrate();
    await store.bindNetwork({ network: 1, shardCount: 1 });
    await store.startRealtime(1, BLOCK - 1n);
    await store.applyBlocks({
      shardId: 1,
      previousBlock: BLOCK - 1n,
      blockNumber: BLOCK,
      blockTime: AT,
      eventId: BLOCK_START + 16_383n,
      changes: [],
      messageCount: 0,
      quarantined,
    });
  });
}

function quarantine({ folder, databaseFlags }: Workplace, ...argv: string[]): Promise<Ended> {
  return runCli(["quarantine", ...argv, ...databaseFlags], { folder });
}

async function readJson(workplace: Workplace, ...argv: string[]) {
  const { exitCode, stdout, stderr } = await quarantine(workplace, ...argv, "--json");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout.trimEnd()).not.toContain("\n");
  return JSON.parse(stdout);
}

describe.each(DATABASES)("snaprag quarantine on %s", (_, createWorkplace) => {
  it("replays what this version can process, and keeps what it cannot", async () => {
    await using workplace = await createWorkplace();
    await fill(workplace);

    const listed = await readJson(workplace, "list");
    expect(listed).toMatchObject({
      isCutOff: false,
      quarantined: [
        { status: "open", reason: "unknown_type", fid: "1234", messageType: 1, attempts: 0 },
        { status: "open", messageType: 99, eventId: String(BLOCK_START + 99n) },
      ],
    });
    const [{ id }, { id: other }] = listed.quarantined;
    expect(id).toMatch(/^\d+$/);

    const shown = await readJson(workplace, "show", id);
    expect(shown).toMatchObject({
      id,
      hash: expect.stringMatching(/^0x[0-9a-f]{40}$/),
      raw: expect.stringMatching(/^0x[0-9a-f]+$/),
      decoded: {
        body: { value: { message: { data: { body: { value: { text: "Hello, Farcaster!" } } } } } },
      },
    });

    expect(await readJson(workplace, "retry", "--all")).toMatchObject({
      resolved: 1,
      open: 1,
      quarantined: [
        { id, status: "resolved" },
        { id: other, status: "open", reason: "unknown_type", attempts: 1 },
      ],
    });
    await withStore(workplace, async (store) => {
      expect((await store.countRows()).get("casts")).toMatchObject({ live: 1 });
      expect((await store.listShards())[0]).toMatchObject({ quarantinedCount: 1, userCount: 1 });
    });
    const { stdout } = await runCli(["status", "--json", ...workplace.databaseFlags], workplace);
    expect(JSON.parse(stdout).shards).toMatchObject([{ quarantined: 1, fallbacks: 0 }]);
  });

  it("says that nothing is in quarantine where nothing is mirrored", async () => {
    await using workplace = await createWorkplace();

    expect(await quarantine(workplace, "list")).toEqual({
      exitCode: 0,
      stdout: "Nothing is in quarantine.\n",
      stderr: "",
    });
  });
});

describe("snaprag quarantine", () => {
  it("tells people in tables and lines", async () => {
    await using workplace = await onServer();
    await fill(workplace);

    const { stdout: list } = await quarantine(workplace, "list", "--limit", "1");
    expect(list).toMatch(/^id +status +reason +shard +fid +type +attempts +since\n/);
    expect(list).toMatch(/^1 +open +unknown_type +1 +1234 +castAdd +0 +20\d\d-/m);
    expect(list).toContain("These are the first 1; --limit shows more.");
    const { stdout: show } = await quarantine(workplace, "show", "2");
    expect(show).toContain("messageType: 99\n");
    expect(show).toContain("detail: it says [2J 2J and messageType: 1\n");
    expect(show).toMatch(/^raw: 0x[0-9a-f]+$/m);
    const { stdout: retry } = await quarantine(workplace, "retry", "1");
    expect(retry).toContain("1 resolved, 1 still open.");
    const { stdout: again } = await quarantine(workplace, "retry", "1");
    expect(again).toBe("0 resolved, 0 still open.\n");
  });

  it("lists those with a reason", async () => {
    await using workplace = await onServer();
    await fill(workplace);

    const { quarantined } = await readJson(workplace, "list", "--reason", "hash_mismatch");
    expect(quarantined).toEqual([]);
  });

  it.each([
    ["show", "7"],
    ["retry", "7"],
  ])("refuses an id that is not there: %s %s", async (...argv) => {
    await using workplace = await onServer();
    await fill(workplace);

    expect(await quarantine(workplace, ...argv)).toEqual({
      exitCode: 2,
      stdout: "",
      stderr:
        "error: No message in quarantine has the id 7.\n" +
        "See `snaprag quarantine list` for those there are.\n",
    });
  });

  it("creates no database to look at", async () => {
    await using workplace = await inEmptyFolder();

    expect((await quarantine(workplace, "list")).stdout).toBe("Nothing is in quarantine.\n");
    expect((await quarantine(workplace, "show", "1")).exitCode).toBe(2);
    expect(await quarantine(workplace, "list")).toMatchObject({ exitCode: 0 });
  });
  // Beside a sync that has the embedded database: first-minutes.e2e.test.ts.
});
