// The files of `deploy/`: what is run in containers, and what watches it.
import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** Folder of the repository, with a slash at the end. */
export const REPOSITORY: URL = new URL("../../../../", import.meta.url);

/** A file of the repository, by its path from the root. */
export function readRepositoryFile(path: string): string {
  return readFileSync(new URL(path, REPOSITORY), "utf8");
}

/** A service of the compose file, as far as tests look at it. */
export interface ComposeService {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly networks?: { readonly default: { readonly aliases: readonly string[] } };
  readonly stop_grace_period?: string;
}

/** The compose file, its merge keys resolved and its variables as they are written. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
}

/** Reads the compose file. */
export function readComposeFile(): ComposeFile {
  return parse(readRepositoryFile("deploy/compose.yaml"), { merge: true });
}

/** A text of the compose file with its variables in place: `${NAME:-default}`, of what is given. */
export function substitute(text: string, given: Readonly<Record<string, string>> = {}): string {
  return text.replaceAll(/\$\{(\w+):-([^}]*)\}/g, (_, name, other) => given[name] || other);
}

/** Instructions of the Dockerfile, continued lines joined, by their words. */
export function readDockerfile(): readonly (readonly string[])[] {
  return readRepositoryFile("deploy/Dockerfile")
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(/\s+/));
}

/** What one kind of instruction of the Dockerfile is given, such as every `COPY`. */
export function instructionsOf(kind: string): readonly (readonly string[])[] {
  return readDockerfile().flatMap(([name, ...rest]) => (name === kind ? [rest] : []));
}
