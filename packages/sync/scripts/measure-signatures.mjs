// Measures how fast a signature checker is against one thread that does nothing but verify, by each
// implementation in a process of its own. Threads run the build in dist:
//
//   node --conditions snaprag-source --import tsx packages/sync/scripts/measure-signatures.mjs
//
// Ratios are what counts: each is of two rates of one round, so that other work on the machine touches
// both. Where that work leaves less than two cores, compare with the two threads that have all their
// signatures before they start: no pool can be faster. What does not depend on other work at all is
// the processor time per signature, of the whole process.
import { spawnSync } from "node:child_process";
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { loadEd25519 } from "@snaprag/verify";
import { loadEd25519 as loadNodeEd25519 } from "@snaprag/verify/node";
import { createSignatureChecker } from "../src/proof/signatures/signature-checker.ts";

const SIGNATURE_COUNT = Number(process.argv[3] ?? 50_000);
const ROUNDS = Number(process.argv[4] ?? 7);
/** What a lane of the sync asks about at a time, and how many lanes there are. */
const PAGE_SIZE = 1_000;
const LANES = 8;
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** Makes `import("sodium-native")` fail, as where it is not installed, in every thread. */
function withoutAddon() {
  const hook = `export const resolve = (name, context, next) => {
    if (name === "sodium-native") throw new Error("left out");
    return next(name, context);
  };`;
  const toUrl = (code) => `data:text/javascript,${encodeURIComponent(code)}`;
  const code = `import { register } from "node:module"; register(${JSON.stringify(toUrl(hook))});`;
  return { ...process.env, NODE_OPTIONS: `--import=${toUrl(code)}` };
}

function signMessages() {
  const key = Buffer.concat([PKCS8_PREFIX, new Uint8Array(32).fill(1)]);
  const privateKey = createPrivateKey({ key, format: "der", type: "pkcs8" });
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  const signer = Uint8Array.from(Buffer.from(x, "base64url"));
  const signed = Array.from({ length: 5_000 }, (_, index) => {
    const hash = Uint8Array.from(createHash("sha1").update(`${index}`).digest());
    const signature = Uint8Array.from(sign(null, hash, privateKey));
    return { hash, signature, signatureScheme: 1, signer };
  });
  return Array.from({ length: SIGNATURE_COUNT }, (_, index) => ({ ...signed[index % 5_000] }));
}

/** Threads that each get their share of the signatures at the start and are asked once. */
async function startLoneThreads(count, messages, name) {
  const code = `
    import { parentPort, workerData } from "node:worker_threads";
    const { loadEd25519 } = await import(workerData.verify);
    const ed25519 = await loadEd25519();
    parentPort.on("message", () => {
      let validCount = 0;
      for (const { hash, signature, signer } of workerData.share) {
        if (ed25519.verify(hash, signature, signer)) validCount += 1;
      }
      parentPort.postMessage(validCount);
    });
    parentPort.postMessage(ed25519.name);`;
  const program = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const verify = new URL("../../verify/dist/node/index.js", import.meta.url).href;
  const size = messages.length / count;
  const threads = Array.from({ length: count }, (_, nth) => {
    const share = messages.slice(nth * size, (nth + 1) * size);
    return new Worker(program, { execArgv: [], workerData: { verify, share } });
  });
  const names = (await Promise.all(threads.map((thread) => once(thread, "message")))).flat();
  if (names.some((other) => other !== name)) throw new Error(`${names} are not ${name}`);
  return async () => {
    for (const thread of threads) thread.postMessage("go");
    const answers = await Promise.all(threads.map((thread) => once(thread, "message")));
    const validCount = answers.reduce((sum, [validOfThread]) => sum + validOfThread, 0);
    if (validCount !== messages.length) throw new Error("some do not verify");
  };
}

/** Rate per second of time that passed, and microseconds of processor time for each. */
async function measure(count, run) {
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(cpuBefore);
  const seconds = (performance.now() - startedAt) / 1000;
  return { rate: count / seconds, cpuUs: (user + system) / count };
}

async function expectAllValid(checker, messages) {
  const invalid = await checker.findInvalid(messages);
  if (invalid.length > 0) throw new Error(`${invalid.length} do not verify`);
}

/** As the sync asks: several lanes, each a page at a time. */
async function askInLanes(checker, messages) {
  let next = 0;
  const lane = async () => {
    while (next < messages.length) {
      const page = messages.slice(next, next + PAGE_SIZE);
      next += PAGE_SIZE;
      await expectAllValid(checker, page);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

async function measureImplementation(load) {
  const messages = signMessages();
  const direct = await load();
  const one = await createSignatureChecker({ threadCount: 1 });
  const two = await createSignatureChecker({ threadCount: 2 });
  if (one.name !== direct.name) throw new Error(`${one.name} is not ${direct.name}`);
  const runAlone = await startLoneThreads(2, messages, direct.name);
  const part = messages.slice(0, SIGNATURE_COUNT / 5);
  const candidates = {
    "main thread alone": () =>
      measure(part.length, () => {
        for (const { hash, signature, signer } of part) {
          if (!direct.verify(hash, signature, signer)) throw new Error("does not verify");
        }
      }),
    "2 threads alone": () => measure(SIGNATURE_COUNT, runAlone),
    "1 thread": () => measure(SIGNATURE_COUNT, () => expectAllValid(one, messages)),
    "2 threads": () => measure(SIGNATURE_COUNT, () => expectAllValid(two, messages)),
    "2 threads, in pages": () => measure(SIGNATURE_COUNT, () => askInLanes(two, messages)),
  };
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const results = {};
    for (const [what, run] of Object.entries(candidates)) results[what] = await run();
    rounds.push(results);
  }
  console.log(`${direct.name}: medians of ${ROUNDS} rounds of ${SIGNATURE_COUNT} signatures`);
  const ratioTo = (what, base) => {
    const ratios = rounds.map((round) => round[what].rate / round[base].rate);
    const spread = ratios.toSorted((a, b) => a - b);
    return `${median(ratios).toFixed(2)} (${spread[0].toFixed(2)}-${spread.at(-1).toFixed(2)})`;
  };
  for (const what of Object.keys(candidates)) {
    const rate = Math.round(median(rounds.map((round) => round[what].rate)));
    const cpuUs = median(rounds.map((round) => round[what].cpuUs)).toFixed(1);
    console.log(
      what.padEnd(20),
      `${rate}/s`.padStart(8),
      `${cpuUs} us`.padStart(9),
      `  to main thread: ${ratioTo(what, "main thread alone")}`.padEnd(38),
      `to 2 alone: ${ratioTo(what, "2 threads alone")}`,
    );
  }
  process.exit();
}

const implementation = process.argv[2];
if (implementation === "addon") await measureImplementation(loadNodeEd25519);
else if (implementation === "wasm") await measureImplementation(loadEd25519);
else {
  const path = fileURLToPath(import.meta.url);
  for (const [name, env] of [
    ["addon", process.env],
    ["wasm", withoutAddon()],
  ]) {
    spawnSync(process.execPath, [...process.execArgv, path, name, SIGNATURE_COUNT, ROUNDS], {
      stdio: "inherit",
      env,
    });
  }
}
