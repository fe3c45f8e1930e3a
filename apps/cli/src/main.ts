#!/usr/bin/env node
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import manifest from "../package.json" with { type: "json" };
import { runCli } from "./commands/program/run-cli.ts";
import { muteGrpcLog, readEnvironment } from "./env.ts";
import { EXIT_CODES } from "./exit-codes.ts";

process.stdout.on("error", (error) => {
  // Whoever read the output is gone, as with `snaprag status | head -1`: there is no one left to tell.
  const isGone = "code" in error && error.code === "EPIPE";
  if (!isGone) {
    process.stderr.write(
      `error: The output cannot be written: ${error.message}\nMake room where it goes, or send it elsewhere; what is stored stays.\n`,
    );
  }
  process.exit(EXIT_CODES.unexpected);
});

// Pages come and go by the thousand. Left to itself, the collector lets three times as much pile up as
// is in use, in each thread; it looks at this number whenever it decides when to begin.
setFlagsFromString("--heap-growing-percent=100");

muteGrpcLog();

process.exitCode = await runCli({
  argv: process.argv.slice(2),
  environment: readEnvironment(),
  folder: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
  exit: (exitCode) => process.exit(exitCode),
  onCrash: (listener) => void process.on("uncaughtException", listener),
  version: manifest.version,
});
