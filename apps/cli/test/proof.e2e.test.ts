// The built program proves a mirror against a devnet's chain, and puts right what SQL has broken.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Devnet, DevnetOptions } from "@snaprag/devnet";
import { createDevnet } from "@snaprag/devnet";
import { FarcasterNetwork } from "@snaprag/proto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startBareNode } from "../../../test/support/bare-node.ts";
import type { Ended } from "./support/built-cli.ts";
import { runCli, startCli } from "./support/built-cli.ts";
import type { Workplace } from "./support/databases.ts";
import { DATABASES, onServer } from "./support/databases.ts";
import { querySql } from "./support/query-sql.ts";

const README = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");

const ROLES = readFileSync(new URL("../../../docs/roles.md", import.meta.url), "utf8");

/** What the README at the root says that `snaprag verify` prints. */
const [, README_OUTPUT = ""] = /cli verify .*?```text\n(.*?)```/s.exec(README) ?? [];

/** The same without numbers and hashes, which change with every devnet. */
function shapeOf(printed: string): string {
  return printed.replace(/0x[0-9a-f]+/g, "0x").replace(/\d[\d,]*/g, "0");
}

async function startNode(options: DevnetOptions = {}): Promise<Devnet> {
  const node = createDevnet({ users: 12, messages: 300, blockMs: 0, ...options });
  await node.start();
  await node.produceBlock(5);
  return node;
}

interface Surroundings extends Workplace {
  readonly node: Devnet;
}

function run({ folder, databaseFlags, node }: Surroundings, ...argv: string[]): Promise<Ended> {
  const SNAPRAG_SYNC_VALIDATOR_KEYS = node.validators
    .map((key) => Buffer.from(key).toString("hex"))
    .join(",");
  const environment = {
    SNAPRAG_SYNC_SNAPCHAIN_ENDPOINT: node.endpoint,
    SNAPRAG_SYNC_VALIDATOR_KEYS,
  };
  return runCli([...argv, ...databaseFlags], { folder, environment });
}

async function expectMatch(place: Surroundings): Promise<void> {
  const { exitCode, stdout, stderr } = await run(place, "verify");
  expect({ exitCode, stderr, stdout }).toMatchObject({ exitCode: 0, stderr: "" });
  expect(stdout).toMatch(/^shard 1 {2}match {2}height \d+ {2}\d+ leaves {2}root 0x[0-9a-f]{40} /);
  expect(stdout).toMatch(/ {2}commits ok\n2 of 2 shards match\.\n$/);
}

/** Takes a live cast away, as nobody should. */
async function deleteCast(place: Workplace) {
  const [row] = await querySql(
    place,
    `delete from casts where hash = (select hash from casts where deleted_at is null
      order by hash limit 1) returning fid::text, '0x' || encode(hash, 'hex') as hash`,
  );
  if (row === undefined) throw new Error("There is no live cast");
  return row;
}

/** Creates what docs/roles.md creates, with names of their own, as roles are of the whole server. */
async function createRoles(place: Workplace) {
  const [, sql = ""] = /```sql\n(.*?)```/s.exec(ROLES) ?? [];
  const [, url = ""] = place.databaseFlags;
  const suffix = new URL(url).pathname.slice(1);
  const named = sql.replace(/snaprag_(sync|read)/g, `$&_${suffix}`);
  const roles = [...named.matchAll(/create role (\w+) login password '(.*)'/g)];
  await querySql(place, named);
  return {
    flagsOf(role: string) {
      const [, username = "", password = ""] =
        roles.find(([, name]) => name?.startsWith(role)) ?? [];
      return ["--database-url", Object.assign(new URL(url), { username, password }).toString()];
    },
    async drop() {
      for (const [, name] of roles) {
        await querySql(place, `drop owned by ${name} cascade; drop role ${name}`);
      }
    },
  };
}

