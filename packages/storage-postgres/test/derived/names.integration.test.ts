// Who holds a name now, and who held it when.

import {
  aMergeUsernameProofEvent,
  anFnameProof,
  aUsernameProof,
} from "@snaprag/processors/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Mirror } from "../support/open-mirror.ts";
import { openMirror } from "../support/open-mirror.ts";
import { BLOCK_TIME, batchOf, changesOf } from "../support/stores.ts";

type UserNameProof = ReturnType<typeof anFnameProof>;

let mirror: Mirror;

beforeEach(async () => {
  mirror = await openMirror();
});
afterEach(() => mirror[Symbol.asyncDispose]());

const seconds = (unixSeconds: number) => new Date(unixSeconds * 1000);
const fname = (fid: bigint, timestamp: bigint, signature?: Uint8Array) =>
  anFnameProof({ fid, timestamp, signature });
const transfer = (usernameProof: UserNameProof, deletedUsernameProof?: UserNameProof) =>
  aMergeUsernameProofEvent({ usernameProof, deletedUsernameProof });
const holders = () => mirror.select("select name, fid from fnames");
const history = async () =>
  (await mirror.select("select * from username_history order by held_from, fid")).map(
    ({ fid, held_from, held_until }) => [fid, held_from, held_until],
  );

describe("fnames", () => {
  it("shows who holds a name now", async () => {
    const [first, second] = [fname(1n, 10n), fname(5n, 20n)];
    await mirror.merge(transfer(first));
    await mirror.merge(transfer(second, first));

    expect(await holders()).toEqual([{ name: "alice", fid: "5" }]);
  });

  it("shows nobody for a name that was unregistered, until it is registered again", async () => {
    const [first, end, again] = [fname(1n, 10n), fname(0n, 20n), fname(3n, 30n)];
    await mirror.merge(transfer(first));
    await mirror.merge(transfer(end, first));
    expect(await holders()).toEqual([]);

    await mirror.merge(transfer(again, end));

    expect(await holders()).toEqual([{ name: "alice", fid: "3" }]);
    expect(await history()).toEqual([
      ["1", seconds(10), seconds(20)],
      ["3", seconds(30), null],
    ]);
  });

  it("prefers the greater signature where proofs are of the same time", async () => {
    const signature = (seed: number) => Uint8Array.from({ length: 65 }, () => seed);
    await mirror.merge(
      transfer(fname(5n, 10n, signature(2))),
      transfer(fname(1n, 10n, signature(1))),
    );

    expect(await holders()).toEqual([{ name: "alice", fid: "5" }]);
  });

  it("does not go back to an earlier holder whose shard is behind", async () => {
    const [first, second, end] = [fname(1n, 10n), fname(5n, 20n), fname(0n, 30n)];
    // The second holder's shard tells of the name's end; the first one's has not told of the second.
    await mirror.merge(transfer(first), transfer(second));
    const [removal] = changesOf(2n, [transfer(end, second)]).filter(
      ({ kind }) => kind === "retire",
    );
    if (removal) await mirror.store.applyBlocks(batchOf(2n, [removal]));

    expect(await holders()).toEqual([]);
    expect(await history()).toEqual([
      ["1", seconds(10), seconds(20)],
      ["5", seconds(20), BLOCK_TIME],
    ]);
  });
});

describe("usernames", () => {
  const FARCASTER_EPOCH_SECONDS = 1_609_459_200;
  const ens = (fid: bigint, timestamp: number) =>
    aUsernameProof({ name: Buffer.from("alice.eth"), type: 2, fid }, { fid, timestamp });
  const at = (timestamp: number) => seconds(FARCASTER_EPOCH_SECONDS + timestamp);

  it("has names of the registry, and those that messages prove until they end", async () => {
    const [mine, theirs] = [ens(1n, 100), ens(3n, 200)];
    await mirror.merge(
      transfer(fname(1n, 10n)),
      aMergeUsernameProofEvent({ usernameProofMessage: mine }),
    );
    const names = () => mirror.select("select name, name_type, fid from usernames order by 1");
    expect(await names()).toEqual([
      { name: "alice", name_type: 1, fid: "1" },
      { name: "alice.eth", name_type: 2, fid: "1" },
    ]);

    await mirror.merge(
      aMergeUsernameProofEvent({ usernameProofMessage: theirs, deletedUsernameProofMessage: mine }),
    );
    expect(await names()).toMatchObject([{ fid: "1" }, { name: "alice.eth", fid: "3" }]);

    // Pruned.
    await mirror.merge(aMergeUsernameProofEvent({ deletedUsernameProofMessage: theirs }));
    expect(await names()).toMatchObject([{ name: "alice" }]);
    expect((await history()).slice(1)).toEqual([
      ["1", at(100), at(200)],
      ["3", at(200), BLOCK_TIME],
    ]);
  });
});
