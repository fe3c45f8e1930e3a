// The threads run the build of packages/sync; everything else is the sources.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Worker } from "node:worker_threads";
import type { Message } from "@snaprag/proto";
import { checkMessageSignature, loadEd25519 } from "@snaprag/verify";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SignatureChecker } from "../../../src/proof/signatures/signature-checker.ts";
import { createSignatureChecker } from "../../../src/proof/signatures/signature-checker.ts";
import { signedMessages, withBitTurned } from "../../support/signed-messages.ts";

const run = promisify(execFile);
const valid = signedMessages(200);
const [first, second] = valid as [Message, Message];

/** Threads started since the test began, the oldest first. */
let threads: Worker[];
let checker: SignatureChecker;

const onWorker = (worker: Worker) => threads.push(worker);

beforeEach(async () => {
  threads = [];
  process.on("worker", onWorker);
  checker = await createSignatureChecker({ threadCount: 2 });
});

afterEach(async () => {
  process.off("worker", onWorker);
  await checker.close();
});

/** Enough to keep both threads busy until somebody interferes, at 1,024 signatures a thread. */
function manyMessages(): Message[] {
  return Array.from({ length: 5_000 }, (_, index) => valid[index % valid.length]!);
}

describe("createSignatureChecker()", () => {
  it("says how it verifies", async () => {
    expect(checker.name).toMatch(/sodium/);
    expect(checker.threadCount).toBe(2);
    expect(threads).toHaveLength(2);
  });

  it("refuses a number of threads that is none", async () => {
    for (const threadCount of [0, -1, 1.5, Number.NaN]) {
      await expect(createSignatureChecker({ threadCount })).rejects.toThrow(
        `Expected \`threadCount\` to be a positive integer, got ${threadCount}`,
      );
    }
  });
});

describe("createSignatureChecker() when a thread does not start", () => {
  it("fails and ends the others", async () => {
    const onFourth = (worker: Worker) => {
      if (threads.length === 4) void worker.terminate();
    };
    process.on("worker", onFourth);

    const starting = createSignatureChecker({ threadCount: 3 });

    await expect(starting).rejects.toMatchObject({ code: "worker_failed" });
    process.off("worker", onFourth);
    // An ended thread has no id.
    expect(threads.slice(2).map(({ threadId }) => threadId)).toEqual([-1, -1, -1]);
  });
});

