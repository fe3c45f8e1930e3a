// Programs that fill a fresh database, measured in turns.
import { bytesOnDisk, expectReactions } from "./databases/database.mjs";
import { median, medianOf, round } from "./numbers.mjs";
import { runMeasured } from "./processes/run-measured.mjs";

/** What a program says it wrote, in which time and at what cost, if not all messages in all of its time. */
function readClaim(output) {
  const line = output.trim().split("\n").at(-1) ?? "";
  return line.startsWith('{"messages"') ? JSON.parse(line) : {};
}

/**
 * Fills a fresh database by a program: `toArgs(url)` is its command line. One that does not say how much
 * it wrote has to have written everything.
 */
async function measureLoad({ database, date, commit, network }, { toArgs, env }) {
  return await database.withDatabase(async (url) => {
    const before = { node: await network.node.cost(), database: database.cpuSeconds() };
    const { seconds, cpuSeconds, peakMb, output } = await runMeasured(toArgs(url), { env });
    const claim = { messages: network.messages, seconds, cpuSeconds, ...readClaim(output) };
    const databaseSeconds = database.cpuSeconds() - before.database;
    const nodeCost = await network.node.cost();
    const nodeSeconds = nodeCost.cpuSeconds - before.node.cpuSeconds;
    const perMillion = (cpu) => round((cpu / claim.messages) * 1e6);
    if (claim.messages === network.messages) await expectReactions(url, network);
    return {
      date,
      commit,
      messages: claim.messages,
      seconds: round(claim.seconds),
      messagesPerSecond: Math.round(claim.messages / claim.seconds),
      peakMb,
      bytesPerMessage: Math.round((await bytesOnDisk(url)) / claim.messages),
      calls: nodeCost.calls - before.node.calls,
      cpuSecondsPerMillion: {
        program: perMillion(claim.cpuSeconds),
        database: perMillion(databaseSeconds),
        node: perMillion(nodeSeconds),
      },
      nodeCpuShare: round(nodeSeconds / (claim.cpuSeconds + databaseSeconds + nodeSeconds), 3),
    };
  });
}

/** One line about a measured load. */
function describeLoad(load) {
  const cpu = Object.entries(load.cpuSecondsPerMillion).map(
    ([who, seconds]) => `${who} ${seconds}`,
  );
  return `${load.messagesPerSecond} messages/s, CPU s per million: ${cpu.join(", ")}; peak ${load.peakMb} MB`;
}

/**
 * Lets programs fill databases one after the other, as often as there are runs, so that whatever else
 * the machine does strikes all of them alike; a program may be content with fewer. Returns what was
 * measured of each, run by run.
 */
export async function takeTurns(context, programs, { network, runs }) {
  const results = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  for (let run = 1; run <= runs; run++) {
    for (const [name, program] of Object.entries(programs)) {
      if (run > (program.mostRuns ?? runs)) continue;
      const load = await measureLoad({ ...context, network }, program);
      results[name].push(load);
      context.log(`run ${run}, ${name}: ${describeLoad(load)}`);
    }
  }
  return results;
}

/** The medians of a program's runs. */
export function summarize(loads) {
  const cpu = (who) =>
    round(
      medianOf(loads, (load) => load.cpuSecondsPerMillion[who]),
      1,
    );
  const rates = loads.map((load) => load.messagesPerSecond);
  return {
    messagesPerSecond: Math.round(median(rates)),
    slowest: Math.min(...rates),
    fastest: Math.max(...rates),
    peakMb: Math.round(medianOf(loads, (load) => load.peakMb)),
    bytesPerMessage: Math.round(medianOf(loads, (load) => load.bytesPerMessage)),
    cpu: { program: cpu("program"), database: cpu("database"), node: cpu("node") },
    nodeCpuShare: medianOf(loads, (load) => load.nodeCpuShare),
  };
}