describe.each(DATABASES)("a mirror on %s", (_, createWorkplace) => {
  it("is proved beside a sync, and repaired where SQL has broken it", async () => {
    await using node = await startNode();
    await using workplace = await createWorkplace();
    const place = { ...workplace, node };
    const { folder, databaseFlags } = workplace;
    const flags = ["--snapchain-endpoint", node.endpoint, ...databaseFlags];
    await using sync = startCli(["sync", ...flags], { folder });
    await sync.printed("indexes are in place");
    await vi.waitFor(
      async () => {
        const rows = await querySql(workplace, "select block_number::text from sync_progress");
        const heights = rows.map(({ block_number }) => block_number).sort();
        expect(heights).toEqual([...node.heights().values()].map(String).sort());
      },
      { timeout: 60_000, interval: 200 },
    );

    await expectMatch(place);

    const { fid, hash } = await deleteCast(workplace);
    const broken = await run(place, "verify");
    expect(broken.exitCode).toBe(31);
    expect(broken.stdout).toContain(`  fid ${fid}\n    missing   castAdd ${hash}\n`);
    expect(broken.stdout).toMatch(/^shard \d {2}mismatch {2}.* root 0x\w{40} {2}chain 0x\w{40} /m);
    expect(broken.stdout).toMatch(/\n1 of 2 shards match; accounts that differ: 1\.\n$/);
    expect(broken.stderr).toMatch(/^error: .* 1 account is not what the node has\.\n.*repair/);

    // The README's command names no validators, and those of a devnet are not built in.
    const asInReadme = await runCli(["verify", ...flags], { folder });
    expect(asInReadme.exitCode).toBe(31);
    expect(shapeOf(asInReadme.stdout)).toBe(shapeOf(README_OUTPUT));

    const repaired = await run(place, "repair");
    if (databaseFlags.length === 0) {
      expect(repaired.exitCode).toBe(75);
      expect(repaired.stderr).toContain(`(pid ${sync.pid})`);
    } else {
      expect(repaired).toMatchObject({ exitCode: 0, stderr: "" });
      const [, shardId = ""] = /^shard (\d) {2}mismatch/m.exec(repaired.stdout) ?? [];
      expect(repaired.stdout).toMatch(new RegExp(`^shard ${shardId} {2}match {2}`, "m"));
      await deleteCast(workplace);
    }
    sync.kill("SIGINT");
    await sync.ended;

    const again = await run(place, "repair", "--json");
    expect(again).toMatchObject({ exitCode: 0, stderr: "" });
    const { shards, ...outcome } = JSON.parse(again.stdout);
    expect(outcome).toMatchObject({ isMatch: true, isComplete: true });
    expect(outcome).toMatchObject({ repaired: 1, remaining: 0, pending: 0 });
    const missing = [{ type: "castAdd", id: expect.stringMatching(/^0x[0-9a-f]{40}$/) }];
    expect(shards.flatMap(({ differences }: { differences: object[] }) => differences)).toEqual([
      {
        ...{ fid, missing, tooMany: [], altered: [], unexplained: [] },
        ...{ isRepaired: true, isPending: false },
      },
    ]);
    const others = shards.filter(({ after }: { after: object | null }) => after !== null);
    expect(others).toMatchObject([
      { status: "mismatch", isMatch: true, after: { status: "match" } },
    ]);
    await expectMatch(place);
  });
});

function syncOnce(place: Surroundings, ...flags: string[]): Promise<Ended> {
  return run(place, "sync", "--until-synced", ...flags);
}

async function proofsOf(place: Surroundings): Promise<readonly (object | null)[]> {
  const { shards } = JSON.parse((await run(place, "status", "--json")).stdout);
  return shards.map(({ proof }: { proof: object | null }) => proof);
}

describe("a mirror that was synced", () => {
  let place: Surroundings;

  beforeAll(async () => {
    const node = await startNode();
    place = { ...(await onServer()), node };
    expect(await syncOnce(place)).toMatchObject({ exitCode: 0, stderr: "" });
  });
  afterAll(async () => {
    await place[Symbol.asyncDispose]();
    await place.node.stop();
  });

  it("is proved, with commits by the configured validators", async () => {
    const proved = { status: "proved", commits: "ok", height: expect.any(Number) };
    const proof = expect.objectContaining(proved);

    expect(await proofsOf(place)).toEqual([null, proof, proof]);
  });

  it("is verified in part when that is asked for", async () => {
    const sample = await run(place, "verify", "--sample", "3", "--verify", "full", "--shard", "2");
    const other = await run(place, "verify", "--shard", "1", "7");

    expect(sample).toMatchObject({ exitCode: 0, stderr: "" });
    expect(sample.stdout).toMatch(
      /^shard 2 {2}match {2}height \d+ {2}3 accounts {2}commits unchecked\n1 of 1 shards match\.\n$/,
    );
    expect(other).toMatchObject({ exitCode: 2, stdout: "" });
    expect(other.stderr).toContain("Shard 7 is not mirrored.\nChoose among 1, 2,");
  });

  it("is not compared with a node of another network", async () => {
    await using foreign = await startBareNode({ network: FarcasterNetwork.MAINNET });

    const refused = await run(place, "verify", "--against", foreign.endpoint);

    expect(refused).toMatchObject({ exitCode: 11, stdout: "" });
    expect(refused.stderr).toMatch(/^error: The store mirrors network 3 .*network 1 .*\n.*another/);
  });

  it.each(["verify", "repair"])(
    "has what %s came to told to machines when the node fails at a later shard",
    async (command) => {
      const { node } = place;
      node.setFaults({ rpcErrors: [{ method: "GetShardChunks", code: 3, after: 1 }] });

      const { exitCode, stdout, stderr } = await run(place, command, "--json");

      node.setFaults({});
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain("injected fault");
      const { isMatch, isComplete, node: endpoint, shards } = JSON.parse(stdout);
      expect({ isMatch, isComplete, endpoint }).toEqual({
        ...{ isMatch: false, isComplete: false },
        endpoint: node.endpoint,
      });
      expect(shards).toMatchObject([{ shardId: 1, status: "match" }]);
    },
  );

  it("is not called a match when the comparison was stopped", async () => {
    const { folder, databaseFlags, node } = place;
    node.setFaults({ slowRpcs: [{ method: "GetShardChunks", delayMs: 60_000 }] });
    const flags = ["--snapchain-endpoint", node.endpoint, ...databaseFlags];
    await using verify = startCli(["verify", ...flags], { folder });
    await vi.waitFor(() => expect(node.faultCounts().get("slowRpcs")).toBe(1), 30_000);

    verify.kill("SIGINT");

    const { exitCode, stdout, stderr } = await verify.ended;
    node.setFaults({});
    expect({ exitCode, stdout }).toEqual({ exitCode: 31, stdout: "" });
    expect(stderr).toMatch(
      /^error: It was stopped before everything was compared\.\nStart it again/,
    );
  });
});

