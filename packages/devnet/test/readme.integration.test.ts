import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { checkFaultPlan, FAULT_NAMES } from "../src/faults/check-fault-plan.ts";
import type { FaultPlan } from "../src/index.ts";
import * as devnet from "../src/index.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({
  isCode: language === "ts",
  text: text ?? "",
}));

/** Runs a snippet with this package's exports in place of its imports; returns what it prints. */
async function run(snippet: string): Promise<string> {
  const lines: string[] = [];
  const log = (...values: readonly unknown[]) =>
    lines.push(
      values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" "),
    );
  const body = snippet.replace(/^import .*$/gm, "");
  const names = ["console", ...Object.keys(devnet)];
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  await AsyncFunction(...names, body)({ log }, ...Object.values(devnet));
  return `${lines.join("\n")}\n`;
}

describe("README.md", () => {
  const snippets = blocks.flatMap(({ isCode, text }, index) =>
    isCode ? [{ text, output: blocks[index + 1]?.text }] : [],
  );

  it.each(snippets)("has a snippet that runs as it says: %#", async ({ text, output }) => {
    expect(await run(text)).toBe(output);
  });

  it("has snippets", () => {
    expect(snippets).toHaveLength(3);
  });

  it("shows every fault in a plan that is one", () => {
    const rows = [...readme.matchAll(/^\| (`\w+: .*?`) +\|/gm)].map(([, plans]) => plans ?? "");
    const plans = rows.flatMap((row) => [...row.matchAll(/`(\w+): (.*?)`(?=,|$)/g)]);
    const names = plans.map(([, name]) => name);

    expect(names.sort()).toEqual([...FAULT_NAMES].sort());
    for (const [, name, fault] of plans) {
      const plan: FaultPlan = new Function(`return { ${name}: ${fault} }`)();
      expect(checkFaultPlan(plan).size).toBe(1);
    }
  });
});
