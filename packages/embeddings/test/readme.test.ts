import { readFileSync } from "node:fs";
import { expect, it, vi } from "vitest";

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

/** The README's first code block in a language. */
function blockOf(language: string): string | undefined {
  return new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "s").exec(read("../README.md"))?.[1];
}

it("prints what the README says when its example runs", async () => {
  const [, ...example] = read("./support/readme-example.ts").split("\n");
  const log = vi.spyOn(console, "log").mockReturnValue();

  await import("./support/readme-example.ts");

  const printed = log.mock.calls.map(([line]) => `${line}\n`).join("");
  log.mockRestore();
  expect(blockOf("ts")).toBe(example.join("\n"));
  expect(blockOf("text")).toBe(printed);
  expect(read("../README.md").split("\n").length).toBeLessThanOrEqual(121);
});
