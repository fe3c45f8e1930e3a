// A node behind a proxy that wants a key with every call, or has a certificate of its own.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createDevnet } from "@snaprag/devnet";
import { expect, it } from "vitest";
import { jsonLines, runCli } from "./support/built-cli.ts";
import { onServer } from "./support/databases.ts";
import { guardNode } from "./support/guarded-node.ts";

const CERTIFICATES = new URL("../../../packages/client/test/support/tls/", import.meta.url);

const VARIABLE = "SNAPRAG_SYNC_SNAPCHAIN_HEADERS";

/** One that stands still, so that a mirror has all of it. */
async function startNode() {
  const node = createDevnet({ users: 20, messages: 1000, blockMs: 0 });
  await node.start();
  return node;
}

it("is mirrored and verified with the key, and never with it in what is printed", async () => {
  await using node = await startNode();
  await using guarded = await guardNode(node.endpoint, { header: ["x-api-key", "open-sesame"] });
  await using workplace = await onServer();
  const { folder, databaseFlags } = workplace;
  const flags = ["--snapchain-endpoint", guarded.endpoint, ...databaseFlags];
  const environment = { [VARIABLE]: "x-api-key: open-sesame" };

  const synced = await runCli(["sync", "--until-synced", ...flags], { folder, environment });
  const verified = await runCli(["verify", ...flags], { folder, environment });
  const shown = await runCli(["config", "show"], { folder, environment });

  expect(synced).toMatchObject({ exitCode: 0, stderr: "" });
  expect(jsonLines(synced).at(-1)).toMatchObject({ msg: "database contents" });
  expect(verified).toMatchObject({ exitCode: 0, stderr: "" });
  expect(guarded.refusedCount()).toBe(0);
  expect(shown.stdout).toContain('snapchain_headers = [ "x-api-key: ***" ]');
  for (const { stdout } of [synced, verified, shown]) expect(stdout).not.toContain("open-sesame");
});

it("refuses who has no key, and says which setting has it", async () => {
  await using node = await startNode();
  await using guarded = await guardNode(node.endpoint, { header: ["x-api-key", "open-sesame"] });
  await using workplace = await onServer();
  const { folder, databaseFlags } = workplace;
  const sync = ["sync", "--until-synced", "--snapchain-endpoint", guarded.endpoint];
  const wrong = { [VARIABLE]: "x-api-key: wrong" };
  const right = { [VARIABLE]: "x-api-key: open-sesame" };

  const refused = await runCli([...sync, ...databaseFlags], { folder, environment: wrong });
  const synced = await runCli([...sync, ...databaseFlags], { folder, environment: right });
  // Another node is nobody to send the configured ones' key to.
  const against = ["verify", "--against", guarded.endpoint, ...databaseFlags];
  const compared = await runCli(against, { folder, environment: right });

  expect(synced).toMatchObject({ exitCode: 0, stderr: "" });
  for (const { exitCode, stderr } of [refused, compared]) {
    expect(exitCode).toBe(11);
    expect(stderr).toMatch(/GetInfo: \S/);
    expect(stderr).toContain("`sync.snapchain_headers`");
    expect(stderr).not.toMatch(/wrong|open-sesame/);
  }
});

it("is mirrored over TLS once its authority is trusted, and not before", async () => {
  const [key, cert] = ["key", "cert"].map((name) => new URL(`${name}.pem`, CERTIFICATES));
  if (key === undefined || cert === undefined) throw new Error("There are two");
  await using node = await startNode();
  const tls = { key: readFileSync(key), cert: readFileSync(cert) };
  await using guarded = await guardNode(node.endpoint, { tls });
  await using workplace = await onServer();
  const argv = ["sync", "--until-synced", "--snapchain-endpoint", guarded.endpoint];

  const refused = await runCli([...argv, ...workplace.databaseFlags], workplace);
  const environment = { NODE_EXTRA_CA_CERTS: fileURLToPath(cert) };
  const trusted = await runCli([...argv, ...workplace.databaseFlags], {
    ...workplace,
    environment,
  });

  expect(refused.exitCode).toBe(10);
  expect(refused.stderr).toMatch(/self-signed certificate\nName the file/);
  expect(refused.stderr).toContain("NODE_EXTRA_CA_CERTS");
  expect(trusted).toMatchObject({ exitCode: 0, stderr: "" });
});
