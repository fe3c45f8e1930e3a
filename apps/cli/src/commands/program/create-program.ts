import { Command, InvalidArgumentError } from "commander";
import { listConfigKeys } from "../../config/keys/config-keys.ts";
import type { Settings } from "../../config/load-settings.ts";
import { CliError } from "../../errors/cli-error.ts";
import type { Outcome } from "../../exit-codes.ts";
import { EXIT_CODES, OUTCOME_MEANINGS } from "../../exit-codes.ts";
import type { ActionOf } from "../config/command-parts.ts";
import { addExamples, DATABASE_KEYS, toMoment } from "../config/command-parts.ts";
import { addConfigFlags, loadCommandSettings } from "../config/config-flags.ts";
import type { ConfigShowFlags } from "../config/config-show.ts";
import { addProof } from "../database/proof/add-proof.ts";
import { addQuarantine } from "../database/quarantine/add-quarantine.ts";
import type { RebuildFlags } from "../database/rebuild.ts";
import type { ResetFlags } from "../database/reset.ts";
import type { DevnetFlags } from "../devnet/devnet.ts";
import type { DoctorFlags } from "../doctor/doctor.ts";
import { addEmbeddings } from "../embeddings/add-embeddings.ts";
import type { StatusFlags } from "../status/status.ts";
import type { SyncFlags } from "../sync/sync.ts";
import type { CliContext } from "./cli-context.ts";

/** Called with the settings of the command as soon as they are known. */
type OnSettings = (settings: Settings) => void;

/**
 * Creates the command line: every command, flag and help text.
 *
 * Commands load what they need when they run, so that help costs nothing. A wrong command line
 * throws a {@link CliError} with `usage`; help and version throw a `CommanderError` once written.
 */
export function createProgram(context: CliContext, onSettings: OnSettings): Command {
  const program = new Command("snaprag")
    .description("Mirrors Farcaster into your own PostgreSQL.")
    .version(context.version, "--version", "show the version")
    .helpOption("--help", "show help")
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
      // Told by whoever runs the program, as every other failure.
      outputError: () => undefined,
    });
  const actionOf: ActionOf = (work) => async (flags, command) => {
    const settings = await loadCommandSettings(command, context);
    onSettings(settings);
    await work({ context, settings }, flags);
  };
  addSync(program, actionOf);
  addStatus(program, actionOf);
  addDoctor(program, actionOf);
  addProof(program, actionOf);
  addEmbeddings(program, actionOf);
  addMigrate(program, actionOf);
  addRebuild(program, actionOf);
  addQuarantine(program, actionOf);
  addReset(program, actionOf);
  addConfig(program, actionOf);
  addDevnet(program, actionOf);
  addExamples(program, ["snaprag sync --devnet", "snaprag status", "snaprag sync --help"]);
  program.addHelpText("after", `\n${exitCodesText()}`);
  for (const command of withSubcommands(program)) refuseWrongUsage(command);
  return program;
}

function addSync(program: Command, actionOf: ActionOf): void {
  const command = program
    .command("sync")
    .description("mirror a node: its history, then every block as it comes")
    .option("--devnet", "mirror a simulated node that runs in this process, to try things out");
  addConfigFlags(command, [
    "sync.snapchain_endpoint",
    "sync.shard_ids",
    "sync.verify",
    ...DATABASE_KEYS,
    "monitor.address",
    "log.format",
  ]);
  command
    .option("--historical-only", "end when the history is complete")
    .option("--realtime-only", "skip the history; start at the node's newest block")
    .option("--until-synced", "end when the mirror has caught up with the node")
    .option(
      "--until <time>",
      "end when it has every block up to a time, and none after it",
      toMoment,
    )
    .action(
      actionOf<SyncFlags>(async (...args) => (await import("../sync/sync.ts")).runSync(...args)),
    );
  refuseTogether(command, "historicalOnly", "realtimeOnly");
  refuseTogether(command, "historicalOnly", "until");
  refuseTogether(command, "devnet", "snapchainEndpoint");
  addExamples(command, [
    "snaprag sync --devnet",
    "snaprag sync --snapchain-endpoint http://localhost:3383",
    "snaprag sync --database-url postgres://user:password@localhost/farcaster --until-synced",
  ]);
}

function addStatus(program: Command, actionOf: ActionOf): void {
  const command = program
    .command("status")
    .description("show how far the mirror has come and what it holds")
    .option("--json", "print JSON on one line")
    .option("--devnet", "look at the embedded mirror that `snaprag sync --devnet` makes");
  addConfigFlags(command, DATABASE_KEYS);
  command.action(
    actionOf<StatusFlags>(async (...args) =>
      (await import("../status/status.ts")).runStatus(...args),
    ),
  );
  addExamples(command, ["snaprag status", "snaprag status --json"]);
}

