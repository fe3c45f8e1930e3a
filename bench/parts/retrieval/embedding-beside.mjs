// What a sync feels of an embedder: events a second while it catches up, alone, with embeddings
// enabled, and beside an embedder in another process that works all the while.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { queryRows } from "../../measure/databases/database.mjs";
import { MODEL, startEmbeddingsApi } from "../../measure/embeddings-api.mjs";
import { countEvents } from "../../measure/networks/count-events.mjs";
import { startDevnet, startRecorded } from "../../measure/networks/networks.mjs";
import { runMeasured } from "../../measure/processes/run-measured.mjs";
import { embedArgs, syncArgs } from "../../measure/processes/snaprag-command.mjs";

const HISTORY_MESSAGES = 200_000;
const HISTORY_MESSAGES_QUICK = 50_000;
const MISSED = { blocks: 400, messagesPerBlock: 250 };
const MISSED_QUICK = { blocks: 150, messagesPerBlock: 250 };
const LOOK_MS = 20;

const enabled = (endpoint) => ({
  SNAPRAG_EMBEDDINGS_ENABLED: "true",
  SNAPRAG_EMBEDDINGS_ENDPOINT: endpoint,
  SNAPRAG_EMBEDDINGS_MODEL: MODEL,
});

/** Waits until an embedder has begun: from then on every change of a cast is noted. */
async function untilBegun(url) {
  while (true) {
    const [row] = await queryRows(url, "select max(cast_count)::int as n from embedding_sets");
    if ((row?.n ?? 0) > 0) return;
    await delay(LOOK_MS);
  }
}

/** Lets an embedder begin, and work on while something else is done. */
async function besideEmbedder(api, url, work) {
  const embedder = spawn(
    process.execPath,
    embedArgs({ endpoint: api.endpoint, model: MODEL, url, flags: [] }),
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const ended = once(embedder, "close");
  try {
    await untilBegun(url);
    return await work();
  } finally {
    embedder.kill("SIGKILL");
    await ended;
  }
}

/** Seconds of a sync that has missed blocks, less those of one that has nothing to do. */
async function catchUpSeconds({ node, url, env = {} }) {
  const args = syncArgs({ endpoint: node.endpoint, url });
  const catchUp = await runMeasured(args, { env });
  const idle = await runMeasured(args, { env });
  return catchUp.seconds - idle.seconds;
}

async function measureRun({ database }, { node, api, behindUrl, events }) {
  const perSecond = async (measure) => events / (await database.withCopy(behindUrl, measure));
  return {
    alone: await perSecond((url) => catchUpSeconds({ node, url })),
    beside: await perSecond(async (url) => {
      // What is noted costs something from the first embedding on, so let there be one.
      await besideEmbedder(api, url, async () => undefined);
      return await catchUpSeconds({ node, url, env: enabled(api.endpoint) });
    }),
    apart: await perSecond((url) => besideEmbedder(api, url, () => catchUpSeconds({ node, url }))),
  };
}

/** Measures all three, in turns. */
export async function measureBeside(context) {
  const { database, seed, isQuick, runs, sizes, log } = context;
  const { blocks, messagesPerBlock } = isQuick ? MISSED_QUICK : MISSED;
  const messages = Math.min(isQuick ? HISTORY_MESSAGES_QUICK : HISTORY_MESSAGES, sizes[0]);
  const devnet = await startDevnet({ messages, seed, trafficPerBlock: messagesPerBlock });
  const behindUrl = await database.create();
  await runMeasured(syncArgs({ endpoint: devnet.endpoint, url: behindUrl }));
  const { heights } = await devnet.produce(0);
  await devnet.produce(blocks);
  const node = await startRecorded(devnet.endpoint);
  const events = await countEvents(node.endpoint, heights);
  const api = await startEmbeddingsApi({ dimension: 384 });
  const measured = [];
  // The first has the node remember its answers.
  for (let run = 0; run <= runs; run++) {
    const result = await measureRun(context, { node, api, behindUrl, events });
    if (run === 0) continue;
    measured.push(result);
    const { alone, beside, apart } = result;
    const [a, b, c] = [alone, beside, apart].map(Math.round);
    log(
      `catching up, run ${run}: ${a} events/s alone, ${b} with embeddings, ${c} beside an embedder`,
    );
  }
  await api.stop();
  await node.stop();
  await devnet.stop();
  await database.drop(behindUrl);
  return { events, blocks, runs: measured };
}
