// What happens in a scenario, all of it decided by its seed before it begins.
import type { DevnetOptions, FaultPlan } from "@snaprag/devnet";
import type { Random } from "../support/random.ts";
import { createRandom } from "../support/random.ts";
import { drawFaults, drawLastingFaults } from "./draw-faults.ts";

/** One thing that happens while a sync runs. */
export type Step =
  | { readonly kind: "blocks"; readonly count: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "killSync" }
  | { readonly kind: "killDatabase" }
  | { readonly kind: "faults"; readonly node: number; readonly plan: FaultPlan }
  | { readonly kind: "restartNode"; readonly node: number; readonly downMs: number }
  | { readonly kind: "dropSnapshots"; readonly node: number }
  | { readonly kind: "takeSnapshot"; readonly node: number }
  | { readonly kind: "pruneEvents"; readonly node: number };

/** Where the mirror is kept. */
export type Backend = "server" | "embedded";

/** A history of a network, of its nodes and of a sync. */
export interface Scenario {
  readonly seed: number;
  readonly devnet: DevnetOptions;
  /** Nodes that the sync is told of. */
  readonly nodeCount: number;
  /** Processes that sync into the mirror together. */
  readonly syncCount: number;
  readonly backend: Backend;
  /** `SNAPRAG_...` settings of the sync. */
  readonly settings: Readonly<Record<string, string>>;
  /** Faults that never end. */
  readonly lastingFaults: FaultPlan;
  readonly steps: readonly Step[];
  /** Whether nodes that drop events drop the blocks too, which say whom the events were about. */
  readonly isPruningChunks: boolean;
  /** Whether the sync that runs at the end is left to recover by itself, or started anew. */
  readonly isLeftRunning: boolean;
}

function drawStep(random: Random, nodeCount: number, lasting: FaultPlan): Step {
  const node = random.integer(0, nodeCount - 1);
  const draw = random.next();
  if (draw < 0.24) return { kind: "blocks", count: random.integer(1, 12) };
  if (draw < 0.44) return { kind: "wait", ms: random.integer(5, 300) };
  if (draw < 0.62) return { kind: "killSync" };
  if (draw < 0.8) return { kind: "faults", node, plan: { ...drawFaults(random), ...lasting } };
  if (draw < 0.86) return { kind: "dropSnapshots", node };
  if (draw < 0.9) return { kind: "takeSnapshot", node };
  if (draw < 0.94) return { kind: "restartNode", node, downMs: random.integer(0, 200) };
  if (draw < 0.98) return { kind: "pruneEvents", node };
  return { kind: "killDatabase" };
}

/** Draws the scenario of a seed. */
export function drawScenario(seed: number): Scenario {
  const random = createRandom(seed);
  const nodeCount = random.chance(0.3) ? 2 : 1;
  const backend = random.chance(0.04) ? "embedded" : "server";
  const lastingFaults = drawLastingFaults(random);
  const stepCount = random.integer(3, 9);
  const scenario: Scenario = {
    seed,
    devnet: {
      seed: random.integer(1, 1_000_000),
      users: random.integer(10, 30),
      messages: random.integer(0, 900),
      blockMs: 0,
      trafficPerBlock: random.integer(0, 30),
      snapshotIntervalBlocks: random.integer(2, 40),
      snapshotMaxAgeMs: random.pick([5_000, 20_000, 86_400_000]),
      gaslessKeys: random.chance(0.6),
    },
    nodeCount,
    syncCount: 1,
    backend,
    settings: {
      SNAPRAG_SYNC_LANES: String(random.pick([1, 3, 8, 16])),
      SNAPRAG_SYNC_BATCH_SIZE: String(random.pick([1, 10, 100])),
      SNAPRAG_SYNC_SYNC_INTERVAL_MS: String(random.pick([5, 20, 100])),
    },
    lastingFaults,
    steps: Array.from({ length: stepCount }, () => drawStep(random, nodeCount, lastingFaults)),
    isPruningChunks: false,
    isLeftRunning: backend === "server" && random.chance(0.25),
  };
  // Drawn last, so that what a seed comes to is else what it was before.
  const syncCount = backend === "server" && random.chance(0.3) ? random.integer(2, 3) : 1;
  return { ...scenario, syncCount, isPruningChunks: random.chance(0.3) };
}
