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

/** Full verification of a million messages takes a minute. */
const mostRunsOf = (messages) => (messages >= 1_000_000 ? 1 : undefined);

function programsOf(network, { isQuick }) {
  const { node, indexes, messages } = network;
  const sync = (level) => (url) => syncArgs({ endpoint: node.endpoint, url, level });
  const fullWith = (threads) => ({
    toArgs: (url) => ["--import", pathTo("programs/limit-cores.mjs"), ...sync("full")(url)],
    env: { BENCH_CORES: String(threads) },
    // They take most of the time of all.
    mostRuns: isQuick ? 1 : mostRunsOf(messages),
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

async function measureSize(context, asked) {
  const why = whyTooLarge(asked);
  if (why !== undefined) {
    context.log(`left out: ${why}`);
    return { asked, leftOut: why };
  }
  const runs = context.runsAt(asked);
  const network = await context.networks.of(asked);
  const programs = await takeTurns(context, programsOf(network, context), { network, runs });
  const { messages, largestUser } = network;
  return { asked, messages, largestUser, runs, programs };
}

const measured = ({ sizes }) => sizes.filter(({ leftOut }) => leftOut === undefined);

/** The largest of those that were measured most often: start-up, which is constant, counts least there. */
function sizeOfRatios(result) {
  const sizes = measured(result);
  const mostRuns = Math.max(...sizes.map(({ runs }) => runs));
  return sizes.findLast(({ runs }) => runs === mostRuns);
}

function ratiosOf({ programs }, { perSecond }) {
  const { none, floor, proof, fullOneThread, fullTwoThreads, multiRow, shuttle } = programs;
  const limit = perSecond * Math.min(SIGNATURE_THREADS, availableParallelism());
  return {
    floorProof: ratioOf(proof, floor),
    floorNone: ratioOf(none, floor),
    proofNone: ratioOf(proof, none),
    multiRow: ratioOf(proof, multiRow),
    shuttle: ratioOf(proof, shuttle),
    twoWorkers: ratioOf(fullTwoThreads, fullOneThread),
    ed25519Limit: round(summarize(fullTwoThreads).messagesPerSecond / limit, 3),
  };
}

const RATIO_COLUMNS = [
  ["floorNone", "none / floor"],
  ["floorProof", "proof / floor"],
  ["proofNone", "proof / none"],
  ["multiRow", "proof / multi-row"],
  ["shuttle", "proof / shuttle"],
  ["twoWorkers", "full: 2 threads / 1"],
  ["ed25519Limit", "full / ed25519 alone"],
];

function tableOf({ programs }, title) {
  return {
    title,
    columns: [
      ...["program", "runs", "messages/s", "CPU s per million: program", "database", "node"],
      ...["node's share of CPU", "peak MB", "bytes per message"],
    ],
    rows: Object.entries(programs).map(([name, loads]) => {
      const { messagesPerSecond, cpu, nodeCpuShare, peakMb, bytesPerMessage } = summarize(loads);
      const share = `${round(nodeCpuShare * 100, 1)} %`;
      const costs = [cpu.program, cpu.database, cpu.node, share];
      return [LABELS[name], loads.length, messagesPerSecond, ...costs, peakMb, bytesPerMessage];
    }),
  };
}

export const historical = {
  title: "Historical sync",
  text: `The built command fills a fresh database from a node that gives recorded answers. Start-up, secondary indexes and
the final count of rows are included. The floor is the least that any program must do for the same rows: receive, decode, COPY,
build keys and indexes (bench/programs/floor). The same messages by multi-row inserts as the Rust implementation makes them, 10,000
rows a transaction, into its own relations with their keys and indexes in place, casts, reactions and links only; and by the write path
of @farcaster/shuttle in the fastest way it can be used (${SHUTTLE_MESSAGES} messages, without its start-up). Neither checks anything nor can resume. With full verification the command has a thread for its work and one for each
core that verifies signatures; or one thread for all of it.`,
  async run(context) {
    installPeers();
    const ed25519 = await measureEd25519();
    const sizes = [];
    // The largest first: the network of the smallest is of use to the parts that follow.
    for (const size of context.sizes.toSorted((a, b) => b - a)) {
      sizes.push(await measureSize(context, size));
    }
    return { ed25519, sizes: sizes.reverse() };
  },
  ratios: (result) => ratiosOf(sizeOfRatios(result), result.ed25519),
  peakMb: (result) =>
    measured(result).flatMap(({ programs: { floor, multiRow, shuttle, ...syncs } }) =>
      Object.values(syncs).flatMap((loads) => loads.map(({ peakMb }) => peakMb)),
    ),
  tables(result) {
    const { ed25519 } = result;
    const tables = measured(result).map((size) => {
      const { messages, largestUser } = size;
      const what = `${messages} messages, ${largestUser} of one user`;
      return tableOf(size, what);
    });
    const ratioRows = measured(result).map((size) => {
      const ratios = ratiosOf(size, ed25519);
      return [size.messages, ...RATIO_COLUMNS.map(([name]) => ratios[name])];
    });
    const limit = `${ed25519.perSecond} signatures/s on one core (${ed25519.name})`;
    return [
      ...tables,
      {
        title: `Ratios of throughputs; the last column against ${limit} on each core`,
        columns: ["messages", ...RATIO_COLUMNS.map(([, title]) => title)],
        rows: ratioRows,
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
