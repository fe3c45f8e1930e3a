// Several processes that sync into one database: what a killed one leaves is taken over.
import { createDevnet } from "@snaprag/devnet";
import { expect, it } from "vitest";
import { jsonLines, runCli, startCli } from "./support/built-cli.ts";
import { onServer } from "./support/databases.ts";
import { compareWithNode } from "./support/mirror.ts";
import { openSession } from "./support/query-sql.ts";

/** Partitions that are done, over both shards. */
const DONE = "select count(*)::int as done from sync_partitions where status = 'done'";

it("shares a download among three processes, of which two are killed, and is proved", async () => {
  await using devnet = createDevnet({ users: 150, messages: 20_000, blockMs: 0 });
  await devnet.start();
  await using workplace = await onServer();
  const where = ["--snapchain-endpoint", devnet.endpoint, ...workplace.databaseFlags];
  expect(await runCli(["migrate", ...workplace.databaseFlags], workplace)).toMatchObject({
    exitCode: 0,
  });
  const argv = ["sync", ...where, "--until-synced", "--log-format", "json"];
  const syncs = [1, 2, 3].map(() => startCli(argv, workplace));
  const [first, second, third] = syncs;
  for (const sync of syncs) await sync.printed('"msg":"run started"');

  await using beside = await openSession(workplace);
  const countDone = async () => (await beside.query(DONE))[0]?.done;
  for (const [killed, done] of [[first, 40] as const, [second, 120] as const]) {
    await expect.poll(countDone, { interval: 5, timeout: 60_000 }).toBeGreaterThanOrEqual(done);
    killed?.kill("SIGKILL");
  }
  const ended = await third?.ended;

  expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
  expect((await compareWithNode(workplace, devnet)).differences).toEqual([]);
  const verified = await runCli(["verify", ...where, "--json"], workplace);
  expect(verified.exitCode).toBe(0);
  const shards = jsonLines(verified);
  expect(shards.length).toBeGreaterThan(0);
  for (const sync of syncs) await sync[Symbol.asyncDispose]();
});