function addDoctor(program: Command, actionOf: ActionOf): void {
  const command = program
    .command("doctor")
    .description("look at all that a sync needs, and say what stands in its way")
    .option("--json", "print JSON on one line");
  addConfigFlags(command, ["sync.snapchain_endpoint", "sync.shard_ids", ...DATABASE_KEYS]);
  command.action(
    actionOf<DoctorFlags>(async (...args) =>
      (await import("../doctor/doctor.ts")).runDoctor(...args),
    ),
  );
  addExamples(command, ["snaprag doctor", "snaprag doctor --json"]);
}

function addMigrate(program: Command, actionOf: ActionOf): void {
  const command = program
    .command("migrate")
    .description("create the database's relations, or upgrade them; sync does it too");
  addConfigFlags(command, DATABASE_KEYS);
  command.action(
    actionOf(async (invocation) => (await import("../database/migrate.ts")).runMigrate(invocation)),
  );
  addExamples(command, ["snaprag migrate --database-url postgres://localhost/farcaster"]);
}

function addRebuild(program: Command, actionOf: ActionOf): void {
  const command = program
    .command("rebuild")
    .description("derive anew what follows from the messages, and say what that changed")
    .option("--json", "print JSON on one line")
    .option("--devnet", "rebuild the embedded mirror that `snaprag sync --devnet` makes");
  addConfigFlags(command, DATABASE_KEYS);
  command.action(
    actionOf<RebuildFlags>(async (...args) =>
      (await import("../database/rebuild.ts")).runRebuild(...args),
    ),
  );
  addExamples(command, ["snaprag rebuild", "snaprag rebuild --json"]);
}

function addReset(program: Command, actionOf: ActionOf): void {
  const command = program
    .command("reset")
    .description("delete the mirror")
    .option("--force", "really delete it");
  addConfigFlags(command, DATABASE_KEYS);
  command.action(
    actionOf<ResetFlags>(async (...args) =>
      (await import("../database/reset.ts")).runReset(...args),
    ),
  );
  addExamples(command, ["snaprag reset --force"]);
}

function addConfig(program: Command, actionOf: ActionOf): void {
  const config = program
    .command("config")
    .description("look at the configuration")
    .helpCommand(false);
  addExamples(config, ["snaprag config show"]);
  const command = config
    .command("show")
    .description("print the effective configuration, and where each value comes from")
    .option("--json", "print JSON on one line");
  addConfigFlags(command, listConfigKeys());
  command.action(
    actionOf<ConfigShowFlags>(async (...args) =>
      (await import("../config/config-show.ts")).runConfigShow(...args),
    ),
  );
  addExamples(command, [
    "snaprag config show",
    "snaprag config show --config ./snaprag.toml --json",
  ]);
}

function addDevnet(program: Command, actionOf: ActionOf): void {
  const command = program
    .command("devnet")
    .description("run a simulated node, with users and fresh messages, for others to connect to")
    .option("--port <n>", "port to listen on; 0 for any free one", wholeNumber, 3383)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--seed <n>", "number that everything random follows from", wholeNumber, 1)
    .option("--users <n>", "users at the start", wholeNumber, 200)
    .option("--messages <n>", "messages at the start", wholeNumber, 20_000)
    .option("--block-ms <n>", "time between blocks, in milliseconds", wholeNumber, 1000);
  addConfigFlags(command, ["log.level", "log.format"]);
  command.action(
    actionOf<DevnetFlags>(async (...args) =>
      (await import("../devnet/devnet.ts")).runDevnet(...args),
    ),
  );
  addExamples(command, [
    "snaprag devnet",
    "snaprag devnet --port 0 --users 1000 --messages 200000",
  ]);
}

function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number.");
}

function refuseTogether(command: Command, one: string, other: string): void {
  command.options.find((option) => option.attributeName() === one)?.conflicts(other);
}

function exitCodesText(): string {
  // Safety: Object.entries returns exactly the keys of the mapped type.
  const outcomes = Object.entries(EXIT_CODES) as [Outcome, number][];
  const lines = outcomes.map(
    ([outcome, code]) => `  ${String(code).padStart(3)}  ${OUTCOME_MEANINGS[outcome]}`,
  );
  return `Exit codes:\n${lines.join("\n")}`;
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** Turns what commander says of a wrong command line into a failure of ours. */
function refuseWrongUsage(command: Command): void {
  command.allowExcessArguments(false).exitOverride((error) => {
    if (error.exitCode === 0 || error.code === "commander.help") throw error;
    // The second line, where there is one, is the nearest known word: "(Did you mean --json?)".
    const [what = "", hint] = error.message.split("\n");
    const advice = hint?.replace(/^\(|\)$/g, "") ?? `See \`${pathOf(command)} --help\`.`;
    throw new CliError("usage", what.replace(/^error: /, ""), { advice, cause: error });
  });
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}
