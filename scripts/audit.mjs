// `npm run audit`: asks the registry which dependencies of published packages have known
// vulnerabilities. Ends with 0 when it answered that none has, with 1 when some have, and with 75,
// as the command does for what may go better later, when it could not be asked.
import { spawnSync } from "node:child_process";
import { ENVIRONMENT, PNPM, ROOT } from "./set-up.mjs";

const FOUND = 1;
const NOT_ASKED = 75;

/** What pnpm printed, as far as it is a report. */
function parseReport(output) {
  try {
    const report = JSON.parse(output);
    return typeof report?.metadata?.vulnerabilities === "object"
      ? report
      : { error: report?.error };
  } catch (cause) {
    return { error: cause };
  }
}

function end(status, text) {
  console[status === 0 ? "log" : "error"](text);
  process.exit(status);
}

// Whatever follows `--` is for pnpm, such as a registry.
const { stdout, error } = spawnSync(
  "npx",
  ["--yes", PNPM, "audit", "--prod", "--json", ...process.argv.slice(2)],
  { cwd: ROOT, env: ENVIRONMENT, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
);
const report = error ? { error } : parseReport(stdout);
if (!report.metadata) {
  const reason = report.error?.message ?? "what it answered is no report";
  end(NOT_ASKED, `Could not be asked, so that nothing is known: ${reason}`);
}

const counts = Object.entries(report.metadata.vulnerabilities).filter(([, count]) => count > 0);
const advisories = Object.values(report.advisories ?? {});
for (const { severity, module_name, vulnerable_versions, title, url } of advisories) {
  console.error(`${severity}: ${module_name} ${vulnerable_versions}: ${title} (${url})`);
}
if (counts.length + advisories.length > 0) {
  end(FOUND, `Found: ${counts.map(([severity, count]) => `${count} ${severity}`).join(", ")}`);
}
end(0, "None found: the registry knows of no vulnerability in what production dependencies are");
