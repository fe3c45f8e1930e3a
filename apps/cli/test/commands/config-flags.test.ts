import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addConfigFlags, loadCommandSettings } from "../../src/commands/config/config-flags.ts";
import type { ConfigKey } from "../../src/config/keys/config-keys.ts";
import { CONFIG_KEYS, listConfigKeys } from "../../src/config/keys/config-keys.ts";
import { runInProcess } from "../support/run-in-process.ts";

const context = { environment: {}, folder: "/nowhere" };

function parse(...argv: string[]): Command {
  const command = new Command().option("--historical-only").option("--realtime-only");
  addConfigFlags(command, ["sync.snapchain_endpoint", "sync.shard_ids", "database.url"]);
  return command.parse(argv, { from: "user" });
}

describe("loadCommandSettings()", () => {
  it("collects a list from a flag that is repeated, and takes the last of a single value", async () => {
    const command = parse(
      ...["--snapchain-endpoint", "http://a", "--database-url", "postgres://one/x"],
      ...["--snapchain-endpoint", "http://b,http://c", "--database-url", "postgres://two/x"],
    );

    const settings = await loadCommandSettings(command, context);

    expect(settings["sync.snapchain_endpoint"]).toEqual({
      value: ["http://a", "http://b", "http://c"],
      source: { kind: "flag", name: "--snapchain-endpoint" },
    });
    expect(settings["database.url"].value).toBe("postgres://two/x");
  });

  it("collects also a list that has no default", async () => {
    const settings = await loadCommandSettings(
      parse("--shard-ids", "0", "--shard-ids", "1,2", "--shard-ids", "4"),
      context,
    );

    expect(settings["sync.shard_ids"].value).toEqual([0, 1, 2, 4]);
  });

  it("takes -v for the level of the log, and not together with it", async () => {
    const command = () => {
      const made = new Command().exitOverride().configureOutput({ outputError: () => undefined });
      addConfigFlags(made, ["log.level"]);
      return made;
    };

    const settings = await loadCommandSettings(command().parse(["-v"], { from: "user" }), context);

    expect(settings["log.level"]).toEqual({
      value: "debug",
      source: { kind: "flag", name: "--verbose" },
    });
    const both = ["-v", "--log-level", "warn"];
    expect(() => command().parse(both, { from: "user" })).toThrow("cannot be used with");
    expect(parse().options.map(({ long }) => long)).not.toContain("--verbose");
  });

  it("knows every key that is a list for one", () => {
    const lists = listConfigKeys().filter((key: ConfigKey) => CONFIG_KEYS[key].type.isList);

    expect(lists).toEqual([
      "sync.snapchain_endpoint",
      "sync.snapchain_headers",
      "sync.shard_ids",
      "sync.validator_keys",
      "embeddings.fids",
      "embeddings.channels",
    ]);
    for (const key of listConfigKeys()) {
      const { type, default: fallback } = CONFIG_KEYS[key];
      const isList = Array.isArray(fallback) || type.expected.includes("a list of");
      expect(type.isList ?? false, key).toBe(isList);
    }
  });

  it.each([
    ["--historical-only", true, false],
    ["--realtime-only", false, true],
  ])(
    "sets both phases by %s, whatever the environment says",
    async (flag, historical, realtime) => {
      const environment = {
        SNAPRAG_SYNC_ENABLE_HISTORICAL_SYNC: "false",
        SNAPRAG_SYNC_ENABLE_REALTIME_SYNC: "false",
      };

      const settings = await loadCommandSettings(parse(flag), { ...context, environment });

      const source = { kind: "flag", name: flag };
      expect(settings["sync.enable_historical_sync"]).toEqual({ value: historical, source });
      expect(settings["sync.enable_realtime_sync"]).toEqual({ value: realtime, source });
    },
  );
});

describe("snaprag sync", () => {
  it("refuses a configuration without any phase", async () => {
    const environment = {
      SNAPRAG_SYNC_ENABLE_HISTORICAL_SYNC: "false",
      SNAPRAG_SYNC_ENABLE_REALTIME_SYNC: "false",
    };

    const { exitCode, stderr } = await runInProcess(["sync"], { environment });

    expect(exitCode).toBe(3);
    expect(stderr).toContain("nothing to do");
  });
});
