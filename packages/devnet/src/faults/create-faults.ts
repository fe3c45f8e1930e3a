import type { Prng } from "../traffic/authoring/prng.ts";
import { createPrng, seedOf } from "../traffic/authoring/prng.ts";
import { checkFaultPlan } from "./check-fault-plan.ts";
import type { Fault, FaultName, FaultOf, FaultPlan } from "./fault-plan.ts";
import type { LieName } from "./lies/lie-plan.ts";

/** Faults that strike at some occasions and not at others. */
type TimedFaultName = Exclude<FaultName, StandingFaultName | LieName>;
/** Faults that strike some things and not others, always the same ones. */
type StandingFaultName = "unpageable" | "corruptMessages";

/** What goes wrong on one node: its plan, its dice, and how often what struck. */
export interface Faults {
  /** True when no plan is set, which is when asking about faults would be a waste of time. */
  isQuiet(): boolean;
  /**
   * Replaces the plan, and starts to count occasions anew; what has struck stays counted.
   *
   * @throws {TypeError} when the plan is none; the old one then stays
   */
  set(plan: FaultPlan): void;
  /** How often each fault struck so far; one that never did is absent. */
  counts(): ReadonlyMap<FaultName, number>;
  /** Takes an occasion: what strikes at it, if anything does. Entries that do not apply see none. */
  strike<Name extends TimedFaultName>(
    name: Name,
    applies?: (fault: FaultOf<Name>) => boolean,
  ): FaultOf<Name> | undefined;
  /** What is planned to strike a thing, which is the same however often it is asked. */
  findStanding<Name extends StandingFaultName>(
    name: Name,
    thing: Uint8Array,
  ): FaultOf<Name> | undefined;
  /** A lie of the plan: the same object for as long as the plan is. */
  findLie<Name extends LieName>(name: Name): FaultOf<Name> | undefined;
  /** Counts a standing fault that was met, or a lie that was told. */
  count(name: StandingFaultName | LieName): void;
  /** Whether a fault is planned at all. */
  isPlanned(name: FaultName): boolean;
  /** Random numbers for what a fault does; those of one fault do not disturb another's. */
  prng(name: FaultName): Prng;
  /** Random numbers that a fault has for a thing, the same each time. */
  prngOf(name: FaultName, thing: Uint8Array): Prng;
}

/** An entry of the plan and what it has seen. */
interface Trigger {
  readonly fault: Fault;
  occasions: number;
  struck: number;
}

/** Where the faults of a node come from. */
export interface FaultsOptions {
  /** What every random choice follows from. */
  readonly seed: string;
  readonly plan: FaultPlan;
}

/**
 * Creates the faults of one node.
 *
 * @throws {TypeError} when the plan is none
 */
export function createFaults({ seed, plan }: FaultsOptions): Faults {
  const counts = new Map<FaultName, number>();
  const prngs = new Map<FaultName, Prng>();
  let triggers = readTriggers(plan);

  function count(name: FaultName): void {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  function prng(name: FaultName): Prng {
    const known = prngs.get(name) ?? createPrng(seedOf(`${seed}/${name}`));
    prngs.set(name, known);
    return known;
  }

  const prngOf = (name: FaultName, thing: Uint8Array) =>
    createPrng(seedOf(`${seed}/${name}/${Buffer.from(thing).toString("hex")}`));

  function takeOccasion(name: FaultName, trigger: Trigger): boolean {
    const { chance = 1, after = 0, times = Infinity } = trigger.fault;
    trigger.occasions++;
    if (trigger.occasions <= after || trigger.struck >= times) return false;
    if (!prng(name).chance(chance)) return false;
    trigger.struck++;
    return true;
  }

  return {
    isQuiet: () => triggers.size === 0,
    set(next) {
      triggers = readTriggers(next);
    },
    counts: () => new Map(counts),
    strike<Name extends TimedFaultName>(
      name: Name,
      applies: (fault: FaultOf<Name>) => boolean = () => true,
    ) {
      for (const trigger of triggers.get(name) ?? []) {
        // Safety: the plan was checked, and the triggers of a name hold entries of that name.
        const fault = trigger.fault as FaultOf<Name>;
        if (!applies(fault) || !takeOccasion(name, trigger)) continue;
        count(name);
        return fault;
      }
      return undefined;
    },
    findStanding<Name extends StandingFaultName>(name: Name, thing: Uint8Array) {
      const fault = triggers.get(name)?.[0]?.fault;
      if (fault === undefined || !prngOf(name, thing).chance(fault.chance ?? 1)) return undefined;
      // Safety: as above.
      return fault as FaultOf<Name>;
    },
    findLie<Name extends LieName>(name: Name) {
      // Safety: as above.
      return triggers.get(name)?.[0]?.fault as FaultOf<Name> | undefined;
    },
    count,
    isPlanned: (name) => triggers.has(name),
    prng,
    prngOf,
  };
}

function readTriggers(plan: FaultPlan): ReadonlyMap<FaultName, readonly Trigger[]> {
  const triggers = new Map<FaultName, readonly Trigger[]>();
  for (const [name, entries] of checkFaultPlan(plan)) {
    if (entries.length === 0) continue;
    triggers.set(
      name,
      entries.map((fault) => ({ fault, occasions: 0, struck: 0 })),
    );
  }
  return triggers;
}