describe("findInvalid()", () => {
  it("finds nothing wrong with valid signatures, however many", async () => {
    for (const count of [0, 1, 7, 8, 9, 31, 33, 200]) {
      expect(await checker.findInvalid(valid.slice(0, count))).toEqual([]);
    }
    expect(await checker.findInvalid(manyMessages())).toEqual([]);
  });

  it("finds the signatures of another hash, of another signer, and none at all", async () => {
    const messages = [
      first,
      { ...first, hash: second.hash },
      { ...first, signer: second.signer },
      { ...first, signature: second.signature },
      second,
      { ...second, signature: new Uint8Array(64) },
    ];

    expect(await checker.findInvalid(messages)).toEqual([1, 2, 3, 5]);
  });

  it("counts every scheme but Ed25519 as invalid", async () => {
    const messages = [0, 1, 2, 3].map((signatureScheme) => ({ ...first, signatureScheme }));

    expect(await checker.findInvalid(messages as Message[])).toEqual([0, 2, 3]);
  });

  it("counts hashes, signatures and signers of any other length as invalid", async () => {
    const longer = (bytes: Uint8Array) => Uint8Array.from([...bytes, 0]);
    const empty = new Uint8Array();
    const messages = [
      { ...first, hash: empty },
      { ...first, hash: first.hash.slice(1) },
      { ...first, hash: longer(first.hash) },
      first,
      { ...first, signature: empty },
      { ...first, signature: first.signature.slice(1) },
      { ...first, signature: longer(first.signature) },
      second,
      { ...first, signer: empty },
      { ...first, signer: first.signer.slice(1) },
      { ...first, signer: longer(first.signer) },
    ];

    expect(await checker.findInvalid(messages)).toEqual([0, 1, 2, 4, 5, 6, 8, 9, 10]);
  });

  it("tells the places of invalid signatures in ascending order over all chunks", async () => {
    const messages = manyMessages();
    const places = [0, 31, 32, 255, 256, 257, 1_279, 1_280, 4_001, 4_999];
    for (const [nth, place] of places.entries()) {
      const message = messages[place]!;
      messages[place] =
        nth % 2 === 0
          ? { ...message, hash: withBitTurned(message.hash, nth) }
          : { ...message, signer: new Uint8Array(3) };
    }

    expect(await checker.findInvalid(messages)).toEqual(places);
  });

  it("gives each of several callers the answer to its own question", async () => {
    const questions = Array.from({ length: 20 }, (_, caller) =>
      valid.map((message, index) =>
        index % 20 === caller ? { ...message, hash: second.hash.toReversed() } : message,
      ),
    );

    const answers = await Promise.all(questions.map((messages) => checker.findInvalid(messages)));

    for (const [caller, invalid] of answers.entries()) {
      expect(invalid).toEqual([...valid.keys()].filter((index) => index % 20 === caller));
    }
  });

  it("agrees with checkMessageSignature() for hashes of 20 bytes", async () => {
    const ed25519 = await loadEd25519();
    const bit = fc.nat({ max: 8 * 64 - 1 });
    const smallOrder = [0, 1].map((y) => new Uint8Array(32).with(0, y));
    const original = fc.constantFrom(...valid);
    const message = fc.oneof(
      { arbitrary: original, weight: 6 },
      fc.tuple(original, bit).map(([it, at]) => ({ ...it, hash: withBitTurned(it.hash, at) })),
      fc
        .tuple(original, bit)
        .map(([it, at]) => ({ ...it, signature: withBitTurned(it.signature, at) })),
      fc.tuple(original, bit).map(([it, at]) => ({ ...it, signer: withBitTurned(it.signer, at) })),
      fc
        .tuple(original, fc.constantFrom(...smallOrder))
        .map(([it, signer]) => ({ ...it, signer, signature: first.signature.with(0, 0) })),
      fc
        .tuple(original, fc.constantFrom(0, 2, 3))
        .map(([it, signatureScheme]) => ({ ...it, signatureScheme })),
      fc
        .tuple(original, fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ maxLength: 40 }))
        .map(([it, signature, signer]) => ({ ...it, signature, signer })),
    );
    const conversation = fc.array(fc.array(message, { maxLength: 90 }), { maxLength: 3 });

    await fc.assert(
      fc.asyncProperty(conversation, async (questions) => {
        const answers = await Promise.all(
          questions.map((messages) => checker.findInvalid(messages as Message[])),
        );

        const expected = questions.map((messages) =>
          [...messages.keys()].filter(
            (index) => checkMessageSignature(messages[index] as Message, ed25519) !== "valid",
          ),
        );
        expect(answers).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a thread that ends", () => {
  it("fails what waits for it, and is replaced at the next call", async () => {
    const question = checker.findInvalid(manyMessages());
    const failure = expect(question).rejects.toMatchObject({
      name: "SyncError",
      code: "worker_failed",
    });

    await threads[0]?.terminate();

    await failure;
    expect(threads).toHaveLength(2);
    expect(await checker.findInvalid([first, { ...first, hash: second.hash }])).toEqual([1]);
    expect(threads).toHaveLength(3);
  });

  it("takes what has not had its turn out of the way of the next call", async () => {
    let readCount = 0;
    const counted = manyMessages().map((message) => ({
      ...message,
      get signature() {
        readCount += 1;
        return message.signature;
      },
    }));
    const question = expect(checker.findInvalid(counted)).rejects.toThrow();
    await threads[0]?.terminate();
    await question;
    const readBefore = readCount;

    expect(await checker.findInvalid(valid)).toEqual([]);

    expect(readCount).toBe(readBefore);
  });

  it("while idle is replaced without anybody noticing", async () => {
    await Promise.all(threads.map((thread) => thread.terminate()));

    expect(await checker.findInvalid([{ ...first, hash: second.hash }, first])).toEqual([0]);
    expect(threads).toHaveLength(4);
  });

  it("as the last one fails everything that waits, also for its turn", async () => {
    const questions = Array.from({ length: 5 }, () => checker.findInvalid(manyMessages()));
    const outcomes = Promise.allSettled(questions);

    await Promise.all(threads.map((thread) => thread.terminate()));

    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "worker_failed" } });
    }
    expect(await checker.findInvalid(valid)).toEqual([]);
  });

  it("by a failure of its own tells it as the cause", async () => {
    const question = checker.findInvalid(valid);

    // Not what the thread is made for: it cannot be verified.
    threads[0]?.postMessage(null);

    const error = await Promise.all([question, checker.findInvalid(valid)]).catch((it) => it);
    expect(error).toMatchObject({ code: "worker_failed", cause: { name: "TypeError" } });
  });
});

describe("close()", () => {
  it("ends all threads and fails what waits for them", async () => {
    const ended = threads.map((thread) => new Promise((resolve) => thread.once("exit", resolve)));
    const failure = expect(checker.findInvalid(manyMessages())).rejects.toMatchObject({
      code: "worker_failed",
    });

    await Promise.all([checker.close(), checker.close()]);

    await failure;
    await Promise.all(ended);
    await expect(checker.findInvalid([])).rejects.toMatchObject({ code: "worker_failed" });
    expect(threads).toHaveLength(2);
  });
});

describe("a process with idle threads", () => {
  it("waits for the answer and then ends by itself", async () => {
    const script = fileURLToPath(new URL("../../support/leave-checker-idle.ts", import.meta.url));
    const flags = ["--conditions", "snaprag-source", "--import", "tsx"];

    const { stdout } = await run(process.execPath, [...flags, script], { timeout: 50_000 });

    expect(stdout).toBe("invalid: 999\n");
  });
});
