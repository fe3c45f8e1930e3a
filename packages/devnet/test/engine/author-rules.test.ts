// Who may publish, and what is never merged: docs/protocol.md 4.2, 6.3.
import { describe, expect, it } from "vitest";
import { createSigner } from "../../src/index.ts";
import { cast, lend } from "../support/bodies.ts";
import { createTestNetwork, custodyOf, nameOf, START } from "../support/test-network.ts";

const FID = 1n;

describe("a message is turned down", () => {
  it("when its fid is not registered", async () => {
    const network = await createTestNetwork();
    const message = network.say(FID, "castAdd", cast("gm"));

    expect(network.block().events(1)[0]?.body).toMatchObject({
      $case: "mergeFailure",
      value: { message, code: "bad_request.validation_failure", reason: "unknown fid 1" },
    });
  });

  it("when its signer is not the fid's", async () => {
    const network = await createTestNetwork();
    network.register([FID]);
    const message = network.say(FID, "castAdd", cast("gm"), { signer: createSigner("stranger") });

    expect(network.block().events(1)[0]?.body).toMatchObject({
      value: { message, code: "bad_request.validation_failure", reason: "invalid signer" },
    });
  });

  it("when it is more than ten minutes ahead of its block", async () => {
    const network = await createTestNetwork();
    network.register([FID]);
    const inTime = { timestamp: network.now() + 600 };
    const tooEarly = { timestamp: network.now() + 601 };
    const accepted = network.say(FID, "castAdd", cast("a"), inTime);
    const refused = network.say(FID, "castAdd", cast("b"), tooEarly);

    expect(network.block().told(1)).toEqual([
      `merge ${nameOf(accepted)}`,
      `fail ${nameOf(refused)} bad_request.validation_failure`,
    ]);
  });

  it("when it is a frame action, whatever it says", async () => {
    const network = await createTestNetwork();
    network.register([FID]);
    const empty = new Uint8Array();
    const message = network.say(FID, "frameAction", {
      url: Buffer.from("https://frame.example"),
      buttonIndex: 1,
      castId: undefined,
      inputText: empty,
      state: empty,
      transactionId: empty,
      address: empty,
    });

    expect(network.block().told(1)).toEqual([
      `fail ${nameOf(message)} bad_request.validation_failure`,
    ]);
    expect(network.holds(1, message)).toBe(false);
  });

  it("in the block that lists it all the same", async () => {
    const network = await createTestNetwork();
    const message = network.say(FID, "castAdd", cast("gm"));

    expect(network.block().chunk(1).transactions[0]?.userMessages).toEqual([message]);
  });
});

describe("an older message of the same slot is turned down", () => {
  it("for an ENS name", async () => {
    const network = await createTestNetwork();
    network.register([1n, 3n]);
    const proof = (fid: bigint) => ({
      timestamp: 1n,
      name: Buffer.from("a.eth"),
      owner: custodyOf(fid),
      signature: new Uint8Array(65),
      fid,
      type: 2 as const,
    });
    network.say(1n, "usernameProof", proof(1n), { timestamp: START });
    network.block();
    const older = network.say(3n, "usernameProof", proof(3n), { timestamp: START - 1 });

    expect(network.block().told(1)).toEqual([`fail ${nameOf(older)} bad_request.conflict`]);
  });

  it("for a lend, by shard 0 and without a trace", async () => {
    const network = await createTestNetwork();
    network.register([1n, 2n], 5);
    const kept = network.say(1n, "lendStorage", lend(2n, 2n), { timestamp: START });
    network.block();
    network.say(1n, "lendStorage", lend(2n, 1n), { timestamp: START - 1 });

    expect(network.block().told(1)).toEqual([]);
    expect(network.holds(2, kept)).toBe(true);
  });
});
