// How fast a mirror catches up with blocks that it has missed, and how late rows are while it follows.

import { measureLiveDelay } from "../measure/live-delay.mjs";
import { countEvents } from "../measure/networks/count-events.mjs";
import { startDevnet, startRecorded } from "../measure/networks/networks.mjs";
import { median, round } from "../measure/numbers.mjs";
import { runMeasured } from "../measure/processes/run-measured.mjs";
import { messagesIn, syncArgs } from "../measure/processes/snaprag-command.mjs";

/** What is there before: enough for users to be active in every way. */
const HISTORY_MESSAGES = 20_000;
const MISSED = { blocks: 400, messagesPerBlock: 250 };
const MISSED_QUICK = { blocks: 100, messagesPerBlock: 250 };
/** Messages of a block, and so of a second. */
const RATES = [1, 100, 1000];
/** Settings to follow with. What is proved meanwhile holds following up, so it is left out once. */
const SETTINGS = [
  { label: "default", env: {} },
  { label: "50 ms", env: { SNAPRAG_SYNC_SYNC_INTERVAL_MS: "50" } },
  {
    label: "50 ms, no live proof",
    env: { SNAPRAG_SYNC_SYNC_INTERVAL_MS: "50", SNAPRAG_SYNC_PROOF_INTERVAL_BLOCKS: "0" },
  },
];
const SETTINGS_QUICK = SETTINGS.slice(0, 2);
const BLOCKS_PER_RATE = 60;
const BLOCKS_PER_RATE_QUICK = 8;

async function measureCatchUpRuns({ database, log, runs }, { node, behindUrl, events }) {
  const measured = [];
  // The first has the node remember its answers.
  for (let run = 0; run <= runs; run++) {
    const sync = (url) => runMeasured(syncArgs({ endpoint: node.endpoint, url }));
    await database.withCopy(behindUrl, async (url) => {
      const cpuBefore = database.cpuSeconds();
      const catchUp = await sync(url);
      const databaseSeconds = database.cpuSeconds() - cpuBefore;
      const idle = await sync(url);
      if (run === 0) return;
      const seconds = catchUp.seconds - idle.seconds;
      const perMillion = (cpuSeconds) => round((cpuSeconds / events) * 1e6, 1);
      const result = {
        seconds: round(seconds),
        idleSeconds: round(idle.seconds),
        eventsPerSecond: Math.round(events / seconds),
        peakMb: catchUp.peakMb,
        cpuSecondsPerMillion: {
          program: perMillion(catchUp.cpuSeconds - idle.cpuSeconds),
          database: perMillion(databaseSeconds),
        },
      };
      measured.push(result);
      log(`catching up, run ${run}: ${result.eventsPerSecond} events/s, ${result.peakMb} MB`);
    });
  }
  return measured;
}

async function measureCatchUp(context) {
  const { database, seed, isQuick, sizes } = context;
  const { blocks, messagesPerBlock } = isQuick ? MISSED_QUICK : MISSED;
  const devnet = await startDevnet({
    ...{ messages: Math.min(HISTORY_MESSAGES, sizes[0]), seed },
    trafficPerBlock: messagesPerBlock,
  });
  const behindUrl = await database.create();
  const { output } = await runMeasured(syncArgs({ endpoint: devnet.endpoint, url: behindUrl }));
  const { heights } = await devnet.produce(0);
  await devnet.produce(blocks);
  const node = await startRecorded(devnet.endpoint);
  const events = await countEvents(node.endpoint, heights);
  const runs = await measureCatchUpRuns(context, { node, behindUrl, events });
  await database.drop(behindUrl);
  await node.stop();
  await devnet.stop();
  return { messagesBefore: messagesIn(output), blocks, events, runs };
}

async function measureRate(context, rate) {
  const { database, seed, isQuick, sizes, log } = context;
  const blocks = isQuick ? BLOCKS_PER_RATE_QUICK : BLOCKS_PER_RATE;
  const messages = Math.min(HISTORY_MESSAGES, sizes[0]);
  const devnet = await startDevnet({ messages, seed, trafficPerBlock: rate });
  const results = await database.withDatabase(async (url) => {
    await runMeasured(syncArgs({ endpoint: devnet.endpoint, url }));
    const measured = [];
    for (const { label, env } of isQuick ? SETTINGS_QUICK : SETTINGS) {
      const live = await measureLiveDelay({ devnet, database, url, blocks, env });
      const { first, last } = live.heights;
      const events = await countEvents(devnet.endpoint, first, last);
      const eventsPerSecond = round(events / live.seconds, 1);
      const { p50, p95, p99 } = live.delayMs;
      log(`${rate}/s, ${label}: ${p50}, ${p95}, ${p99} ms`);
      measured.push({ rate, setting: label, eventsPerSecond, ...live });
    }
    return measured;
  });
  await devnet.stop();
  return results;
}

export const realtime = {
  title: "Realtime",
  text: `Catching up: a mirror was made and stopped, then the network made blocks; the seconds are those of \`sync --until-synced\` less those
of the same command with nothing to do. Live: the network makes a block a second, and the delay is from when the node had sent a block to
when its rows were there, for each block of each data shard. It is seen by looking at the progress that is committed with the
rows, again and again: the time between two looks is what a delay may be too long by.`,
  async run(context) {
    const catchUp = await measureCatchUp(context);
    const live = [];
    for (const rate of RATES) live.push(...(await measureRate(context, rate)));
    return { catchUp, live };
  },
  peakMb: ({ catchUp, live }) => [...catchUp.runs, ...live].map(({ peakMb }) => peakMb),
  tables({ catchUp, live }) {
    const { blocks, events, runs } = catchUp;
    const of = (read) => round(median(runs.map(read)), 1);
    const cpu = (who) => of(({ cpuSecondsPerMillion }) => cpuSecondsPerMillion[who]);
    return [
      {
        title: `Catching up with ${events} events in ${blocks} blocks, runs: ${runs.length}`,
        columns: ["events/s", "CPU s per million: program", "database", "peak MB"],
        rows: [
          [
            ...[of((run) => run.eventsPerSecond), cpu("program"), cpu("database")],
            of((run) => run.peakMb),
          ],
        ],
      },
      {
        title: "Live: milliseconds from sent to visible",
        columns: [
          ...["messages/s asked", "events/s", "sync_interval_ms", "p50", "p95", "p99"],
          ...["blocks", "between looks: p50", "p99", "peak MB"],
        ],
        rows: live.map((run) => [
          ...[run.rate, run.eventsPerSecond, run.setting],
          ...[run.delayMs.p50, run.delayMs.p95, run.delayMs.p99, run.samples],
          ...[run.pollMs.p50, run.pollMs.p99, run.peakMb],
        ]),
      },
    ];
  },
  plots: ({ live }) => [
    {
      name: "realtime",
      title: "From sent to visible, 95 of 100 blocks",
      unit: "ms",
      bars: live.map((run) => ({
        label: `${run.rate} messages/s, ${run.setting}`,
        value: run.delayMs.p95,
      })),
    },
  ],
};
