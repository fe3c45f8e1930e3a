// What it costs to embed a mirror, what of it a sync feels, and that it comes out whole however often
// the embedder is killed.
import { setTimeout as delay } from "node:timers/promises";
import { bytesOnDisk, queryRows } from "../../measure/databases/database.mjs";
import { MODEL, startEmbeddingsApi } from "../../measure/embeddings-api.mjs";
import { medianOf, round } from "../../measure/numbers.mjs";
import { runMeasured } from "../../measure/processes/run-measured.mjs";
import { embedArgs, syncArgs } from "../../measure/processes/snaprag-command.mjs";
import { measureBeside } from "./embedding-beside.mjs";

const DIMENSION = 384;
const KILLS = 20;
/** Blocks made in the middle, which remove casts that have their vectors. */
const BLOCKS_BETWEEN = 200;
const LOOK_MS = 20;

/** About one call in twelve goes wrong, in every way that a provider has. */
const FAULTS = {
  seed: 1,
  retryAfterMs: 50,
  slowMs: 300,
  shares: {
    rate_limited: 0.02,
    server_error: 0.02,
    overloaded: 0.01,
    slow: 0.01,
    truncated: 0.01,
    html: 0.005,
    reset: 0.01,
  },
};

const LIVE = `from casts where deleted_at is null and btrim(text, E' \\t\\n\\r') <> ''`;

/** What must not be there, whatever happened. */
const WRONG = {
  missing: `select count(*)::int as n ${LIVE}
    and not exists (select from cast_embeddings e where e.fid = casts.fid and e.hash = casts.hash)`,
  ended: `select count(*)::int as n from cast_embeddings e
    where not exists (select from casts c where c.fid = e.fid and c.hash = e.hash and c.deleted_at is null)`,
  torn: `select count(*)::int as n from (
      select from cast_embeddings group by fid, hash, set_id having max(chunk) + 1 <> count(*)) of_all`,
  sets: "select count(*)::int - 1 as n from embedding_sets",
  queued: "select count(*)::int as n from embedding_queue",
};

async function readOne(url, text) {
  const [row] = await queryRows(url, text);
  return row.n;
}

async function findWrong(url) {
  const found = {};
  for (const [name, text] of Object.entries(WRONG)) found[name] = await readOne(url, text);
  return found;
}

/** Embeds a mirror in one go. */
async function measureOnce({ database, log }, { mirrorUrl }) {
  const api = await startEmbeddingsApi({ dimension: DIMENSION });
  const result = await database.withCopy(mirrorUrl, async (url) => {
    const before = { database: database.cpuSeconds(), bytes: await bytesOnDisk(url) };
    const { seconds, cpuSeconds, peakMb } = await runMeasured(
      embedArgs({ endpoint: api.endpoint, model: MODEL, url }),
    );
    const casts = await readOne(url, `select count(*)::int as n ${LIVE}`);
    const perMillion = (cpu) => round((cpu / casts) * 1e6, 1);
    const { embeddedCount } = await api.counts();
    return {
      casts,
      texts: embeddedCount,
      seconds: round(seconds),
      castsPerSecond: Math.round(casts / seconds),
      bytesPerCast: Math.round(((await bytesOnDisk(url)) - before.bytes) / casts),
      peakMb,
      cpuSecondsPerMillion: {
        program: perMillion(cpuSeconds),
        database: perMillion(database.cpuSeconds() - before.database),
        provider: perMillion(api.cpuSeconds()),
      },
      wrong: await findWrong(url),
    };
  });
  await api.stop();
  log(`embedded ${result.casts} casts: ${result.castsPerSecond} a second`);
  return result;
}

/** Kills an embedder once so many casts are done. */
async function killAt(child, url, castCount) {
  while (child.exitCode === null && child.signalCode === null) {
    const [row] = await queryRows(url, "select sum(cast_count)::int as n from embedding_sets");
    if ((row?.n ?? 0) >= castCount) {
      child.kill("SIGKILL");
      return;
    }
    await delay(LOOK_MS);
  }
}

