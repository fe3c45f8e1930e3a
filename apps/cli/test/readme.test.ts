import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SHARD_METRICS, SYNC_METRICS } from "../src/commands/sync/monitor/metrics.ts";
import { CONFIG_KEYS, listConfigKeys } from "../src/config/keys/config-keys.ts";
import type { Outcome } from "../src/exit-codes.ts";
import { EXIT_CODES, OUTCOME_MEANINGS, RESTARTS } from "../src/exit-codes.ts";
import { toJson } from "../src/output.ts";
import { runInProcess } from "./support/run-in-process.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
/** Have the keys and exit codes of embeddings, and the keys of monitoring, for which the README has no room. */
const RETRIEVAL = readFileSync(new URL("../../../docs/retrieval.md", import.meta.url), "utf8");
const MONITORING = readFileSync(new URL("../../../docs/monitoring.md", import.meta.url), "utf8");
/** Has the keys of timeouts and names. */
const CONNECTIONS = readFileSync(new URL("../../../docs/connections.md", import.meta.url), "utf8");

/** Cells of the table rows whose first cell is this. */
function rowOf(firstCell: string): readonly string[] | undefined {
  const rows = `${README}\n${RETRIEVAL}\n${MONITORING}\n${CONNECTIONS}`
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()));
  return rows.find(([, first]) => first === firstCell)?.slice(2, -1);
}

describe("README.md", () => {
  it("has every configuration key with its default and meaning", () => {
    for (const key of listConfigKeys()) {
      const { default: value, description } = CONFIG_KEYS[key];
      const show = () => (typeof value === "bigint" ? value.toString() : toJson(value));

      const cell = value === undefined ? "" : `\`${show()}\``;
      expect(rowOf(`\`${key}\``)).toEqual([cell, description]);
    }
  });

  it("has every metric with its kind and meaning", () => {
    const metrics = [
      ...[...SYNC_METRICS].map(([name, { help }]) => [name, "gauge", help] as const),
      ...[...SHARD_METRICS].map(([name, { kind, help }]) => [name, kind, help] as const),
    ];
    for (const [name, kind, help] of metrics) {
      expect(rowOf(`\`${name}\``)).toEqual([kind, help]);
    }
  });

  it("has every exit code with its meaning, and whether starting again helps", () => {
    for (const [outcome, code] of Object.entries(EXIT_CODES) as [Outcome, number][]) {
      expect(rowOf(String(code))).toEqual([OUTCOME_MEANINGS[outcome], RESTARTS[outcome]]);
    }
  });

  it("shows only commands and flags that exist", async () => {
    const commands = [...README.matchAll(/^snaprag (\w+) (.*)$/gm)];
    expect(commands).toHaveLength(2);

    for (const [, name = "", rest = ""] of commands) {
      const { stdout } = await runInProcess([name, "--help"]);
      for (const [flag] of rest.matchAll(/--[a-z-]+/g)) expect(stdout).toContain(flag);
    }
  });

  it("fits in 120 lines", () => {
    expect(README.trimEnd().split("\n").length).toBeLessThanOrEqual(120);
  });
});
