// Several processes that fill one database together, also when one of them is killed in the middle.
import { setTimeout as delay } from "node:timers/promises";
import { queryRows } from "../measure/databases/database.mjs";
import { round } from "../measure/numbers.mjs";
import { cpuSecondsOfEnded, runMeasured } from "../measure/processes/run-measured.mjs";
import { migrateArgs, proofArgs, syncArgs } from "../measure/processes/snaprag-command.mjs";

const VARIANTS = [
  { count: 1, isKilled: false },
  { count: 2, isKilled: false },
  { count: 3, isKilled: false },
  { count: 3, isKilled: true },
];
/** Of both data shards of a devnet. */
const PARTITION_COUNT = 512;

const DONE = `select count(*)::int as done from sync_partitions where status = 'done'`;

/** Kills a process when half of all partitions are here; false when it was too late for that. */
async function killInTheMiddle(child, url) {
  while (child.exitCode === null && child.signalCode === null) {
    const [{ done }] = await queryRows(url, DONE);
    if (done >= PARTITION_COUNT / 2) return child.kill("SIGKILL");
    await delay(50);
  }
  return false;
}

async function measureVariant({ database }, network, { count, isKilled }) {
  const { node, messages } = network;
  return await database.withDatabase(async (url) => {
    await runMeasured(migrateArgs(url));
    const before = { program: cpuSecondsOfEnded(), database: database.cpuSeconds() };
    const startedAt = process.hrtime.bigint();
    let killing = false;
    const ended = await Promise.all(
      Array.from({ length: count }, (_, nth) =>
        runMeasured(syncArgs({ endpoint: node.endpoint, url }), {
          mayBeKilled: isKilled && nth === 0,
          onStart(child) {
            if (!isKilled || nth !== 0) return;
            killing = killInTheMiddle(child, url);
            // Where another one fails, nobody asks any more.
            killing.catch(() => undefined);
          },
        }),
      ),
    );
    const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
    const wasKilled = await killing;
    const perMillion = (cpuSeconds) => round((cpuSeconds / messages) * 1e6);
    const cpuSecondsPerMillion = {
      program: perMillion(cpuSecondsOfEnded() - before.program),
      database: perMillion(database.cpuSeconds() - before.database),
    };
    const { output } = await runMeasured(proofArgs("verify", { endpoint: node.endpoint, url }));
    return {
      ...{ count, wasKilled, seconds: round(seconds), cpuSecondsPerMillion },
      messagesPerSecond: Math.round(messages / seconds),
      peakMb: Math.max(...ended.map(({ peakMb }) => peakMb)),
      isProved: JSON.parse(output).isMatch,
    };
  });
}

export const processes = {
  title: "Several processes",
  text: `So many \`sync --until-synced\` at the same time on one database, from their start to the end of the last one; in one variant the
first is killed (SIGKILL) when half of the partitions are done. Afterwards \`snaprag verify\` proves the rows.`,
  async run(context) {
    const network = await context.networks.of(context.sizes[0]);
    const runs = [];
    for (let run = 1; run <= context.runs; run++) {
      const variants = [];
      for (const variant of VARIANTS) {
        const result = await measureVariant(context, network, variant);
        variants.push(result);
        const { count, wasKilled, messagesPerSecond, isProved } = result;
        context.log(
          `run ${run}, ${count} processes${wasKilled ? ", one killed" : ""}: ${messagesPerSecond} messages/s, ${isProved}`,
        );
      }
      runs.push(variants);
    }
    return { messages: network.messages, runs };
  },
  peakMb: ({ runs }) => runs.flat().map(({ peakMb }) => peakMb),
  tables: ({ messages, runs }) => [
    {
      title: `${messages} messages, run by run`,
      columns: ["processes", "one killed", "messages/s", "seconds", "most MB of one", "all match"],
      rows: runs
        .flat()
        .map((variant) => [
          ...[variant.count, variant.wasKilled ? "yes" : "no", variant.messagesPerSecond],
          ...[variant.seconds, variant.peakMb, variant.isProved ? "yes" : "no"],
        ]),
    },
  ],
};
