// Whether a first load slows down, or takes more memory, as the database grows.
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { copyRows, stageRows } from "../measure/databases/more-rows.mjs";
import { median, round } from "../measure/numbers.mjs";
import { runMeasured } from "../measure/processes/run-measured.mjs";
import { migrateArgs, syncArgs } from "../measure/processes/snaprag-command.mjs";

/** Rows that are there, as multiples of the messages that are loaded: up to 20 million for 200,000. */
const MULTIPLES = [0, 5, 25, 100];
const MULTIPLES_QUICK = [0, 2];
const MOST_ROWS = 20_000_000;
const POLL_MS = 50;
/** Of both data shards of a devnet. */
const PARTITION_COUNT = 512;

const DOWNLOADED = `
select coalesce(sum(message_count), 0)::int as messages,
  count(*) filter (where status = 'done')::int as done
from sync_partitions`;

/** Messages and seconds of the download alone, from the first page to the last, as they are committed. */
async function watchDownload(url, signal) {
  const client = new pg.Client(url);
  await client.connect();
  let first;
  let last;
  try {
    while (!signal.aborted && !last) {
      const { rows } = await client.query(DOWNLOADED);
      const { messages, done } = rows[0];
      const now = { messages, at: process.hrtime.bigint() };
      if (messages > 0) first ??= now;
      if (done === PARTITION_COUNT) last = now;
      await delay(POLL_MS);
    }
  } finally {
    await client.end();
  }
  if (!first || !last) throw new Error("The sync ended before its download was seen to end");
  const seconds = Number(last.at - first.at) / 1e9;
  return { messages: last.messages - first.messages, seconds };
}

async function measureLoadInto(database, grownUrl, { node }) {
  return await database.withCopy(grownUrl, async (url) => {
    let download;
    const { seconds, peakMb } = await runMeasured(syncArgs({ endpoint: node.endpoint, url }), {
      onStart(child) {
        const ended = new AbortController();
        once(child, "exit").then(() => ended.abort());
        download = watchDownload(url, ended.signal);
      },
    });
    const downloaded = await download;
    return {
      messagesPerSecond: Math.round(downloaded.messages / downloaded.seconds),
      secondsAfterDownload: round(seconds - downloaded.seconds),
      peakMb,
    };
  });
}

export const growth = {
  title: "Growth",
  text: `Messages per second of the download alone, and peak memory, when rows of other accounts are there already. Those are copies of
the casts, reactions and links of a mirror, made by SQL under other fids, which lie between those of the network, and other hashes; their
proofs would not hold, so that this measures the writing and not what the rows mean. One ratio is of the most
rows to the fewest, the other to none. Secondary indexes are built after a download and over all rows, which is most of the seconds in the third column.`,
  async run(context) {
    const { database, networks, sizes, log, isQuick, runs } = context;
    const network = await networks.of(sizes[0]);
    const rowCounts = (isQuick ? MULTIPLES_QUICK : MULTIPLES)
      .map((multiple) => multiple * sizes[0])
      .filter((count) => count <= MOST_ROWS);
    return await database.withDatabase(async (url) => {
      await runMeasured(migrateArgs(url));
      const staged = await stageRows(network.mirrorUrl, url);
      const steps = [];
      let rows = 0;
      for (const wanted of rowCounts) {
        rows += await copyRows(url, staged, wanted - rows);
        const loads = [];
        for (let run = 1; run <= runs; run++) {
          loads.push(await measureLoadInto(database, url, network));
          const { messagesPerSecond, peakMb } = loads.at(-1);
          log(`run ${run}, beside ${rows} rows: ${messagesPerSecond} messages/s, ${peakMb} MB`);
        }
        steps.push({ rows, loads });
      }
      return { messages: network.messages, runs, steps };
    });
  },
  ratios({ steps }) {
    const rateOf = ({ loads }) => median(loads.map((load) => load.messagesPerSecond));
    const [empty, fewest, ...more] = steps.map(rateOf);
    const most = more.at(-1) ?? fewest;
    const growthFromEmpty = round(most / empty, 3);
    // With one number of rows there is nothing to compare it with but none.
    return more.length === 0
      ? { growthFromEmpty }
      : { growth: round(most / fewest, 3), growthFromEmpty };
  },
  peakMb: ({ steps }) => steps.flatMap(({ loads }) => loads.map(({ peakMb }) => peakMb)),
  tables: ({ messages, runs, steps }) => [
    {
      title: `${messages} messages more, runs: ${runs}`,
      columns: ["rows there before", "messages/s of the download", "seconds besides", "peak MB"],
      rows: steps.map(({ rows, loads }) => [
        rows,
        ...["messagesPerSecond", "secondsAfterDownload", "peakMb"].map((field) =>
          median(loads.map((load) => load[field])),
        ),
      ]),
    },
  ],
  plots: ({ steps }) => [
    {
      name: "growth",
      title: "A download into a database with rows",
      unit: "messages/s",
      bars: steps.map(({ rows, loads }) => ({
        label: `${rows} rows`,
        value: median(loads.map((load) => load.messagesPerSecond)),
      })),
    },
  ],
};
