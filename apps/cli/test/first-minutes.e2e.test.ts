// What the README at the root shows beside `npm start` works as it stands there.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { expect, it } from "vitest";
import { jsonLines, runCli, startCli } from "./support/built-cli.ts";
import { inEmptyFolder } from "./support/databases.ts";

const ROOT = new URL("../../../", import.meta.url);

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

const README = read("README.md");

/** Arguments of the commands that run beside the devnet, in the order of the README. */
const COMMANDS = [...README.matchAll(/^npm run -s snaprag -- (.*)$/gm)].map(([, rest = ""]) =>
  rest.split(" "),
);
const [, SOCKET_FOLDER = "", USER, SQL = ""] =
  /^psql -h "\$PWD\/(.*?)" -U (\w+) -c "(.*)"$/m.exec(README) ?? [];
const [, PRINTED = ""] = /^psql .*?```text\n(.*?)```/ms.exec(README) ?? [];

it("lets a devnet's mirror be looked at while it is made, and makes it afresh at the next start", async () => {
  expect(JSON.parse(read("package.json")).scripts.snaprag).toBe("exec node apps/cli/dist/main.js");
  await using workplace = await inEmptyFolder();
  const { folder } = workplace;
  await using sync = startCli(["sync", "--devnet"], { folder });
  const [, endpoint = ""] = await sync.printed(/"endpoint":"(.*?)","database"/);
  await sync.printed("indexes are in place");

  expect(COMMANDS.map(([name]) => name)).toEqual(["status", "verify"]);
  for (const argv of COMMANDS) {
    const here = argv.map((word) => word.replace(/^http:.*/, endpoint));
    const { exitCode, stdout, stderr } = await runCli(here, { folder });
    expect({ exitCode, stderr, stdout }).toMatchObject({ exitCode: 0, stderr: "" });
  }
  const host = join(folder, SOCKET_FOLDER);
  const client = new pg.Client({ host, port: 5432, user: USER, database: USER });
  await client.connect();
  const { fields, rows } = await client.query(SQL);
  await client.end();

  const [header = ""] = PRINTED.split("\n");
  expect(fields.map(({ name }) => name)).toEqual(header.split("|").map((name) => name.trim()));
  expect(rows).toHaveLength(3);
  const owner = JSON.parse(readFileSync(join(folder, ".snaprag/devnet.owner"), "utf8"));
  expect(owner.socketFolder).toBe(host);

  const quarantine = (...argv: string[]) => runCli(["quarantine", ...argv, "--devnet"], { folder });
  const listed = await quarantine("list");
  expect(listed).toMatchObject({ exitCode: 0, stdout: "Nothing is in quarantine.\n" });
  expect((await quarantine("retry", "--all")).exitCode).toBe(75);

  sync.kill("SIGINT");
  const ended = await sync.ended;
  expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
  expect(ended.stdout).not.toContain("earlier devnet removed");
  const status = await runCli(["status", "--devnet", "--json"], { folder });
  const { tables } = JSON.parse(status.stdout);
  expect(tables.casts.live).toBeGreaterThan(1000);
  expect(jsonLines(ended).at(-1)).toMatchObject({ msg: "database contents", tables });
  const retried = await quarantine("retry", "--all");
  expect(retried).toMatchObject({ exitCode: 0, stdout: "0 resolved, 0 still open.\n" });

  await using next = startCli(["sync", "--devnet"], { folder });
  await next.printed("earlier devnet removed");
  // Only a mirror with nothing in it plans a snapshot.
  await next.printed("planned snapshot");
});

it("has a simulated node where the examples look for one", async () => {
  const [, port] = /localhost:(\d+)/.exec(read("packages/client/README.md")) ?? [];
  const [, examplePort] =
    /localhost:(\d+)/.exec(read("examples/print-casts/print-casts.mjs")) ?? [];
  await using workplace = await inEmptyFolder();

  const { stdout } = await runCli(["devnet", "--help"], workplace);

  expect(examplePort).toBe(port);
  expect(stdout).toMatch(new RegExp(`--port <n> .*\\(default: ${port}\\)`));
});
