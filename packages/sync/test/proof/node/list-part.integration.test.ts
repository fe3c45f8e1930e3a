// A part of an account that no call brings whole, by a snapshot and the events since.
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import { buildMessage, createSigner } from "@snaprag/devnet";
import type { Message } from "@snaprag/proto";
import { StorageUnitType } from "@snaprag/proto";
import { homeShardOf } from "@snaprag/verify";
import { afterEach, describe, expect, it } from "vitest";
import { createNodeReading } from "../../../src/proof/node/create-node-reading.ts";
import { listPart } from "../../../src/proof/node/list-part.ts";
import { readLiveAccount } from "../../../src/proof/rows/suspects/examine-account.ts";
import { findFid, register } from "../../support/accounts.ts";
import { submissionsOf } from "../../support/gasless-keys.ts";
import { newStore, startDevnet, sync } from "../../support/mirrors.ts";

/** Half a type byte that compact states (0x70) and lends (0x78) begin with. */
const NIBBLE = 7;
const borrower = { fid: findFid(() => true), signer: createSigner("a borrower") };
const lender = { fid: findFid((fid) => fid !== borrower.fid), signer: createSigner("a lender") };
const shardId = homeShardOf(borrower.fid, 2);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

let devnet: Devnet;

afterEach(() => devnet.stop());

/** A list of all links of a type, of the borrower. */
function compact(type: string, timestamp: number): Message {
  const body = { type, targetFids: [BigInt(timestamp)] };
  return buildMessage({ type: "linkCompactState", timestamp, body, ...borrower });
}

async function makeBlock(...messages: readonly Message[]): Promise<void> {
  devnet.submit(...submissionsOf(...messages));
  await devnet.produceBlock();
}

describe("listPart() of compact states and lends", () => {
  it("lists a borrower's new compact state instead of the one it replaced, and other types'", async () => {
    devnet = await startDevnet({ users: 10, messages: 0, trafficPerBlock: 0 });
    devnet.submit(...register(borrower.fid, borrower.signer));
    devnet.submit(...register(lender.fid, lender.signer));
    await devnet.produceBlock();
    const units = { numUnits: 1n, unitType: StorageUnitType.UNIT_TYPE_2025 };
    const lend = buildMessage({
      ...{ type: "lendStorage", timestamp: timestampOfNow(), ...lender },
      body: { toFid: borrower.fid, ...units },
    });
    const [old, other] = [compact("follow", 1), compact("block", 2)];
    await makeBlock(lend, old, other);
    const store = newStore();
    await sync(devnet, store);
    devnet.takeSnapshot();
    const next = compact("follow", 3);
    await makeBlock(next);
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    const reading = await createNodeReading({ client, store });
    const live = (await readLiveAccount(reading, shardId, borrower.fid))?.children.get(NIBBLE);
    const part = { shardId, fid: borrower.fid, nibble: NIBBLE, live };

    const found = await listPart(reading, { ...part, findKnown: () => undefined });
    const beside = await listPart(reading, { ...part, findKnown: (trieKey) => trieKey });

    const hashes = [other, next, lend].map(({ hash }) => hex(hash)).sort();
    expect(found?.map(({ trieKey }) => hex(trieKey.subarray(6))).sort()).toEqual(hashes);
    expect(beside?.map(({ trieKey }) => hex(trieKey.subarray(6))).sort()).toEqual(hashes);
  });
});

/** The devnet's clock begins there, in Farcaster seconds; lends are to be fresh. */
function timestampOfNow(): number {
  return (Date.UTC(2026, 9, 1) - Date.UTC(2021, 0, 1)) / 1000;
}
