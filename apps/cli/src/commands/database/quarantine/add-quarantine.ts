import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { ActionOf } from "../../config/command-parts.ts";
import { addExamples, DATABASE_KEYS } from "../../config/command-parts.ts";
import { addConfigFlags } from "../../config/config-flags.ts";
import type { ListFlags } from "./list.ts";
import type { RetryFlags } from "./retry.ts";
import type { ShowFlags } from "./show.ts";

/** Adds `snaprag quarantine` with its subcommands. */
export function addQuarantine(program: Command, actionOf: ActionOf): void {
  const quarantine = program
    .command("quarantine")
    .description("look at messages that could not become rows, and try them again")
    .helpCommand(false);
  addExamples(quarantine, ["snaprag quarantine list", "snaprag quarantine retry --all"]);
  addList(quarantine, actionOf);
  addShow(quarantine, actionOf);
  addRetry(quarantine, actionOf);
}

function addList(quarantine: Command, actionOf: ActionOf): void {
  const command = quarantine
    .command("list")
    .description("list the messages in quarantine that are open, oldest first")
    .option("--reason <code>", "only those with this reason, such as hash_mismatch")
    .option("--limit <n>", "most to list", toLimit, 100)
    .option("--json", "print JSON on one line");
  addDatabaseFlags(command);
  command.action(
    actionOf<ListFlags>(async (...args) => (await import("./list.ts")).runList(...args)),
  );
  addExamples(command, [
    "snaprag quarantine list",
    "snaprag quarantine list --reason unknown_type --limit 1000 --json",
  ]);
}

function addShow(quarantine: Command, actionOf: ActionOf): void {
  const command = quarantine
    .command("show")
    .description("show a message in quarantine: its place, its bytes, and what can be read of it")
    .argument("<id>", "as `snaprag quarantine list` has it", toId)
    .option("--json", "print JSON on one line");
  addDatabaseFlags(command);
  command.action((id: bigint, flags: ShowFlags, own: Command) =>
    actionOf<ShowFlags>(async (invocation) =>
      (await import("./show.ts")).runShow(invocation, { ...flags, id }),
    )(flags, own),
  );
  addExamples(command, ["snaprag quarantine show 7", "snaprag quarantine show 7 --json"]);
}

function addRetry(quarantine: Command, actionOf: ActionOf): void {
  const command = quarantine
    .command("retry")
    .description("process messages again with this version, also while a sync runs on a server")
    .argument("[id...]", "with whatever else is open of the same accounts", collectIds)
    .option("--all", "every open message")
    .option("--json", "print JSON on one line");
  addDatabaseFlags(command);
  command.action((ids: readonly bigint[] | undefined, flags: RetryFlags, own: Command) =>
    actionOf<RetryFlags>(async (invocation) =>
      (await import("./retry.ts")).runRetry(invocation, { ...flags, ids: ids ?? [] }),
    )(flags, own),
  );
  addExamples(command, ["snaprag quarantine retry 7 8", "snaprag quarantine retry --all"]);
}

function addDatabaseFlags(command: Command): void {
  command.option("--devnet", "the embedded mirror that `snaprag sync --devnet` makes");
  addConfigFlags(command, DATABASE_KEYS);
}

const MAX_ID = 2n ** 63n - 1n;

function toId(text: string): bigint {
  if (/^\d{1,19}$/.test(text) && BigInt(text) <= MAX_ID) return BigInt(text);
  throw new InvalidArgumentError("Expected the id of a message, a whole number.");
}

function collectIds(text: string, collected: readonly bigint[] = []): readonly bigint[] {
  return [...collected, toId(text)];
}

function toLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number, at least 1.");
}
