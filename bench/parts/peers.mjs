// How others write the same messages.
import { execFileSync } from "node:child_process";
import { summarize, takeTurns } from "../measure/load.mjs";
import { ratioOf } from "../measure/numbers.mjs";
import { syncArgs } from "../measure/processes/snaprag-command.mjs";
import { pathTo } from "../measure/processes/start-child.mjs";

/** Messages that shuttle writes: its speed does not depend on how many. */
const SHUTTLE_MESSAGES = 5_000;

const LABELS = {
  proof: "sync --verify proof",
  multiRow: "multi-row inserts",
  shuttle: "@farcaster/shuttle",
};

/** They are nobody's dependency but the benchmark's, and not in the lock file of the workspace. */
function installPeers() {
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"], {
    cwd: pathTo("programs/peers"),
    stdio: ["ignore", "ignore", "inherit"],
  });
}

export const peers = {
  title: "Peers",
  text: `The same messages by multi-row inserts as the Rust implementation makes them, 10,000 rows a transaction, into its own relations with
their keys and indexes in place, casts, reactions and links only; and by the write path of @farcaster/shuttle in the fastest way it can be used (${SHUTTLE_MESSAGES} messages, without its start-up).
Neither checks anything nor can resume.`,
  async run(context) {
    installPeers();
    const messages = context.sizes[0];
    const { runs } = context;
    const network = await context.networks.of(messages);
    const { endpoint } = network.node;
    const count = Math.min(SHUTTLE_MESSAGES, messages);
    const results = await takeTurns(
      context,
      {
        proof: { toArgs: (url) => syncArgs({ endpoint, url }) },
        multiRow: {
          toArgs: (url) => [pathTo("programs/peers/run-multi-row.mjs"), endpoint, url],
        },
        shuttle: {
          toArgs: (url) => [pathTo("programs/peers/run-shuttle.mjs"), endpoint, url, count],
        },
      },
      { network, runs },
    );
    return { messages: network.messages, runs, programs: results };
  },
  ratios: ({ programs: { proof, multiRow, shuttle } }) => ({
    multiRow: ratioOf(proof, multiRow),
    shuttle: ratioOf(proof, shuttle),
  }),
  peakMb: ({ programs }) => programs.proof.map(({ peakMb }) => peakMb),
  tables: ({ messages, runs, programs }) => [
    {
      title: `${messages} messages, runs: ${runs}`,
      columns: ["program", "messages/s", "the sync is faster by", "peak MB"],
      rows: Object.entries(programs).map(([name, loads]) => {
        const { messagesPerSecond, peakMb } = summarize(loads);
        return [LABELS[name], messagesPerSecond, ratioOf(programs.proof, loads), peakMb];
      }),
    },
  ],
  plots: ({ programs }) => [
    {
      name: "peers",
      title: "A first load, beside others",
      unit: "messages/s",
      bars: Object.entries(programs).map(([name, loads]) => ({
        label: LABELS[name],
        value: summarize(loads).messagesPerSecond,
      })),
    },
  ],
};
