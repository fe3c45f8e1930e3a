// The results of a run, as files that can be committed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { pathTo } from "../measure/processes/start-child.mjs";
import { drawBars } from "./draw-bars.mjs";
import { toMarkdown } from "./to-markdown.mjs";

const FOLDER = pathTo("results");
const JSON_FILE = `${FOLDER}/latest.json`;

/** 0 is what was not measured. */
const NO_RATIOS = { floorProof: 0, floorNone: 0, shuttle: 0, multiRow: 0, twoWorkers: 0 };

/** Whether results may stand beside each other in one report. */
function isAlike(one, other) {
  const faceOf = ({ machine, versions, seed, isQuick }) =>
    JSON.stringify([machine, versions, seed, isQuick]);
  return faceOf(one) === faceOf(other);
}

/** Parts that were measured before under the same conditions; none when all are measured anew. */
export function readEarlierParts(head, { isPartial }) {
  if (!isPartial || !existsSync(JSON_FILE)) return {};
  const earlier = JSON.parse(readFileSync(JSON_FILE, "utf8"));
  if (isAlike(head, earlier)) return earlier.parts;
  console.error(
    "What was measured before was measured otherwise (machine, versions, --quick): left out",
  );
  return {};
}

/** Formats what was written as everything here is; what fails at it is told by the linter. */
function format() {
  spawnSync(pathTo("../node_modules/.bin/biome"), ["check", "--write", FOLDER], {
    cwd: pathTo(".."),
    stdio: "ignore",
  });
}

/** Writes what has been measured so far: a run that breaks off leaves what it has. */
export function writeReport(head, results, parts) {
  const names = Object.keys(parts).filter((name) => results[name] !== undefined);
  const of = (name) => [parts[name], results[name].result];
  const ratios = names.map(of).map(([part, result]) => part.ratios?.(result) ?? {});
  const peaks = names.map(of).flatMap(([part, result]) => part.peakMb?.(result) ?? []);
  const report = {
    ...head,
    ratios: Object.assign({}, NO_RATIOS, ...ratios),
    peakMemoryMb: Math.max(0, ...peaks),
    parts: Object.fromEntries(names.map((name) => [name, results[name]])),
  };
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(JSON_FILE, `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(`${FOLDER}/latest.md`, toMarkdown(report, parts));
  for (const [part, result] of names.map(of)) {
    for (const plot of part.plots?.(result) ?? []) {
      writeFileSync(`${FOLDER}/${plot.name}.svg`, drawBars(plot));
    }
  }
  format();
  return report;
}
