import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  GetInfoResponse,
  GetShardSnapshotMetadataResponse,
  GetShardTransactionsResponse,
} from "@snaprag/proto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { NodeClientErrorCode } from "../src/index.ts";
import { NodeClientError } from "../src/index.ts";
import type { TestNode } from "./support/test-node.ts";
import { stall, startTestNode } from "./support/test-node.ts";
import { aBlockConfirmed, anEntry, aSnapshot } from "./support/wire-values.ts";

let node: TestNode;
let folder: string;
beforeEach(async () => {
  node = await startTestNode();
  folder = await mkdtemp(join(import.meta.dirname, "readme-"));
});
afterEach(async () => {
  node.close();
  await rm(folder, { recursive: true });
});

function codeBlock(readme: string, language: string): string {
  return new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(readme)?.[1] ?? "";
}

describe("README", () => {
  it("shows an example that runs and prints what it says", async () => {
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    node.answer("getInfo", () => GetInfoResponse.create({ version: "0.14.2", numShards: 2 }));
    node.answer("getShardSnapshotMetadata", () =>
      GetShardSnapshotMetadataResponse.create({ snapshots: [aSnapshot(28_800n)] }),
    );
    node.answer("getShardTransactions", ({ pageToken }) => {
      const keys = pageToken ? [3] : [1, 2];
      return GetShardTransactionsResponse.create({
        trieMessages: keys.map((key) => anEntry(Uint8Array.of(key))),
        nextPageToken: pageToken ? undefined : "next",
      });
    });
    node.answer("subscribe", async function* (_request, call) {
      yield aBlockConfirmed(28_801n);
      await stall(call);
    });
    const example = codeBlock(readme, "ts")
      .replace("@snaprag/client", "../../src/index.ts")
      .replace("http://localhost:3383", node.endpoint);
    const path = join(folder, "example.ts");
    await writeFile(path, example);
    const lines: unknown[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((line) => lines.push(line));

    await import(path);

    log.mockRestore();
    expect(`${lines.join("\n")}\n`).toBe(codeBlock(readme, "text"));
    expect(node.requests("subscribe")).toMatchObject([{ fromId: 471_875_584n }]);
  });

  it("tells of every error code whether it is worth retrying", async () => {
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    const rows = [...readme.matchAll(/^\| `(\w+)` .*\| (yes|no) +\|/gm)];
    const source = await readFile(
      new URL("../src/errors/node-client-error.ts", import.meta.url),
      "utf8",
    );
    const codes = [...source.matchAll(/^ {2}\| "(\w+)"/gm)].map(([, code]) => code);

    expect(rows.map(([, code]) => code).toSorted()).toEqual(codes.toSorted());
    for (const [, code, retryable] of rows) {
      const error = new NodeClientError(code as NodeClientErrorCode, "it failed");
      expect(`${code} ${error.retryable ? "yes" : "no"}`).toBe(`${code} ${retryable}`);
    }
  });
});
