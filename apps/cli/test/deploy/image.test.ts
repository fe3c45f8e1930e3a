// The Dockerfile names what there is: versions, files, settings and paths.
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readVariables } from "../../src/config/read-variables.ts";
import {
  instructionsOf,
  REPOSITORY,
  readDockerfile,
  readRepositoryFile,
} from "../support/deploy-files.ts";

const MANIFEST = JSON.parse(readRepositoryFile("package.json"));

/** Variables that the image sets, by name. */
function environmentOfImage(): Record<string, string> {
  return Object.fromEntries(instructionsOf("ENV").map(([pair = ""]) => pair.split("=")));
}

describe("deploy/Dockerfile", () => {
  it("builds with the pnpm of package.json", () => {
    const [, ...installed] =
      /npm install --global (\S+)/.exec(readRepositoryFile("deploy/Dockerfile")) ?? [];
    expect(installed).toEqual([MANIFEST.packageManager]);
  });

  it("begins with one Node.js that every package can run on", () => {
    const [, major] =
      instructionsOf("ARG")
        .flat()
        .join()
        .match(/^NODE_VERSION=(\d+)$/) ?? [];
    const images = instructionsOf("FROM").map(([image]) => image);

    expect(new Set(images)).toEqual(new Set([`node:\${NODE_VERSION}-bookworm-slim`]));
    expect(MANIFEST.engines.node).toBe(`>=${major}.19`);
  });

  it("copies files that exist, and that .dockerignore lets through", () => {
    const copied = instructionsOf("COPY").flatMap((words) =>
      words[0]?.startsWith("--from") ? [] : words.slice(0, -1),
    );
    const ignored = readRepositoryFile(".dockerignore").trim().split("\n");

    expect(copied).not.toEqual([]);
    expect(copied.filter((path) => !existsSync(new URL(path, REPOSITORY)))).toEqual([]);
    expect(ignored[0]).toBe("*");
    const letThrough = ignored.flatMap((line) => (line.startsWith("!") ? [line.slice(1)] : []));
    expect(letThrough.toSorted()).toEqual(copied.toSorted());
  });

  it("copies the configuration that the build reads", () => {
    const scripts = JSON.parse(readRepositoryFile("apps/cli/package.json")).scripts;
    const configurations = [...scripts.build.matchAll(/\.\.\/\.\.\/(\S+)/g)].map(
      ([, name]) => name,
    );
    const [extended = ""] =
      /tsconfig\.base\.json/.exec(readRepositoryFile("apps/cli/tsconfig.json")) ?? [];

    expect(instructionsOf("COPY").flat()).toEqual(
      expect.arrayContaining([...configurations, extended]),
    );
  });

  it("sets nothing but settings that exist, and no secret", () => {
    const environment = environmentOfImage();
    const layer = readVariables(environment);

    expect(layer.size).toBe(Object.keys(environment).length);
    expect(layer.get("monitor.address")?.value).toBe("0.0.0.0:9464");
    expect(readRepositoryFile("deploy/Dockerfile")).not.toMatch(/password|token|secret|npmrc/i);
  });

  it("exposes the port that the monitor listens on", () => {
    const { SNAPRAG_MONITOR_ADDRESS = "" } = environmentOfImage();
    expect(instructionsOf("EXPOSE")).toEqual([[SNAPRAG_MONITOR_ADDRESS.split(":")[1]]]);
  });

  it("runs the command as somebody without rights, below an init, in a folder of theirs", () => {
    const names = readDockerfile().map(([name]) => name);

    expect(instructionsOf("USER")).toEqual([["node"]]);
    expect(names.indexOf("USER")).toBeGreaterThan(names.lastIndexOf("RUN"));
    expect(instructionsOf("WORKDIR").at(-1)).toEqual(instructionsOf("VOLUME").at(-1));
    expect(instructionsOf("ENTRYPOINT").flat().join(" ")).toBe('["tini", "--", "snaprag"]');
    expect(instructionsOf("CMD").flat()).toEqual(['["sync"]']);
  });
});
