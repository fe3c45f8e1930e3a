import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { ConfigKey } from "../../config/keys/config-keys.ts";
import type { ActionOf } from "../config/command-parts.ts";
import { addExamples, DATABASE_KEYS, toFid } from "../config/command-parts.ts";
import { addConfigFlags } from "../config/config-flags.ts";
import type { EmbedFlags } from "./embed.ts";
import type { SearchFlags, SearchWords } from "./search.ts";
import { parseSince } from "./since.ts";

const PROVIDER_KEYS: readonly ConfigKey[] = [
  "embeddings.provider",
  "embeddings.endpoint",
  "embeddings.model",
];
const MAX_LIMIT = 1000;

/** Adds `snaprag embed` and `snaprag search`. */
export function addEmbeddings(program: Command, actionOf: ActionOf): void {
  addEmbed(program, actionOf);
  addSearch(program, actionOf);
}

function addEmbed(program: Command, actionOf: ActionOf): void {
  const command = program
    .command("embed")
    .description("make vectors of casts, and keep them up to date; also beside a sync")
    .option("--once", "end when every cast has its vectors, or the budget is used up")
    .option("--retry-refused", "try again what the provider has refused")
    .option("--forget", "delete all vectors instead, and note no more changes of casts")
    .option("--force", "really delete them")
    .option("--devnet", "embed the embedded mirror that `snaprag sync --devnet` makes");
  addConfigFlags(command, [...PROVIDER_KEYS, ...DATABASE_KEYS, "log.format"]);
  command.action(
    actionOf<EmbedFlags>(async (...args) => (await import("./embed.ts")).runEmbed(...args)),
  );
  addExamples(command, [
    "snaprag embed --model nomic-embed-text",
    "snaprag embed --once --embeddings-endpoint https://api.openai.com/v1 --model text-embedding-3-small",
    "snaprag embed --provider local --model Xenova/all-MiniLM-L6-v2",
  ]);
}

function addSearch(program: Command, actionOf: ActionOf): void {
  const command = program
    .command("search")
    .description("find casts by what they mean, by their words, or both")
    .argument("<text>", "what to look for")
    .addOption(
      new Option("--mode <mode>", "by what")
        .choices(["hybrid", "vector", "words"])
        .default("hybrid"),
    )
    .option("--fid <fid>", "only casts of this account", toFid)
    .option("--channel <url>", "only casts with this parent URL")
    .option("--since <time>", "only casts from then on: 2026-01-31, or 12h, 7d, 4w ago", toSince)
    .option("--limit <n>", "most casts", toLimit, 10)
    .option("--json", "print JSON on one line")
    .option("--devnet", "search the embedded mirror that `snaprag sync --devnet` makes");
  addConfigFlags(command, [...PROVIDER_KEYS, ...DATABASE_KEYS]);
  command.action(async (text: string, words: SearchWords, self: Command) => {
    const run = actionOf<SearchFlags>(async (...args) =>
      (await import("./search.ts")).runSearch(...args),
    );
    await run({ ...words, text }, self);
  });
  addExamples(command, [
    'snaprag search "who maintains the indexer"',
    'snaprag search "gm" --mode words --fid 3 --since 7d',
    'snaprag search "storage rent" --limit 5 --json',
  ]);
}

function toSince(text: string): Date {
  const since = parseSince(text, new Date());
  if (since !== undefined) return since;
  throw new InvalidArgumentError("Expected a day, a time with its zone, or how long ago.");
}

function toLimit(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${MAX_LIMIT}.`);
}
