import { setTimeout as delay } from "node:timers/promises";
import type { Devnet, DevnetNode } from "@snaprag/devnet";
import { createDevnet } from "@snaprag/devnet";
import type { DatabaseServer } from "./database-server.ts";
import { compareMirror, hasCaughtUp } from "./hold-against-node.ts";
import type { Mirror } from "./mirror.ts";
import { createMirror } from "./mirror.ts";
import type { Scenario, Step } from "./scenario.ts";
import type { SyncProcess } from "./sync-process.ts";
import { createSyncProcess } from "./sync-process.ts";

/** What a scenario came to. */
export interface Outcome {
  readonly differences: readonly string[];
  readonly syncKills: number;
  readonly databaseKills: number;
  /** How often each fault struck. */
  readonly faults: ReadonlyMap<string, number>;
}

/** Longest time a sync may take to recover, with the waits between its tries. */
const RECOVERY_MS = 120_000;

interface Stage {
  readonly scenario: Scenario;
  readonly server: DatabaseServer;
  readonly devnet: Devnet;
  readonly nodes: readonly DevnetNode[];
  readonly mirror: Mirror;
  readonly syncs: readonly SyncProcess[];
}

async function perform(
  { scenario, devnet, nodes, server, syncs }: Stage,
  step: Step,
): Promise<void> {
  switch (step.kind) {
    case "blocks":
      return devnet.produceBlock(step.count);
    case "wait":
      await delay(step.ms);
      return;
    case "killSync":
      return syncs[scenario.steps.indexOf(step) % syncs.length]?.kill();
    case "killDatabase":
      for (const sync of syncs) sync.foreseeLoss();
      return server.kill();
    case "faults":
      return nodes[step.node]?.setFaults(step.plan);
    case "restartNode":
      return nodes[step.node]?.restart({ downMs: step.downMs });
    case "dropSnapshots":
      return nodes[step.node]?.dropSnapshots();
    case "takeSnapshot":
      return nodes[step.node]?.takeSnapshot();
    case "pruneEvents":
      nodes[step.node]?.pruneEvents();
      if (scenario.isPruningChunks) nodes[step.node]?.pruneChunks();
      return;
    default:
      step satisfies never;
  }
}

/** Lets the running syncs recover by themselves, or new ones; says what went wrong. */
async function recover(stage: Stage): Promise<readonly string[]> {
  const { scenario, devnet, nodes, mirror, syncs } = stage;
  for (const node of nodes) node.setFaults(scenario.lastingFaults);
  // Nodes keep events for longer than the time between two snapshots.
  for (const node of nodes) node.takeSnapshot();
  await devnet.produceBlock(2);
  if (scenario.isLeftRunning) {
    for (const sync of syncs) sync.ensureRunning();
    const deadline = Date.now() + RECOVERY_MS;
    while (!(await hasCaughtUp(mirror, devnet))) {
      if (Date.now() > deadline) {
        await Promise.all(syncs.map((sync) => sync.kill()));
        const lastLines = syncs.map((sync) => sync.lastLines()).join("\n");
        return [`the sync that was left running did not catch up\n${lastLines}`];
      }
      for (const sync of syncs) sync.retryRefusedStart();
      await delay(50);
    }
    await Promise.all(syncs.map((sync) => sync.stop()));
  } else {
    await Promise.all(syncs.map((sync) => sync.kill()));
    await Promise.all(syncs.map((sync) => sync.runUntilSynced(RECOVERY_MS)));
  }
  return syncs.flatMap((sync) => sync.complaints());
}

async function endAll(syncs: readonly SyncProcess[]): Promise<void> {
  await Promise.all(syncs.map((sync) => sync[Symbol.asyncDispose]()));
}

/** Plays a scenario to its end and holds the mirror against the network. */
export async function runScenario(scenario: Scenario, server: DatabaseServer): Promise<Outcome> {
  await using devnet = createDevnet({ ...scenario.devnet, faults: scenario.lastingFaults });
  await devnet.start();
  const nodes: DevnetNode[] = [devnet];
  for (let index = 1; index < scenario.nodeCount; index++) {
    nodes.push(await devnet.addNode({ faults: scenario.lastingFaults }));
  }
  await using mirror = await createMirror(scenario.backend, server);
  const endpoints = nodes.map(({ endpoint }) => endpoint);
  const { settings } = scenario;
  const syncs = Array.from({ length: scenario.syncCount }, () =>
    createSyncProcess({ endpoints, mirror, settings }),
  );
  await using _processes = { [Symbol.asyncDispose]: () => endAll(syncs) };
  const stage: Stage = { scenario, server, devnet, nodes, mirror, syncs };

  let databaseKills = 0;
  for (const step of scenario.steps) {
    for (const sync of syncs) sync.ensureRunning();
    // Into its start, or into its work.
    await delay(step.kind === "killSync" ? (scenario.seed % 7) * 150 : 0);
    await perform(stage, step);
    if (step.kind === "killDatabase") databaseKills += 1;
  }
  const complaints = await recover(stage);
  const corrupted = new Set(nodes.flatMap((node) => node.listCorrupted()));
  const differences =
    complaints.length > 0 ? complaints : await compareMirror(mirror, { devnet, corrupted });
  const faults = new Map<string, number>();
  for (const node of nodes) {
    for (const [name, count] of node.faultCounts()) {
      faults.set(name, (faults.get(name) ?? 0) + count);
    }
  }
  const syncKills = syncs.reduce((sum, sync) => sum + sync.killCount(), 0);
  return { differences, syncKills, databaseKills, faults };
}
