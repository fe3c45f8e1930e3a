// How fast a fresh database is filled at each level of verification, beside the least that any program
// must do for it, and beside others.
import { availableParallelism } from "node:os";
import { measureEd25519 } from "../measure/ed25519.mjs";
import { summarize, takeTurns } from "../measure/load.mjs";
import { whyTooLarge } from "../measure/networks/networks.mjs";
import { ratioOf, round } from "../measure/numbers.mjs";
import {
  installPeers,
  peerProgramsOf,
  SHUTTLE_MESSAGES,
} from "../measure/processes/peer-programs.mjs";
import { syncArgs } from "../measure/processes/snaprag-command.mjs";
import { pathTo } from "../measure/processes/start-child.mjs";

const SIGNATURE_THREADS = 2;

const LABELS = {
  none: "sync --verify none",
  floor: "floor",
  proof: "sync --verify proof",
  multiRow: "multi-row inserts",
  shuttle: "@farcaster/shuttle",
  fullOneThread: "sync --verify full, 1 thread",
  fullTwoThreads: "sync --verify full, 2 threads",
};

/** Names of the programs that are measured, in the order of their turns. */
export const HISTORICAL_PROGRAMS = Object.keys(LABELS);

/** Something of each program that has it. */
function inOrder(toValue) {
  const values = HISTORICAL_PROGRAMS.map((name) => [name, toValue(name)]);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

function programsOf(network, { isQuick }) {
  const { node, indexes } = network;
  const sync = (level) => (url) => syncArgs({ endpoint: node.endpoint, url, level });
  const fullWith = (threads) => ({
    toArgs: (url) => ["--import", pathTo("programs/limit-cores.mjs"), ...sync("full")(url)],
    env: { BENCH_CORES: String(threads) },
    // They take most of the time of all.
    mostRuns: isQuick ? 1 : undefined,
  });
  const floor = pathTo("programs/floor/run-floor.mjs");
  return {
    none: { toArgs: sync("none") },
    floor: { toArgs: (url) => [floor, node.endpoint, url, JSON.stringify(indexes)] },
    proof: { toArgs: sync("proof") },
    ...peerProgramsOf(network),
    fullOneThread: fullWith(1),
    fullTwoThreads: fullWith(SIGNATURE_THREADS),
  };
}

async function measureSize(context, { asked, ed25519 }) {
  const why = whyTooLarge(asked);
  if (why !== undefined) {
    context.log(`left out: ${why}`);
    return { asked, leftOut: why };
  }
  const runs = context.runsAt(asked);
  const network = await context.networks.of(asked);
  const { programs: chosen = HISTORICAL_PROGRAMS } = context;
  const all = programsOf(network, context);
  const wanted = inOrder((name) => (chosen.includes(name) ? all[name] : undefined));
  const programs = await takeTurns(context, wanted, { network, runs });
  const { messages, largestUser } = network;
  return { asked, messages, largestUser, ed25519, programs };
}

/** Programs that were not measured again stay, to be compared with those of their own turns alone. */
function mergeSize(earlier, later) {
  if (earlier?.programs === undefined || later.programs === undefined) return later;
  const programs = { ...earlier.programs, ...later.programs };
  // Compared with full verification alone, in the same turns.
  const { ed25519 } = later.programs.fullTwoThreads ? later : earlier;
  return { ...later, ed25519, programs: inOrder((name) => programs[name]) };
}

const measured = ({ sizes }) => sizes.filter(({ leftOut }) => leftOut === undefined);

/** Which program is how many times as fast as which other. */
const RATIOS = {
  floorNone: { title: "none / floor", of: ["none", "floor"] },
  floorProof: { title: "proof / floor", of: ["proof", "floor"] },
  proofNone: { title: "proof / none", of: ["proof", "none"] },
  multiRow: { title: "proof / multi-row", of: ["proof", "multiRow"] },
  shuttle: { title: "proof / shuttle", of: ["proof", "shuttle"] },
  twoWorkers: { title: "full: 2 threads / 1", of: ["fullTwoThreads", "fullOneThread"] },
  ed25519Limit: { title: "full / ed25519 alone", of: ["fullTwoThreads"] },
};

/** How often programs were measured in the same turns. */
function countTurns({ programs }, names) {
  const loads = names.map((name) => programs[name] ?? []);
  const dates = new Set(loads.map((each) => each.at(-1)?.date));
  return dates.size > 1 ? 0 : Math.min(...loads.map(({ length }) => length));
}

/** 0 is what was not measured, or not in the same turns. */
function ratioAt(size, names) {
  if (size === undefined || countTurns(size, names) === 0) return 0;
  const { programs, ed25519 } = size;
  const [one, other] = names;
  if (other !== undefined) return ratioOf(programs[one], programs[other]);
  const limit = ed25519.perSecond * Math.min(SIGNATURE_THREADS, availableParallelism());
  return round(summarize(programs[one]).messagesPerSecond / limit, 3);
}

/**
 * The largest of the sizes at which programs were measured most often: start-up, which is constant,
 * counts least there.
 */
function sizeOfRatio(sizes, names) {
  const mostTurns = Math.max(...sizes.map((size) => countTurns(size, names)));
  return sizes.findLast((size) => countTurns(size, names) === mostTurns);
}

function tableOf({ programs }, title) {
  return {
    title,
    columns: [
      ...["program", "runs", "measured", "of", "messages/s", "slowest", "fastest"],
      ...["CPU s per million: program", "database", "node", "node's share of CPU"],
      ...["peak MB", "bytes per message"],
    ],
    rows: Object.entries(programs).map(([name, loads]) => {
      const { cpu, nodeCpuShare, peakMb, bytesPerMessage, ...rates } = summarize(loads);
      const share = `${round(nodeCpuShare * 100, 1)} %`;
      const costs = [cpu.program, cpu.database, cpu.node, share];
      const { date, commit = "–" } = loads.at(-1);
      const speed = [rates.messagesPerSecond, rates.slowest, rates.fastest];
      const origin = [loads.length, date.slice(0, 10), commit];
      return [LABELS[name], ...origin, ...speed, ...costs, peakMb, bytesPerMessage];
    }),
  };
}

export const historical = {
  title: "Historical sync",
  text: `The built command fills a fresh database from a node that gives recorded answers. Start-up, secondary indexes and
the final count of rows are included. The floor is the least that any program must do for the same rows: receive, decode, COPY,
build keys and indexes (bench/programs/floor), with the decoder of the sync and as much memory for young objects. The same messages by multi-row inserts as the Rust implementation makes them, 10,000
rows a transaction, into its own relations with their keys and indexes in place, casts, reactions and links only; and by the write path
of @farcaster/shuttle in the fastest way it can be used (${SHUTTLE_MESSAGES} messages, without its start-up). Neither checks anything nor can resume. With full verification the command has a thread for its work and one for each
core that verifies signatures; or one thread for all of it.`,
  async run(context) {
    installPeers();
    const ed25519 = await measureEd25519();
    const sizes = [];
    // The largest first: the network of the smallest is of use to the parts that follow.
    for (const size of context.sizes.toSorted((a, b) => b - a)) {
      sizes.push(await measureSize(context, { asked: size, ed25519 }));
    }
    return { sizes: sizes.reverse() };
  },
  /** Sizes and programs that were measured before and not again stay, each with its date. */
  merge(earlier, later) {
    const bySize = new Map(earlier.sizes.map((size) => [size.asked, size]));
    for (const size of later.sizes) bySize.set(size.asked, mergeSize(bySize.get(size.asked), size));
    return { sizes: [...bySize.values()].toSorted((a, b) => a.asked - b.asked) };
  },
  ratios(result) {
    const sizes = measured(result);
    const ratioOfMost = ({ of }) => ratioAt(sizeOfRatio(sizes, of), of);
    return Object.fromEntries(
      Object.entries(RATIOS).map(([name, ratio]) => [name, ratioOfMost(ratio)]),
    );
  },
  peakMb: (result) =>
    measured(result).flatMap(({ programs: { floor, multiRow, shuttle, ...syncs } }) =>
      Object.values(syncs).flatMap((loads) => loads.map(({ peakMb }) => peakMb)),
    ),
  tables(result) {
    const sizes = measured(result);
    const tables = sizes.map((size) => {
      const { messages, largestUser } = size;
      return tableOf(size, `${messages} messages, ${largestUser} of one user`);
    });
    const ratios = Object.values(RATIOS);
    return [
      ...tables,
      {
        title: "Ratios of throughputs, and what one core verifies with nothing else to do",
        columns: ["messages", ...ratios.map(({ title }) => title), "signatures/s"],
        rows: sizes.map((size) => [
          size.messages,
          ...ratios.map(({ of }) => ratioAt(size, of)),
          size.ed25519.perSecond,
        ]),
      },
    ];
  },
  plots: (result) =>
    measured(result).map(({ asked, messages, programs }) => ({
      name: `historical-${asked}`,
      title: `A first load of ${messages} messages`,
      unit: "messages/s",
      bars: Object.entries(programs).map(([name, loads]) => ({
        label: LABELS[name],
        value: summarize(loads).messagesPerSecond,
      })),
    })),
};
