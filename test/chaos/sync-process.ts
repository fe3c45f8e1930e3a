import type { Ended, RunningCli } from "../../apps/cli/test/support/built-cli.ts";
import { startCli } from "../../apps/cli/test/support/built-cli.ts";
import type { Mirror } from "./mirror.ts";

/** What a sync is told. */
export interface SyncSurroundings {
  readonly endpoints: readonly string[];
  readonly mirror: Mirror;
  readonly settings: Readonly<Record<string, string>>;
}

/** One sync of a scenario: at most one process at a time, killed and started over and over. */
export interface SyncProcess extends AsyncDisposable {
  /** Starts it unless it runs. */
  ensureRunning(): void;
  /** Says that the database is about to be killed, of which a process that runs may end in time. */
  foreseeLoss(): void;
  /**
   * Starts it again if its start was refused, because nodes or the database were down, or if it has
   * ended of the loss that was foreseen.
   */
  retryRefusedStart(): void;
  /** Ends it with SIGKILL, if it runs. */
  kill(): Promise<void>;
  /** Ends it as Ctrl-C does. */
  stop(): Promise<void>;
  /** Starts it and waits until it is in step with the node. */
  runUntilSynced(timeoutMs: number): Promise<void>;
  /** What it did that no sync should do. */
  complaints(): readonly string[];
  killCount(): number;
  /** The end of what the last process to end has logged. */
  lastLines(): string;
}

/** How a start may end while nodes or the database are down: unreachable, or still held. */
const REFUSED_STARTS: ReadonlySet<number> = new Set([10, 20, 75]);

/** Creates the process of a scenario. Nothing runs yet. */
export function createSyncProcess(surroundings: SyncSurroundings): SyncProcess {
  const { endpoints, mirror, settings } = surroundings;
  const complaints: string[] = [];
  let running: RunningCli | undefined;
  let killCount = 0;
  let lastOutput = "";
  let isRefused = false;
  /** Processes that may end once they have begun. */
  const bereaved = new Set<RunningCli>();

  function start(...flags: readonly string[]): RunningCli {
    const nodes = endpoints.flatMap((endpoint) => ["--snapchain-endpoint", endpoint]);
    const argv = ["sync", ...nodes, ...mirror.flags, "--log-format", "json", ...flags];
    const started = startCli(argv, { folder: mirror.folder, environment: settings });
    running = started;
    isRefused = false;
    void started.ended.then((ended) => {
      if (running === started) running = undefined;
      lastOutput = ended.stdout;
      const { exitCode } = ended;
      // Before it had anything to say: one that has begun must not end by itself, but of such a loss.
      const mayEnd = ended.stdout === "" || bereaved.has(started);
      isRefused = exitCode !== null && REFUSED_STARTS.has(exitCode) && mayEnd;
      if (exitCode !== null && exitCode !== 0 && !REFUSED_STARTS.has(exitCode)) complain(ended);
    });
    return started;
  }

  function complain({ exitCode, stdout, stderr }: Ended): void {
    lastOutput = stdout;
    complaints.push(`the sync ended with exit code ${exitCode}: ${stderr}\n${lastLines()}`);
  }

  function lastLines(): string {
    return lastOutput.trimEnd().split("\n").slice(-12).join("\n");
  }

  async function kill(): Promise<void> {
    if (running === undefined) return;
    const { ended } = running;
    running.kill("SIGKILL");
    killCount += 1;
    await ended;
    running = undefined;
  }

  return {
    ensureRunning() {
      if (running === undefined) start();
    },
    foreseeLoss() {
      if (running !== undefined) bereaved.add(running);
    },
    retryRefusedStart() {
      if (running === undefined && isRefused) start();
    },
    kill,
    async stop() {
      if (running === undefined) return;
      const { ended } = running;
      running.kill("SIGINT");
      await ended;
    },
    async runUntilSynced(timeoutMs) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const sync = start("--until-synced");
        const timer = setTimeout(() => sync.kill("SIGKILL"), Math.max(0, deadline - Date.now()));
        const ended = await sync.ended;
        clearTimeout(timer);
        running = undefined;
        if (ended.exitCode === 0) return;
        // The lock of a process that was killed is held until the server notices.
        if (ended.exitCode === 75 && Date.now() < deadline) continue;
        if (ended.exitCode === null || REFUSED_STARTS.has(ended.exitCode)) complain(ended);
        return;
      }
    },
    complaints: () => complaints,
    killCount: () => killCount,
    lastLines,
    async [Symbol.asyncDispose]() {
      running?.kill("SIGKILL");
      await running?.ended;
    },
  };
}
