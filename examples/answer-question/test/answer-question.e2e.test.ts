import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("answers with what was cast, and names its sources", async () => {
  const script = fileURLToPath(new URL("../answer-question.mjs", import.meta.url));

  const { stdout } = await promisify(execFile)(process.execPath, [script]);

  expect(stdout).toContain("A storage unit is rented for one year, and can be renewed. [1]");
  expect(stdout).toMatch(/^\[1\] \S+: A storage unit is rented for one year/m);
  expect(stdout).toMatch(/^\[3\] /m);
});