/** Has the network remove casts, and the mirror hear of it. */
async function moveOn({ devnet, url }) {
  await devnet.produce(BLOCKS_BETWEEN);
  await runMeasured(syncArgs({ endpoint: devnet.endpoint, url }));
}

async function embedThroughKills({ database, log }, { mirrorUrl, devnet }) {
  const api = await startEmbeddingsApi({ dimension: DIMENSION, faults: FAULTS });
  const args = (url) => embedArgs({ endpoint: api.endpoint, model: MODEL, url });
  const result = await database.withCopy(mirrorUrl, async (url) => {
    const before = await readOne(url, `select count(*)::int as n ${LIVE}`);
    let kills = 0;
    for (let kill = 1; kill <= KILLS; kill++) {
      const at = Math.round((before * kill) / (KILLS + 1));
      const { signal } = await runMeasured(args(url), {
        mayBeKilled: true,
        onStart: (child) => void killAt(child, url, at),
      });
      kills += signal === "SIGKILL" ? 1 : 0;
      if (kill === KILLS / 2) await moveOn({ devnet, url });
    }
    await runMeasured(args(url));
    const { faultCounts, sentCounts } = await api.counts();
    const casts = await readOne(url, `select count(*)::int as n ${LIVE}`);
    const wrong = await findWrong(url);
    const sentAgain = Object.values(sentCounts).filter((count) => count > 1).length;
    const ended = await readOne(
      url,
      "select count(*)::int as n from casts where deleted_at is not null",
    );
    return { casts, ended, kills, faults: faultCounts, sentAgain, wrong };
  });
  await api.stop();
  log(`embedded ${result.casts} casts through ${result.kills} kills: ${JSON.stringify(result)}`);
  return result;
}

const wrongOf = (wrong) => Object.values(wrong).reduce((sum, count) => sum + count, 0);

export const embedding = {
  title: "Embedding",
  text: `A provider in a process of its own gives vectors of ${DIMENSION} numbers for what their texts share, at hardly any cost. "Through kills" is the
same with a provider that fails one call in twelve, in every way there is, and an embedder that is killed by SIGKILL ${KILLS} times while
casts are removed: at the end, what is missing, torn or left behind is counted. "Beside" is what a sync feels of it.`,
  async run(context) {
    const beside = await measureBeside(context);
    const network = await context.networks.of(context.sizes[1] ?? context.sizes[0]);
    const once = await measureOnce(context, network);
    const kills = await embedThroughKills(context, network);
    // The devnet has moved on from what was recorded of it.
    await context.networks.close();
    return { messages: network.messages, once, kills, beside };
  },
  ratios: ({ beside }) => ({
    embedderBeside: round(
      medianOf(beside.runs, (run) => run.beside / run.alone),
      3,
    ),
  }),
  tables({ messages, once, kills, beside }) {
    const cpu = once.cpuSecondsPerMillion;
    return [
      {
        title: `All casts of ${messages} messages`,
        columns: [
          ...[
            "casts",
            "texts sent",
            "casts/s",
            "CPU s per million: program",
            "database",
            "provider",
          ],
          ...["bytes per cast", "peak MB"],
        ],
        rows: [
          [
            ...[once.casts, once.texts, once.castsPerSecond, cpu.program, cpu.database],
            ...[cpu.provider, once.bytesPerCast, once.peakMb],
          ],
        ],
      },
      {
        title: "Through kills",
        columns: ["casts", "removed", "kills", "calls failed", "texts sent again", "wrong rows"],
        rows: [
          [
            ...[kills.casts, kills.ended, kills.kills],
            Object.values(kills.faults).reduce((sum, count) => sum + count, 0),
            ...[kills.sentAgain, wrongOf(kills.wrong)],
          ],
        ],
      },
      {
        title: `Catching up with ${beside.events} events, events/s, runs: ${beside.runs.length}`,
        columns: ["alone", "embeddings enabled", "beside `snaprag embed`"],
        rows: [
          ["alone", "beside", "apart"].map((how) =>
            Math.round(medianOf(beside.runs, (run) => run[how])),
          ),
        ],
      },
    ];
  },
};
