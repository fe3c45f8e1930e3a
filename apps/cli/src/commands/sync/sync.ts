import { hostname } from "node:os";
import type { StorageError } from "@snaprag/storage";
import type { Syncer } from "@snaprag/sync";
import { toMetadata } from "../../config/keys/node-headers.ts";
import type { Settings } from "../../config/load-settings.ts";
import { isNamed } from "../../errors/cli-error.ts";
import type { DatabaseTarget } from "../database/database-target.ts";
import { databaseTargetOf, placeOf } from "../database/database-target.ts";
import type { OpenDatabase } from "../database/open-database.ts";
import { openDatabase } from "../database/open-database.ts";
import { readContents } from "../database/read-contents.ts";
import { startDevnet } from "../devnet/start-devnet.ts";
import { embedBesideSync } from "../embeddings/embed-beside-sync.ts";
import type { CliContext, Invocation } from "../program/cli-context.ts";
import type { Surroundings } from "../program/until-stopped.ts";
import { untilStopped } from "../program/until-stopped.ts";
import { findNode } from "./find-node.ts";
import type { Monitor } from "./monitor/start-monitor.ts";
import { prepareSync } from "./prepare-sync.ts";
import { bindDevnetMirror, renewDevnetMirror } from "./renew-devnet-mirror.ts";
import { syncModeOf } from "./sync-mode.ts";
import { nameOfProcess } from "./syncer/name-of-process.ts";
import { mergeProgress } from "./threads/merge-progress.ts";
import type { MirroredNodes, PreparedSync } from "./threads/running-sync.ts";
import { ownPartOfTarget } from "./threads/thread-count.ts";

/** Flags of `snaprag sync` that are not configuration. */
export interface SyncFlags {
  readonly devnet?: true;
  readonly untilSynced?: true;
  readonly until?: Date;
}

/** `snaprag sync`: mirrors a node, until it is told to stop or as `--until-synced` and `--until` say. */
export async function runSync(invocation: Invocation, flags: SyncFlags): Promise<void> {
  const { settings, context } = invocation;
  const mode = syncModeOf(settings, flags);
  const target = databaseTargetOf(settings, { folder: context.folder, isDevnet: flags.devnet });
  const { untilSynced = false, until } = flags;
  const mirrorChosen = flags.devnet ? mirrorDevnet : mirrorNode;
  await untilStopped(invocation, async (surroundings) => {
    const { reporter, shutdown } = surroundings;
    await using prepared = prepareSync({
      job: { settings, target, mode, untilSynced, until },
      ...{ logger: reporter.logger, signal: shutdown.signal },
    });
    await using monitor = await openMonitor(invocation, surroundings);
    await mirrorChosen({ ...surroundings, settings, context, target, prepared, monitor });
  });
}

/** Everything one sync works with. */
interface SyncJob extends Surroundings {
  readonly settings: Settings;
  readonly context: CliContext;
  readonly target: DatabaseTarget;
  readonly prepared: PreparedSync;
  /** Undefined where none is asked for. */
  readonly monitor: Monitor | undefined;
}

/** Loaded where it is asked for. Up before the node and the database are, which may be waited for. */
async function openMonitor(
  { settings, context: { version } }: Invocation,
  { reporter, shutdown: { signal } }: Surroundings,
): Promise<Monitor | undefined> {
  const address = settings["monitor.address"].value;
  if (address === undefined) return undefined;
  const maxLagSeconds = settings["monitor.max_lag_seconds"].value;
  const { startMonitor } = await import("./monitor/start-monitor.ts");
  const monitor = await startMonitor({
    address,
    maxLagSeconds,
    version,
    signal,
    logger: reporter.logger,
  });
  const { url } = monitor;
  reporter.announce({ event: "monitor", fields: { url }, sentence: `Monitored at ${url}.` });
  return monitor;
}

/** The node is asked first: it is quickly done, and nothing is created for a wrong endpoint. */
async function mirrorNode(job: SyncJob): Promise<void> {
  const { settings, shutdown } = job;
  shutdown.enter("the node to answer");
  const metadata = toMetadata(settings["sync.snapchain_headers"].value);
  const { signal } = shutdown;
  const endpoints = await findNode(settings["sync.snapchain_endpoint"].value, { metadata, signal });
  await using database = await openTarget(job);
  await mirror(job, database, { endpoints, metadata });
  await conclude(job, database);
}

/** The database is asked first: making a devnet's history takes seconds. */
async function mirrorDevnet(job: SyncJob): Promise<void> {
  const { shutdown, reporter, target } = job;
  await using database = await openTarget(job);
  await renewDevnetMirror(database, { holder: nameOfProcess(), target, reporter });
  shutdown.enter("the devnet to start");
  {
    await using devnet = await startDevnet({}, { reporter, signal: shutdown.signal });
    await bindDevnetMirror(database, devnet);
    const { validatorSets } = devnet;
    await mirror(job, database, { endpoints: [devnet.endpoint], validatorSets });
  }
  await conclude(job, database);
}

async function openTarget({ target, shutdown, reporter }: SyncJob): Promise<OpenDatabase> {
  shutdown.enter("the database to open");
  // Without the pid, which the embedded database adds by itself.
  const database = await openDatabase(ownPartOfTarget(target), {
    holder: `snaprag sync on ${hostname()}`,
  });
  if (target.kind === "embedded") {
    reporter.announce({
      event: "using the embedded database",
      fields: { folder: target.shownFolder },
      sentence: `No database URL is set: using the embedded database in ${target.shownFolder}. --database-url points to a server instead.`,
    });
  }
  return database;
}

async function mirror(job: SyncJob, database: OpenDatabase, nodes: MirroredNodes): Promise<void> {
  const { settings, context, prepared, reporter, shutdown } = job;
  const { signal } = shutdown;
  signal.throwIfAborted();
  announceSync(job, nodes.endpoints[0]);
  // In an embedded database an index cannot be broken off.
  shutdown.enter("the batch in progress to be written, or an index to be built");
  await using running = await prepared.begin(database, nodes);
  const progress = () => mergeProgress(running.progress());
  await using _watch = job.monitor?.watch({ running, progress, nodes, store: database.store });
  await using embedder = embedBesideSync({
    ...{ context, settings, database, reporter, signal },
    isCaughtUp: () => hasCaughtUp(progress()),
  });
  using _progress = reporter.follow(progress, embedder.report);
  await running.ended;
}

function announceSync({ target, reporter }: SyncJob, endpoint: string): void {
  const place = placeOf(target);
  reporter.announce({
    event: "syncing",
    fields: { endpoint, database: place },
    sentence: `Mirroring ${endpoint} into ${place}. Ctrl-C stops.`,
  });
}

function hasCaughtUp(shards: ReturnType<Syncer["progress"]>): boolean {
  return shards.length > 0 && shards.every(({ isCaughtUp }) => isCaughtUp);
}

async function conclude({ target, reporter, shutdown }: SyncJob, { store }: OpenDatabase) {
  shutdown.enter("the rows to be counted");
  try {
    reporter.conclude(await readContents(target, store));
  } catch (error) {
    // The sync has ended well, maybe together with the database.
    if (!isNamed<StorageError>(error, "StorageError") || !error.retryable) throw error;
    reporter.logger.warn({ err: error }, "the rows cannot be counted");
  }
  shutdown.enter("the database to close");
}
