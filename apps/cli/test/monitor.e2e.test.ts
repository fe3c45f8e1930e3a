// What a sync tells other programs of itself over HTTP.
import { execFile } from "node:child_process";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createDevnet } from "@snaprag/devnet";
import { describe, expect, it } from "vitest";
import type { RunningCli } from "./support/built-cli.ts";
import { runCli, startCli } from "./support/built-cli.ts";
import { DATABASES, inEmptyFolder, onServer } from "./support/databases.ts";
import { REPOSITORY } from "./support/deploy-files.ts";
import { listQueries, missingOf } from "./support/monitoring-queries.ts";

const ASK_MONITOR = fileURLToPath(new URL("deploy/ask-monitor.mjs", REPOSITORY));

const execute = promisify(execFile);
const PATIENCE = { timeout: 30_000, interval: 50 };

async function urlOf(sync: RunningCli): Promise<string> {
  const [, url = ""] = await sync.printed(/"url":"(http:[^"]+)"/);
  return url;
}

async function ask(url: string) {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
}

/** Asks as the health check of the image does. */
function askLikeImage(url: string, path: string) {
  const address = `0.0.0.0:${new URL(url).port}`;
  const environment = { ...process.env, SNAPRAG_MONITOR_ADDRESS: address };
  return execute(process.execPath, [ASK_MONITOR, path], { env: environment });
}

async function askJson(url: string) {
  const { status, text } = await ask(url);
  return { status, json: JSON.parse(text) };
}

/** The value of a metric of each shard that has it, by shard. */
function valuesOf(metrics: string, name: string): Record<string, number> {
  const lines = metrics.matchAll(new RegExp(`^${name}\\{shard="(\\d)"\\} (\\S+)$`, "gm"));
  return Object.fromEntries([...lines].map(([, shard, value]) => [shard, Number(value)]));
}

describe.each(DATABASES)("a monitor, with %s", (_, openWorkplace) => {
  it("says when the mirror is current, and when it is not any more", async () => {
    await using devnet = createDevnet({ users: 20, messages: 1000, blockMs: 200 });
    await devnet.start();
    await using workplace = await openWorkplace();
    const environment = { SNAPRAG_MONITOR_MAX_LAG_SECONDS: "3" };
    await using sync = startCli(
      [
        ...["sync", "--snapchain-endpoint", devnet.endpoint, ...workplace.databaseFlags],
        ...["--monitor", "0", "--log-format", "json"],
      ],
      { ...workplace, environment },
    );
    const url = await urlOf(sync);

    expect(await askJson(`${url}/live`)).toEqual({ status: 200, json: { live: true } });
    const isReady = async () => (await ask(`${url}/ready`)).status;
    await expect.poll(isReady, PATIENCE).toBe(200);
    const { json: status } = await askJson(`${url}/status`);
    expect(status).toMatchObject({ ready: true, isNodeUp: true, isDatabaseUp: true });
    expect(status.shards).toHaveLength(3);
    for (const { shardId, proof } of status.shards) {
      // Of snapshots that changed while they were read, nothing is proved before some blocks have come.
      if (shardId !== 0) expect(["proved", "unproved"]).toContain(proof.status);
    }
    const { text: metrics } = await ask(`${url}/metrics`);
    expect(metrics).toMatch(/^snaprag_ready 1$/m);
    expect(valuesOf(metrics, "snaprag_caught_up")).toEqual({ 0: 1, 1: 1, 2: 1 });
    expect(valuesOf(metrics, "snaprag_proof_mismatch")).toEqual({ 1: 0, 2: 0 });
    for (const lag of Object.values(valuesOf(metrics, "snaprag_lag_blocks"))) {
      expect(lag).toBeLessThan(20);
    }

    expect(listQueries().flatMap((query) => missingOf(query, metrics))).toEqual([]);
    expect((await askLikeImage(url, "/live")).stdout).toBe('{"live":true}\n');

    devnet.pause();
    await expect.poll(isReady, PATIENCE).toBe(503);
    await expect(askLikeImage(url, "/ready")).rejects.toMatchObject({ code: 1 });
    const { json: late } = await askJson(`${url}/ready`);
    expect(late.reasons.join()).toMatch(/shard \d is \d+ seconds behind, more than 3/);
    devnet.resume();
    await expect.poll(isReady, PATIENCE).toBe(200);

    sync.kill("SIGTERM");
    expect(await sync.ended).toMatchObject({ exitCode: 0, stderr: "" });
  });
});

it("answers while the node is waited for, and ends with a connection open", async () => {
  // Takes connections, and says nothing: a sync waits for it.
  const silent = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => silent.once("listening", resolve));
  const { port } = silent.address() as AddressInfo;
  await using workplace = await inEmptyFolder();
  const endpoint = `http://127.0.0.1:${port}`;
  await using sync = startCli(
    ["sync", "--snapchain-endpoint", endpoint, "--monitor", "0", "--log-format", "json"],
    workplace,
  );
  const url = await urlOf(sync);
  const idle = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
  await new Promise((resolve) => idle.once("connect", resolve));

  expect(await askJson(`${url}/live`)).toMatchObject({ status: 200 });
  expect(await askJson(`${url}/ready`)).toEqual({
    status: 503,
    json: { ready: false, reasons: ["the sync has not begun"] },
  });
  sync.kill("SIGTERM");
  expect(await sync.ended).toMatchObject({ exitCode: 0, stderr: "" });
  idle.destroy();
  silent.close();
});

it("refuses an address that is in use, and what is none", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const { port } = taken.address() as AddressInfo;
  await using workplace = await onServer();
  const sync = ["sync", "--devnet"];

  const refused = await runCli([...sync, "--monitor", String(port)], workplace);
  const wrong = await runCli([...sync, "--monitor", "everywhere"], workplace);
  taken.close();

  expect(refused.exitCode).toBe(3);
  expect(refused.stderr).toBe(
    `error: The monitor cannot listen on 127.0.0.1:${port}: the address is in use\n` +
      "Choose another address with --monitor or `monitor.address`; port 0 takes any free one.\n",
  );
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toContain("a port such as 9464, or host:port such as 0.0.0.0:9464");
});
