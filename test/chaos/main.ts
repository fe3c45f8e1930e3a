// npm run chaos -- [--scenarios N] [--seed S] [--seconds N] [--only SEED]
//
// Plays random histories of a network, its nodes, the sync and the database, and compares the mirror
// with the network after each. Scenario number I of a run has the seed S + I.
import { parseArgs } from "node:util";
import { startDatabaseServer } from "./database-server.ts";
import { FOUND_BUGS } from "./found-bugs.ts";
import { runScenario } from "./run-scenario.ts";
import { drawScenario } from "./scenario.ts";

const { values } = parseArgs({
  options: {
    scenarios: { type: "string", default: "1000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
    seconds: { type: "string", default: "Infinity" },
    only: { type: "string" },
  },
});
const seed = Number(values.seed);
const deadline = Date.now() + Number(values.seconds) * 1000;

/** The seeds to play: those that found bugs first. */
function* seeds(): Generator<number> {
  if (values.only !== undefined) return yield Number(values.only);
  yield* FOUND_BUGS;
  for (let index = 0; index < Number(values.scenarios); index++) yield seed + index;
}

const totals = { scenarios: 0, syncKills: 0, databaseKills: 0, differences: 0 };
const faults = new Map<string, number>();
const failedSeeds: number[] = [];

console.log(`chaos with seed ${seed}`);
{
  await using server = await startDatabaseServer();
  for (const scenarioSeed of seeds()) {
    if (Date.now() > deadline) break;
    const scenario = drawScenario(scenarioSeed);
    const startedAt = Date.now();
    const outcome = await runScenario(scenario, server).catch((error: unknown) => ({
      differences: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
      syncKills: 0,
      databaseKills: 0,
      faults: new Map<string, number>(),
    }));
    totals.scenarios += 1;
    totals.syncKills += outcome.syncKills;
    totals.databaseKills += outcome.databaseKills;
    totals.differences += outcome.differences.length;
    for (const [name, count] of outcome.faults) faults.set(name, (faults.get(name) ?? 0) + count);
    if (outcome.differences.length > 0) {
      failedSeeds.push(scenarioSeed);
      console.log(`scenario ${scenarioSeed} differs: ${JSON.stringify(scenario)}`);
      for (const difference of outcome.differences) console.log(`  ${difference}`);
    } else if (values.only !== undefined || totals.scenarios % 20 === 0) {
      const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
      console.log(`scenario ${scenarioSeed} equal, ${seconds} s; ${totals.scenarios} so far`);
    }
  }
}
const struck = [...faults].map(([name, count]) => `${name} ${count}`).join(", ");
console.log(`faults: ${struck}`);
if (failedSeeds.length > 0) console.log(`seeds that differ: ${failedSeeds.join(" ")}`);
const kills = totals.syncKills + totals.databaseKills;
console.log(
  `${totals.scenarios} scenarios, ${kills} kills (${totals.databaseKills} of the database), ${totals.differences} differences`,
);
process.exit(totals.differences === 0 && totals.scenarios > 0 ? 0 : 1);
