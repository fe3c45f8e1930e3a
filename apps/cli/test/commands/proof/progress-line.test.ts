import { describe, expect, it } from "vitest";
import { createProgressLine } from "../../../src/commands/database/proof/progress-line.ts";
import { Capture } from "../../support/run-in-process.ts";

describe("createProgressLine()", () => {
  it("shows on a terminal how far a shard is, and makes room for what stays", () => {
    const stdout = Object.assign(new Capture(), { isTTY: true, columns: 80 });
    using progress = createProgressLine(stdout);

    progress.show({ shardId: 2, virtualShards: 64 });
    expect(stdout.text).toContain("shard 2  █████░░░░░░░░░░░░░░░  64/256 virtual shards");
    const drawn = stdout.text.length;
    progress.clear();

    // What erases the line.
    expect(stdout.text.slice(drawn)).toContain("\u001b[2K");
  });

  it("writes nothing elsewhere", () => {
    const stdout = new Capture();
    using progress = createProgressLine(stdout);

    progress.show({ shardId: 2, virtualShards: 64 });
    progress.clear();

    expect(stdout.text).toBe("");
  });
});
