// What each thread of a sync runs: a syncer of its own, over its own connections, which shares the work
// with the others as syncs in several processes do.
import type { MessagePort } from "node:worker_threads";
import { parentPort, workerData } from "node:worker_threads";
import { muteGrpcLog } from "../../../env.ts";
import { toPlainError } from "../../../errors/plain-error.ts";
import { openDatabase } from "../../database/open-database.ts";
import { createConfiguredSyncer } from "../syncer/configured-syncer.ts";
import { connectNodes } from "../syncer/connect-nodes.ts";
import { nameOfProcess } from "../syncer/name-of-process.ts";
import type { MirroredNodes } from "./running-sync.ts";
import { createThreadLogger } from "./thread-logger.ts";
import type { ThreadJob, ThreadMessage, ThreadOrder } from "./thread-messages.ts";

/** How often progress is told, in milliseconds: whether help is worth while is decided by it. */
const TELL_MS = 100;

const tell = (message: ThreadMessage) => parentPort?.postMessage(message);

async function run(
  { settings, target, untilSynced, until, ...job }: ThreadJob,
  {
    nodesFound,
    signal,
  }: { readonly nodesFound: Promise<MirroredNodes>; readonly signal: AbortSignal },
): Promise<void> {
  const logger = createThreadLogger(tell, settings["log.level"].value === "debug");
  await using database = await openDatabase(target, { holder: nameOfProcess() });
  const { endpoints, metadata, validatorSets } = await nodesFound;
  await using nodes = connectNodes(endpoints, { settings, metadata, logger });
  const { store } = database;
  const syncer = createConfiguredSyncer({ ...job, settings, validatorSets, store, nodes, logger });
  const tellProgress = () => tell({ kind: "progress", shards: syncer.progress() });
  const timer = setInterval(tellProgress, TELL_MS);
  try {
    await syncer.run({ signal, untilSynced, until });
  } finally {
    clearInterval(timer);
    tellProgress();
  }
}

/** Hears what the thread is told. */
function listen(port: MessagePort) {
  const stopping = new AbortController();
  const nodesFound = new Promise<MirroredNodes>((resolve, reject) => {
    port.on("message", (order: ThreadOrder) => {
      if (order !== "stop") return resolve(order);
      stopping.abort();
      reject(stopping.signal.reason);
    });
  });
  // Whoever is told to stop before does not ask for them.
  nodesFound.catch(() => undefined);
  return { nodesFound, signal: stopping.signal };
}

async function runThread(port: MessagePort): Promise<void> {
  muteGrpcLog();
  const orders = listen(port);
  try {
    // Safety: `startThread` gives it.
    await run(workerData as ThreadJob, orders);
  } catch (error) {
    if (error !== orders.signal.reason) tell({ kind: "failed", error: toPlainError(error) });
  } finally {
    // Otherwise the wait for messages would keep the thread.
    port.close();
  }
}

// Whoever only imports it is told nothing.
if (parentPort !== null) await runThread(parentPort);
