// Command lines of the built CLI, and what it prints.
import { pathTo } from "./start-child.mjs";

const MAIN = pathTo("../apps/cli/dist/main.js");

/** `snaprag sync` of a node into a database, until it has caught up unless told otherwise. */
export function syncArgs({ endpoint, url, level = "proof", flags = ["--until-synced"] }) {
  const args = [MAIN, "sync", ...flags, "--log-format", "json", "--verify", level];
  return [...args, "--snapchain-endpoint", endpoint, "--database-url", url];
}

/** `snaprag verify` or `snaprag repair`, as JSON. */
export function proofArgs(command, { endpoint, url }) {
  return [MAIN, command, "--json", "--snapchain-endpoint", endpoint, "--database-url", url];
}

/** `snaprag embed` of all casts of a database, by a provider. */
export function embedArgs({ endpoint, model, url, flags = ["--once"] }) {
  const args = [MAIN, "embed", ...flags, "--log-format", "json", "--database-url", url];
  return [...args, "--embeddings-endpoint", endpoint, "--model", model];
}

/** `snaprag migrate`. */
export const migrateArgs = (url) => [MAIN, "migrate", "--database-url", url];

/** Messages that a database holds, by the last line of a sync. */
export function messagesIn(output) {
  for (const line of output.trim().split("\n").reverse()) {
    const record = JSON.parse(line);
    if (record.msg === "database contents") return record.messages;
  }
  throw new Error(`The sync did not say what the database holds: ${output}`);
}
