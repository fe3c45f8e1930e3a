import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { ConfigKey } from "../../../config/keys/config-keys.ts";
import type { ActionOf } from "../../config/command-parts.ts";
import { addExamples, DATABASE_KEYS, toFid } from "../../config/command-parts.ts";
import { addConfigFlags } from "../../config/config-flags.ts";
import type { RepairFlags } from "./repair.ts";
import type { VerifyFlags } from "./verify.ts";

const KEYS: readonly ConfigKey[] = ["sync.snapchain_endpoint", "sync.verify", ...DATABASE_KEYS];

/** Adds `snaprag verify` and `snaprag repair`. */
export function addProof(program: Command, actionOf: ActionOf): void {
  addVerify(program, actionOf);
  addRepair(program, actionOf);
}

function addVerify(program: Command, actionOf: ActionOf): void {
  const command = program
    .command("verify")
    .description("compare the mirror with the chain, also beside a sync; changes nothing");
  addChoice(command)
    .option("--sample <n>", "only so many accounts, drawn at random", toCount)
    .option("--against <url>", "node to compare with, instead of the one that is configured")
    .option("--json", "print JSON on one line")
    .option("--devnet", "look at the embedded mirror that `snaprag sync --devnet` makes");
  addConfigFlags(command, KEYS);
  command.action(
    actionOf<VerifyFlags>(async (...args) => (await import("./verify.ts")).runVerify(...args)),
  );
  refuseTogether(command, "fid", "sample");
  refuseTogether(command, "against", "snapchainEndpoint");
  addExamples(command, [
    "snaprag verify",
    "snaprag verify --sample 1000 --verify full",
    "snaprag verify --fid 3 --against https://node.example:3383 --json",
  ]);
}

function addRepair(program: Command, actionOf: ActionOf): void {
  const command = program
    .command("repair")
    .description("compare the mirror with the chain and put right what differs");
  addChoice(command).option("--json", "print JSON on one line");
  addConfigFlags(command, KEYS);
  command.action(
    actionOf<RepairFlags>(async (...args) => (await import("./repair.ts")).runRepair(...args)),
  );
  addExamples(command, ["snaprag repair", "snaprag repair --shard 1 --fid 3"]);
}

/** Flags for what is to be compared. */
function addChoice(command: Command): Command {
  return command
    .option("--shard <n...>", "only these data shards", collectShards)
    .option("--fid <fid>", "only this account", toFid);
}

function collectShards(text: string, collected: readonly number[] = []): readonly number[] {
  if (/^\d{1,9}$/.test(text)) return [...new Set([...collected, Number(text)])];
  throw new InvalidArgumentError("Expected the number of a shard.");
}

function toCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number, at least 1.");
}

function refuseTogether(command: Command, one: string, other: string): void {
  command.options.find((option) => option.attributeName() === one)?.conflicts(other);
}
