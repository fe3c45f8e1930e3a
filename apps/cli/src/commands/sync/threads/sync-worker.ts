// What each thread of a sync runs: a syncer of its own, over its own connections, which shares the work
// with the others as syncs in several processes do.
import type { MessagePort } from "node:worker_threads";
import { parentPort, workerData } from "node:worker_threads";
import { muteGrpcLog } from "../../../env.ts";
import { toPlainError } from "../../../errors/plain-error.ts";
import { openDatabase } from "../../database/open-database.ts";
import { createConfiguredSyncer, nameOfProcess } from "../configured-syncer.ts";
import { connectNodes } from "../connect-nodes.ts";
import { createThreadLogger } from "./thread-logger.ts";
import type { ThreadJob, ThreadMessage } from "./thread-messages.ts";

/** How often progress is told, in milliseconds: as often as anybody looks. */
const TELL_MS = 500;

const tell = (message: ThreadMessage) => parentPort?.postMessage(message);

async function run(
  { settings, target, endpoints, untilSynced, ...job }: ThreadJob,
  signal: AbortSignal,
): Promise<void> {
  const logger = createThreadLogger(tell, settings["log.level"].value === "debug");
  await using database = await openDatabase(target, { holder: nameOfProcess() });
  await using nodes = connectNodes(endpoints, logger);
  const syncer = createConfiguredSyncer({ ...job, settings, store: database.store, nodes, logger });
  const tellProgress = () => tell({ kind: "progress", shards: syncer.progress() });
  const timer = setInterval(tellProgress, TELL_MS);
  try {
    await syncer.run({ signal, untilSynced });
  } finally {
    clearInterval(timer);
    tellProgress();
  }
}

async function runThread(port: MessagePort): Promise<void> {
  muteGrpcLog();
  const stopping = new AbortController();
  port.on("message", () => stopping.abort());
  try {
    // Safety: `startThreads` gives it.
    await run(workerData as ThreadJob, stopping.signal);
  } catch (error) {
    tell({ kind: "failed", error: toPlainError(error) });
  } finally {
    // Otherwise the wait for messages would keep the thread.
    port.close();
  }
}

// Whoever only imports it is told nothing.
if (parentPort !== null) await runThread(parentPort);
