// Holds the house in shape: no source folder over nine entries, no file named for nothing, no clock,
// randomness or console in packages that only compute. File length is the linter's, Node built-ins in
// these packages are dependency-cruiser's, docstrings are `check:api`'s.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

const MAX_ENTRIES = 9;
const VAGUE = /^(utils?|helpers?|common|misc|lib|manager|service|shared|types|interfaces)\b/;
/** Packages that only compute: time and chance come to them as arguments. */
const PURE = ["proto", "verify", "processors"];
/** With an argument, `new Date()` asks no clock. */
const IMPURE =
  /\bDate\.now\b|\bnew Date(?!\w|\((?!\)))|\bMath\.random\b|\bperformance\.|\b(?:getRandomValues|randomUUID)\b|\bconsole\./;
const root = new URL("..", import.meta.url).pathname;
const problems = [];

const packageRoots = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => join(root, group, name)),
);

function walk(folder) {
  // Generated code has the shape its generator gives it.
  const entries = readdirSync(folder).filter((entry) => entry !== "gen");
  if (entries.length > MAX_ENTRIES) {
    problems.push(
      `${relative(root, folder)} has ${entries.length} entries; at most ${MAX_ENTRIES}`,
    );
  }
  for (const entry of entries) {
    const path = join(folder, entry);
    if (VAGUE.test(entry)) problems.push(`${relative(root, path)} is named for nothing it does`);
    if (statSync(path).isDirectory()) walk(path);
  }
}

/** Lines below a folder that ask a clock, draw by chance or write to the console. */
function impure(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith(".ts") && !path.startsWith("gen/"))
    .flatMap((path) =>
      readFileSync(join(folder, path), "utf8")
        .split("\n")
        .flatMap((line, index) => {
          const [found] = IMPURE.exec(line) ?? [];
          const place = `${relative(root, join(folder, path))}:${index + 1}`;
          return found === undefined ? [] : [`${place}: ${found} in a package that only computes`];
        }),
    );
}

problems.push(...PURE.flatMap((name) => impure(join(root, "packages", name, "src"))));

for (const folder of packageRoots) walk(join(folder, "src"));

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${packageRoots.length} packages: in order`);