describe("a mirror", () => {
  it("is proved as little as is asked for", async () => {
    await using node = await startNode();
    await using workplace = await onServer();
    const place = { ...workplace, node };

    await syncOnce(place, "--verify", "none");

    expect(await proofsOf(place)).toEqual([null, null, null]);
    await expectMatch(place);
  });

  it("is kept by one role and read by another, as the documents make them", async () => {
    await using node = await startNode();
    await using workplace = await onServer();
    const roles = await createRoles(workplace);
    writeFileSync(join(workplace.folder, "snaprag.toml"), '[database]\nschema = "farcaster"\n');
    const writer = { ...workplace, node, databaseFlags: roles.flagsOf("snaprag_sync") };
    const reader = { ...workplace, node, databaseFlags: roles.flagsOf("snaprag_read") };

    try {
      await syncOnce(writer);
      await expectMatch(reader);
      expect((await run(reader, "status")).exitCode).toBe(0);
      expect((await run(reader, "quarantine", "list")).exitCode).toBe(0);
      const [row] = await querySql(
        workplace,
        `delete from farcaster.casts where hash = (select hash from farcaster.casts
          where deleted_at is null order by hash limit 1) returning fid::text`,
      );
      expect((await run(reader, "verify", "--fid", row?.fid ?? "")).exitCode).toBe(31);
      const refused = await run(reader, "repair");
      expect(refused.exitCode).toBe(21);
      expect(refused.stderr).toContain("lacks a right");
      expect((await run(writer, "repair")).exitCode).toBe(0);
    } finally {
      await roles.drop();
    }
  });

  it("of a node that lies is found out by another node", async () => {
    await using node = await startNode({ gaslessKeys: false });
    await node.takeSnapshot();
    const honest = await node.addNode();
    const liar = await node.addNode({ faults: { badCommit: { kind: "quorum" } } });
    node.setFaults({ withhold: { count: 1 } });
    await using workplace = await onServer();
    const place = { ...workplace, node };
    await syncOnce(place);
    const [hash = ""] = node.listLies().get("withhold") ?? [];

    const found = await run(place, "verify", "--against", honest.endpoint, "--json");
    expect(found.exitCode).toBe(31);
    const { node: compared, differing, shards } = JSON.parse(found.stdout);
    expect({ compared, differing }).toEqual({ compared: honest.endpoint, differing: 1 });
    expect(JSON.stringify(shards)).toContain(`"id":"0x${hash}"`);

    const stuck = await run(place, "repair");
    expect(stuck.exitCode).toBe(31);
    expect(stuck.stdout).toMatch(/\n {2}fid \d+ {2}still differs\n {4}unclear {3}\w+: the node's/);
    expect(stuck.stdout).toMatch(/match now; accounts repaired: 0; still different: 1\.\n$/);
    expect(stuck.stderr).toContain("of 1 account is still not what the node has");

    const refused = await run(place, "verify", "--against", liar.endpoint);
    expect(refused.exitCode).toBe(11);
    expect(refused.stderr).toMatch(/is not what its validators committed: no_quorum\n.*another/);
    const repaired = await run(place, "repair", "--snapchain-endpoint", honest.endpoint);
    expect(repaired).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("that was never synced says so", async () => {
    await using node = await startNode();
    await using workplace = await onServer();
    const place = { ...workplace, node };
    const nothing = await run(place, "verify");
    await run(place, "migrate");

    expect(nothing).toMatchObject({ exitCode: 31, stdout: "" });
    expect(nothing.stderr).toMatch(/^error: Nothing is mirrored yet in postgres:.*\n.*sync/);
    expect(await run(place, "verify")).toEqual(nothing);
    expect(await run(place, "repair")).toEqual(nothing);
  });
});
