// What the definitions of commands share.
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { ConfigKey } from "../../config/keys/config-keys.ts";
import { momentInTime } from "../../config/keys/value-types.ts";
import type { Invocation } from "../program/cli-context.ts";

/** Makes the action of a command: the settings first, then the work, with the command's own flags. */
export type ActionOf = <Flags>(
  work: (invocation: Invocation, flags: Flags) => Promise<void>,
) => (flags: Flags, command: Command) => Promise<void>;

/** Keys that every command with a database has flags for. */
export const DATABASE_KEYS: readonly ConfigKey[] = ["database.url", "log.level"];

/** Ends the help of a command with examples. */
export function addExamples(command: Command, examples: readonly string[]): void {
  const lines = examples.map((example) => `  $ ${example}`);
  command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

const MAX_FID = 2n ** 64n - 1n;

/** Reads the value of a flag that names an account. */
export function toFid(text: string): bigint {
  if (/^\d{1,20}$/.test(text) && BigInt(text) <= MAX_FID) return BigInt(text);
  throw new InvalidArgumentError("Expected a fid, a whole number.");
}

/** Reads an argument that is a day, at its beginning in UTC, or a time with its zone. */
export function toMoment(text: string): Date {
  const moment = momentInTime.fromText(text);
  if (moment !== undefined) return moment;
  throw new InvalidArgumentError(`Expected ${momentInTime.expected}.`);
}
