import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXIT_CODES } from "../../src/exit-codes.ts";
import { runInProcess } from "../support/run-in-process.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

const COMMANDS = [
  ["sync"],
  ["status"],
  ["verify"],
  ["repair"],
  ["migrate"],
  ["rebuild"],
  ["quarantine"],
  ["quarantine", "list"],
  ["quarantine", "show"],
  ["quarantine", "retry"],
  ["reset"],
  ["config"],
  ["config", "show"],
  ["devnet"],
];

describe("snaprag --help", () => {
  it("lists every command and every exit code", async () => {
    const { exitCode, stdout, stderr } = await runInProcess(["--help"]);

    expect(exitCode).toBe(0);
    expect(stderr).toBe("");
    for (const [name = ""] of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${name}\\b`, "m"));
    for (const code of Object.values(EXIT_CODES)) {
      expect(stdout).toMatch(new RegExp(`^ +${code} {2}\\S`, "m"));
    }
  });

  it.each(COMMANDS)("has examples: %s %s", async (...command) => {
    const { exitCode, stdout } = await runInProcess([...command, "--help"]);

    expect(exitCode).toBe(0);
    expect(stdout).toContain("Examples:\n  $ snaprag ");
  });
});

describe("snaprag --version", () => {
  it("prints the version alone", async () => {
    expect(await runInProcess(["--version"])).toEqual({
      exitCode: 0,
      stdout: "1.2.3\n",
      stderr: "",
    });
  });
});

describe("a wrong command line", () => {
  it.each([
    [["snyc"], "unknown command 'snyc'", "sync"],
    [["sync", "--devnot"], "unknown option '--devnot'", "--devnet"],
    [["status", "--jsn"], "unknown option '--jsn'", "--json"],
    [["config", "shwo"], "unknown command 'shwo'", "show"],
    [["status", "now"], "too many arguments for 'status'", "`snaprag status --help`"],
    [["config", "show", "now"], "too many arguments", "`snaprag config show --help`"],
    [["sync", "--config"], "argument missing", "`snaprag sync --help`"],
    [["quarantine", "show"], "missing required argument 'id'", "`snaprag quarantine show --help`"],
    [["quarantine", "show", "x"], "Expected the id of a message", "quarantine show --help"],
    [["quarantine", "retry"], "either ids of messages or --all", "`snaprag quarantine list`"],
    [["quarantine", "retry", "1", "--all"], "either ids", "`snaprag quarantine list`"],
    [["quarantine", "list", "--limit", "0"], "at least 1", "quarantine list --help"],
    [["sync", "--historical-only", "--realtime-only"], "cannot be used with", "--help"],
    [["sync", "--until", "tomorrow"], "a time such as 2026-01-31T12:00:00Z", "sync --help"],
    [["sync", "--until", "2026-01-31", "--historical-only"], "cannot be used with", "--help"],
    [["sync", "--devnet", "--snapchain-endpoint", "x"], "cannot be used with", "--help"],
    [["sync", "--verify", "some"], "Expected --verify to be", "full (signatures too)"],
    [["verify", "--fid", "3", "--sample", "3"], "cannot be used with", "verify --help"],
    [["verify", "--fid", "-3"], "Expected a fid", "verify --help"],
    [["verify", "--sample", "0"], "at least 1", "verify --help"],
    [["verify", "--shard", "one"], "Expected the number of a shard", "verify --help"],
    [["verify", "--verify", "none"], "nothing to do", "proof or full"],
    [["verify", "--devnet"], "another address each time", "--against"],
    [["verify", "--against", "x", "--snapchain-endpoint", "x"], "cannot be used with", "--help"],
    [["repair", "--sample", "5"], "unknown option '--sample'", "repair --help"],
    [["sync", "--shard-ids", "all"], "Expected --shard-ids to be", "0,1,2"],
    [["sync", "--log-level", "loud"], "Expected --log-level to be", "debug, info, warn"],
    [["sync", "--database-url", "localhost"], "Expected --database-url to be", "PostgreSQL"],
    [["devnet", "--port", "x"], "'--port <n>' argument 'x' is invalid", "`snaprag devnet --help`"],
    [["reset"], "would delete the embedded database in ./.snaprag/db", "--force"],
  ])("is refused with the nearest thing known: %j", async (argv, what, hint) => {
    const { exitCode, stdout, stderr } = await runInProcess(argv);

    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    const lines = stderr.split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^error: /);
    expect(lines[0]).toContain(what);
    expect(lines[1]).toContain(hint);
  });

  it("without a command shows the help, as an error", async () => {
    const { exitCode, stdout, stderr } = await runInProcess([]);

    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("Commands:");
  });
});

describe("snaprag config show", () => {
  it("shows flags over environment over file over defaults", async () => {
    using folder = createTemporaryFolder();
    writeFileSync(join(folder.path, "snaprag.toml"), '[log]\nlevel = "error"\nformat = "json"');
    const environment = { SNAPRAG_LOG_LEVEL: "warn", SNAPRAG_SYNC_LANES: "4" };

    const { exitCode, stdout } = await runInProcess(
      ["config", "show", "--log-level", "debug", "--snapchain-endpoint", "a"].concat([
        "--snapchain-endpoint",
        "b",
      ]),
      { environment, folder: folder.path },
    );

    expect(exitCode).toBe(0);
    expect(stdout).toContain('level = "debug" # flag --log-level');
    expect(stdout).toContain("lanes = 4 # environment SNAPRAG_SYNC_LANES");
    expect(stdout).toContain('format = "json" # file ./snaprag.toml');
    expect(stdout).toContain('snapchain_endpoint = [ "a", "b" ] # flag --snapchain-endpoint');
  });

  it("prints JSON on one line, without passwords", async () => {
    const { stdout } = await runInProcess([
      "config",
      "show",
      "--json",
      "--database-url",
      "postgres://ada:secret@localhost/x",
    ]);

    expect(stdout.trimEnd()).not.toContain("\n");
    expect(JSON.parse(stdout).database.url).toEqual({
      value: "postgres://ada:***@localhost/x",
      source: "flag --database-url",
    });
  });
});

describe("snaprag status", () => {
  it("says that nothing is mirrored yet, and creates nothing", async () => {
    using folder = createTemporaryFolder();
    const surroundings = { folder: folder.path };

    const people = await runInProcess(["status"], surroundings);
    const machines = await runInProcess(["status", "--json"], surroundings);

    expect(people).toMatchObject({ exitCode: 0, stderr: "" });
    expect(people.stdout).toContain("Nothing is mirrored yet in ./.snaprag/db");
    expect(machines).toMatchObject({ exitCode: 0, stderr: "" });
    expect(machines.stdout).toBe('{"shards":[],"tables":{},"embeddings":[]}\n');
    expect(existsSync(join(folder.path, ".snaprag"))).toBe(false);
  });
});

describe.each(["verify", "repair"])("snaprag %s", (name) => {
  it("says that there is nothing to compare, and creates nothing", async () => {
    using folder = createTemporaryFolder();

    const run = await runInProcess([name], { folder: folder.path });

    expect(run).toEqual({
      exitCode: 31,
      stdout: "",
      stderr:
        "error: Nothing is mirrored yet in ./.snaprag/db.\n" +
        "Start with `snaprag sync`, or name another database with --database-url.\n",
    });
    expect(existsSync(join(folder.path, ".snaprag"))).toBe(false);
  });
});

describe("snaprag search", () => {
  it("needs something to look for", async () => {
    using folder = createTemporaryFolder();

    const run = await runInProcess(["search", " "], { folder: folder.path });

    expect(run).toEqual({
      exitCode: 2,
      stdout: "",
      stderr:
        "error: There is nothing to look for.\n" +
        'Say what, such as `snaprag search "storage rent"`.\n',
    });
  });
});

describe("snaprag reset --force", () => {
  it("is content when there is nothing to delete", async () => {
    using folder = createTemporaryFolder();

    const { exitCode, stdout } = await runInProcess(["reset", "--force"], { folder: folder.path });

    expect(exitCode).toBe(0);
    expect(stdout).toContain("./.snaprag/db");
  });
});

describe("an error that nobody caught", () => {
  const crash = new Error("out of order");

  it("is told as a bug in two lines, and ends the process with 1", async () => {
    const { exitCode, stderr } = await runInProcess(["config", "show"], { crash });

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: out of order\nThis is a bug: [^\n]+\.\n$/);
  });

  it("shows its stack to those who debug", async () => {
    const argv = ["config", "show", "--log-level", "debug"];

    const { stderr } = await runInProcess(argv, { crash });

    expect(stderr).toContain("    at ");
  });
});
