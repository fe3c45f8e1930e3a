// The built program, told at which time to end.
import type { NodeClient } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import { createDevnet } from "@snaprag/devnet";
import { fromFarcasterTime } from "@snaprag/processors";
import { expect, it } from "vitest";
import type { Ended } from "./support/built-cli.ts";
import { runCli } from "./support/built-cli.ts";
import type { Workplace } from "./support/databases.ts";
import { onServer } from "./support/databases.ts";
import { querySql } from "./support/query-sql.ts";

/** A sync of a node, and where it stands after it. */
async function sync(workplace: Workplace, ...flags: readonly string[]): Promise<Ended> {
  const { folder, databaseFlags } = workplace;
  return await runCli(["sync", ...flags, ...databaseFlags], { folder });
}

interface Standing {
  readonly shard_id: number;
  readonly block_number: bigint;
  readonly block_time: Date;
}

const STANDINGS = "select shard_id, block_number, block_time from sync_progress order by shard_id";

async function readStandings(workplace: Workplace): Promise<readonly Standing[]> {
  const rows: readonly Record<string, unknown>[] = await querySql(workplace, STANDINGS);
  return rows.map((row) => ({
    shard_id: Number(row["shard_id"]),
    block_number: BigInt(String(row["block_number"])),
    block_time: new Date(String(row["block_time"])),
  }));
}

/** Time of the block after the one that a shard stands at. */
async function nextTime(client: NodeClient, { shard_id: shardId, block_number }: Standing) {
  const range = { startBlock: block_number + 1n, stopBlock: block_number + 2n };
  if (shardId === 0) {
    for await (const { header } of client.readBlocks(range)) {
      return fromFarcasterTime(header?.timestamp ?? 0n);
    }
  }
  for await (const [chunk] of client.readShardChunks({ shardId, ...range })) {
    return fromFarcasterTime(chunk?.header?.timestamp ?? 0n);
  }
  throw new Error(`The node has no block after ${block_number} of shard ${shardId}`);
}

it("ends with every block up to a time and none after it, and goes on from there", async () => {
  await using node = createDevnet({ users: 20, messages: 1000, blockMs: 200 });
  await node.start();
  await using client = createNodeClient({ endpoint: node.endpoint });
  await using workplace = await onServer();
  const endpoint = ["--snapchain-endpoint", node.endpoint];
  // Not in the past, but for a mirror that is there.
  const until = new Date(Date.now() + 20_000);

  const early = await sync(workplace, ...endpoint, "--until", "2020-01-31");
  const ended = await sync(workplace, ...endpoint, "--until", until.toISOString());

  expect(early.exitCode).toBe(2);
  expect(early.stderr).toMatch(/^error: The end of the run is before .+\nChoose a later --until/);
  expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
  expect(ended.stdout).toContain("the end of the run is reached");
  const standings = await readStandings(workplace);
  expect(standings.map(({ shard_id }) => shard_id)).toEqual([0, 1, 2]);
  for (const standing of standings) {
    expect(standing.block_time.getTime()).toBeLessThanOrEqual(until.getTime());
    expect((await nextTime(client, standing)).getTime()).toBeGreaterThan(until.getTime());
  }

  const synced = await sync(workplace, ...endpoint, "--until-synced");

  expect(synced).toMatchObject({ exitCode: 0, stderr: "" });
  expect(synced.stdout).not.toContain("planned snapshot");
  const after = await readStandings(workplace);
  for (const [index, { block_number }] of after.entries()) {
    expect(block_number).toBeGreaterThan(standings[index]?.block_number ?? 0n);
  }
});
