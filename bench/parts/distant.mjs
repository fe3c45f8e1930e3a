// The same first load from a node that is far away.
import { summarize, takeTurns } from "../measure/load.mjs";
import { ratioOf } from "../measure/numbers.mjs";
import { syncArgs } from "../measure/processes/snaprag-command.mjs";
import { startChild } from "../measure/processes/start-child.mjs";

const ROUND_TRIP_MS = 50;

const LABELS = { near: "loopback", far: `${ROUND_TRIP_MS} ms away` };

export const distant = {
  title: "A distant node",
  text: `The same first load, proved, through a line that takes ${ROUND_TRIP_MS} ms there and back (bench/programs/node/serve-distant.mjs). The line
delays bytes and nothing else; what it costs the machine counts against the sync.`,
  async run(context) {
    const messages = context.sizes[0];
    const network = await context.networks.of(messages);
    const { endpoint } = network.node;
    const line = await startChild("programs/node/serve-distant.mjs", [endpoint, ROUND_TRIP_MS]);
    const programs = {
      near: { toArgs: (url) => syncArgs({ endpoint, url }) },
      far: { toArgs: (url) => syncArgs({ endpoint: line.ready, url }) },
    };
    try {
      const { runs } = context;
      const results = await takeTurns(context, programs, { network, runs });
      const lineCpuSeconds = JSON.parse(await line.ask("cost")).cpuSeconds;
      const roundTripMs = ROUND_TRIP_MS;
      return { messages: network.messages, runs, roundTripMs, lineCpuSeconds, programs: results };
    } finally {
      await line.stop();
    }
  },
  ratios: ({ programs }) => ({ distant: ratioOf(programs.far, programs.near) }),
  peakMb: ({ programs }) =>
    Object.values(programs).flatMap((loads) => loads.map(({ peakMb }) => peakMb)),
  tables: ({ messages, runs, programs }) => [
    {
      title: `${messages} messages, runs: ${runs}; far / near: ${ratioOf(programs.far, programs.near)}`,
      columns: ["node", "messages/s", "peak MB", "calls"],
      rows: Object.entries(programs).map(([name, loads]) => {
        const { messagesPerSecond, peakMb } = summarize(loads);
        return [LABELS[name], messagesPerSecond, peakMb, loads[0].calls];
      }),
    },
  ],
};
