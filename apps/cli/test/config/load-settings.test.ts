import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ConfigKey } from "../../src/config/keys/config-keys.ts";
import { CONFIG_KEYS, listConfigKeys, variableOf } from "../../src/config/keys/config-keys.ts";
import type { FlagValue, Settings } from "../../src/config/load-settings.ts";
import { loadSettings } from "../../src/config/load-settings.ts";
import type { Environment } from "../../src/env.ts";
import { CliError } from "../../src/errors/cli-error.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

interface Given {
  readonly flags?: readonly (readonly [ConfigKey, FlagValue])[];
  readonly environment?: Environment;
  /** Content of ./snaprag.toml. */
  readonly file?: string;
  readonly configPath?: string;
}

async function load({ flags = [], environment = {}, file, configPath }: Given): Promise<Settings> {
  using folder = createTemporaryFolder();
  if (file !== undefined) writeFileSync(join(folder.path, "snaprag.toml"), file);
  return await loadSettings({
    flags: new Map(flags),
    configPath,
    environment,
    folder: folder.path,
  });
}

async function failureOf(given: Given): Promise<CliError> {
  const failure = await load(given).catch((error: unknown) => error);
  if (failure instanceof CliError) return failure;
  throw new Error(`Expected a CliError, got ${String(failure)}`);
}

describe("loadSettings()", () => {
  it("gives every key its default when nothing is set", async () => {
    const settings = await load({});

    for (const key of listConfigKeys()) {
      expect(settings[key]).toEqual({
        value: CONFIG_KEYS[key].default,
        source: { kind: "default", name: "" },
      });
    }
  });

  it("prefers a flag to a variable, a variable to the file, the file to the default", async () => {
    const file = "[sync]\nbatch_size = 1\nlanes = 1\nsync_interval_ms = 1";
    const environment = { SNAPRAG_SYNC_BATCH_SIZE: "2", SNAPRAG_SYNC_LANES: "2" };
    const flags = [["sync.batch_size", { flag: "--batch", text: "3" }]] as const;

    const settings = await load({ flags, environment, file });

    expect(settings["sync.batch_size"]).toEqual({
      value: 3,
      source: { kind: "flag", name: "--batch" },
    });
    expect(settings["sync.lanes"]).toEqual({
      value: 2,
      source: { kind: "variable", name: "SNAPRAG_SYNC_LANES" },
    });
    expect(settings["sync.sync_interval_ms"]).toEqual({
      value: 1,
      source: { kind: "file", name: "./snaprag.toml" },
    });
    expect(settings["log.level"].source.kind).toBe("default");
  });

  it("reads every key from a variable of its own", async () => {
    const written: Record<ConfigKey, string> = {
      "sync.snapchain_endpoint": "http://a,http://b",
      "sync.snapchain_headers": "x-api-key: secret",
      "sync.snapchain_timeout_ms": "5000",
      "sync.snapchain_keepalive_ms": "15000",
      "sync.enable_realtime_sync": "false",
      "sync.enable_historical_sync": "false",
      "sync.historical_sync_from_event_id": "16384",
      "sync.batch_size": "7",
      "sync.sync_interval_ms": "8",
      "sync.shard_ids": "1,2",
      "sync.lanes": "9",
      "sync.threads": "3",
      "sync.verify": "full",
      "sync.proof_interval_blocks": "0",
      "sync.validator_keys": "ab".repeat(32),
      "database.url": "postgres://localhost/x",
      "database.schema": "mirror",
      "database.max_connections": "3",
      "database.connect_timeout_ms": "1500",
      "database.statement_timeout_ms": "2147483647",
      "database.lease_ms": "60000",
      "database.application_name": "mirror of ada",
      "database.fid_partitions": "16",
      "database.embedded_folder": "./elsewhere",
      "monitor.address": "9464",
      "monitor.max_lag_seconds": "10",
      "embeddings.enabled": "true",
      "embeddings.provider": "local",
      "embeddings.endpoint": "https://models.example/v1",
      "embeddings.model": "tiny",
      "embeddings.model_version": "2",
      "embeddings.dimension": "384",
      "embeddings.api_key_env": "MY_KEY",
      "embeddings.document_prefix": "passage: ",
      "embeddings.query_prefix": "query: ",
      "embeddings.max_tokens": "256",
      "embeddings.overlap_tokens": "0",
      "embeddings.parent_context": "true",
      "embeddings.quote_context": "true",
      "embeddings.batch_size": "32",
      "embeddings.concurrency": "4",
      "embeddings.timeout_ms": "1000",
      "embeddings.retry_ms": "0",
      "embeddings.local_folder": "./models",
      "embeddings.local_download": "false",
      "embeddings.local_pooling": "cls",
      "embeddings.min_characters": "20",
      "embeddings.fids": "3,18446744073709551615",
      "embeddings.since": "2026-01-01",
      "embeddings.until": "2026-02-01T12:00:00+01:00",
      "embeddings.channels": "https://a.example,https://b.example",
      "embeddings.budget_texts": "1000",
      "embeddings.budget_tokens": "50000",
      "embeddings.storage": "array",
      "embeddings.full_text_index": "true",
      "embeddings.trigram_index": "true",
      "log.level": "debug",
      "log.format": "json",
    };
    const environment = Object.fromEntries(
      listConfigKeys().map((key) => [variableOf(key), written[key]]),
    );

    const settings = await load({ environment });

    expect(Object.fromEntries(listConfigKeys().map((key) => [key, settings[key].value]))).toEqual({
      "sync.snapchain_endpoint": ["http://a", "http://b"],
      "sync.snapchain_headers": ["x-api-key: secret"],
      "sync.snapchain_timeout_ms": 5000,
      "sync.snapchain_keepalive_ms": 15_000,
      "sync.enable_realtime_sync": false,
      "sync.enable_historical_sync": false,
      "sync.historical_sync_from_event_id": 16_384n,
      "sync.batch_size": 7,
      "sync.sync_interval_ms": 8,
      "sync.shard_ids": [1, 2],
      "sync.lanes": 9,
      "sync.threads": 3,
      "sync.verify": "full",
      "sync.proof_interval_blocks": 0,
      "sync.validator_keys": ["ab".repeat(32)],
      "database.url": "postgres://localhost/x",
      "database.schema": "mirror",
      "database.max_connections": 3,
      "database.connect_timeout_ms": 1500,
      "database.statement_timeout_ms": 2_147_483_647,
      "database.lease_ms": 60_000,
      "database.application_name": "mirror of ada",
      "database.fid_partitions": 16,
      "database.embedded_folder": "./elsewhere",
      "monitor.address": "127.0.0.1:9464",
      "monitor.max_lag_seconds": 10,
      "embeddings.enabled": true,
      "embeddings.provider": "local",
      "embeddings.endpoint": "https://models.example/v1",
      "embeddings.model": "tiny",
      "embeddings.model_version": "2",
      "embeddings.dimension": 384,
      "embeddings.api_key_env": "MY_KEY",
      "embeddings.document_prefix": "passage: ",
      "embeddings.query_prefix": "query: ",
      "embeddings.max_tokens": 256,
      "embeddings.overlap_tokens": 0,
      "embeddings.parent_context": true,
      "embeddings.quote_context": true,
      "embeddings.batch_size": 32,
      "embeddings.concurrency": 4,
      "embeddings.timeout_ms": 1000,
      "embeddings.retry_ms": 0,
      "embeddings.local_folder": "./models",
      "embeddings.local_download": false,
      "embeddings.local_pooling": "cls",
      "embeddings.min_characters": 20,
      "embeddings.fids": [3n, 18_446_744_073_709_551_615n],
      "embeddings.since": new Date("2026-01-01T00:00:00Z"),
      "embeddings.until": new Date("2026-02-01T11:00:00Z"),
      "embeddings.channels": ["https://a.example", "https://b.example"],
      "embeddings.budget_texts": 1000,
      "embeddings.budget_tokens": 50_000,
      "embeddings.storage": "array",
      "embeddings.full_text_index": true,
      "embeddings.trigram_index": true,
      "log.level": "debug",
      "log.format": "json",
    });
  });

  it("takes an empty variable for one that is not set, and ignores those of others", async () => {
    const environment = { SNAPRAG_DATABASE_URL: "", SNAPRAG_CONFIG: "", PATH: "/bin" };

    const settings = await load({ environment });

    expect(settings["database.url"].value).toBeUndefined();
  });

  it("leaves alone what Kubernetes sets for services whose names begin with snaprag", async () => {
    const environment = {
      SNAPRAG_SERVICE_HOST: "10.0.0.11",
      SNAPRAG_SERVICE_PORT: "9464",
      SNAPRAG_SERVICE_PORT_METRICS: "9464",
      SNAPRAG_PORT: "tcp://10.0.0.11:9464",
      SNAPRAG_PORT_9464_TCP: "tcp://10.0.0.11:9464",
      SNAPRAG_PORT_9464_TCP_PROTO: "tcp",
      SNAPRAG_PORT_9464_TCP_PORT: "9464",
      SNAPRAG_PORT_9464_TCP_ADDR: "10.0.0.11",
      SNAPRAG_MONITOR_SERVICE_HOST: "10.0.0.12",
      SNAPRAG_MONITOR_SERVICE_PORT_METRICS: "9464",
      SNAPRAG_MONITOR_PORT: "udp://10.0.0.12:9464",
      SNAPRAG_MONITOR_PORT_9464_UDP_ADDR: "10.0.0.12",
      SNAPRAG_SYNC_LANES: "2",
    };

    const settings = await load({ environment });

    const set = listConfigKeys().filter((key) => settings[key].source.kind !== "default");
    expect(set).toEqual(["sync.lanes"]);
  });

  it("reads an event id beyond what a number can hold", async () => {
    const file = "[sync]\nhistorical_sync_from_event_id = 9223372036854775807";

    const settings = await load({ file });

    expect(settings["sync.historical_sync_from_event_id"].value).toBe(9_223_372_036_854_775_807n);
  });

  it("reads the file that SNAPRAG_CONFIG names, and --config rather than that", async () => {
    using folder = createTemporaryFolder();
    writeFileSync(join(folder.path, "one.toml"), "[sync]\nlanes = 1");
    writeFileSync(join(folder.path, "two.toml"), "[sync]\nlanes = 2");
    const sources = { flags: new Map(), folder: folder.path };
    const environment = { SNAPRAG_CONFIG: "one.toml" };

    const byVariable = await loadSettings({ ...sources, environment, configPath: undefined });
    const byFlag = await loadSettings({ ...sources, environment, configPath: "two.toml" });

    expect(byVariable["sync.lanes"].source).toEqual({ kind: "file", name: "one.toml" });
    expect(byFlag["sync.lanes"].value).toBe(2);
  });
});

describe("loadSettings() refuses", () => {
  it.each([
    ["[sync]\nbatchsize = 5", "sync.batchsize", "sync.batch_size"],
    ["[sync]\nurl = 'postgres://x/y'", "sync.url", "database.url"],
    ["batch_size = 5", "batch_size", "sync.batch_size"],
    ["[databse]\nmax_conections = 5", "databse.max_conections", "database.max_connections"],
    ["sync = 5", "sync", "sync.lanes"],
  ])("an unknown key, naming file, key and the nearest known one: %j", async (file, key, near) => {
    const failure = await failureOf({ file });

    expect(failure.code).toBe("configuration");
    expect(failure.message).toContain("./snaprag.toml");
    expect(failure.message).toContain(`\`${key}\``);
    expect(failure.advice).toContain(`\`${near}\``);
  });

  it("an unknown variable, naming it and the nearest known one", async () => {
    const failure = await failureOf({ environment: { SNAPRAG_DATABSE_URL: "x" } });

    expect(failure.code).toBe("configuration");
    expect(failure.message).toContain("SNAPRAG_DATABSE_URL");
    expect(failure.advice).toContain("SNAPRAG_DATABASE_URL");
  });

  it.each([
    ["SNAPRAG_MONITOR_PORT", "9464"],
    ["SNAPRAG_PORT", "3383"],
    ["SNAPRAG_DATABASE_HOST", "10.0.0.11"],
    ["SNAPRAG_SERVICE", "mirror"],
    ["SNAPRAG_PORT_TCP", "tcp://10.0.0.11:9464"],
  ])("%s, which only looks like one that Kubernetes sets", async (name, text) => {
    const failure = await failureOf({ environment: { [name]: text } });

    expect(failure.message).toContain(name);
  });

  it.each([
    [{ file: "[sync]\nbatch_size = 'many'" }, "configuration", "./snaprag.toml", '"many"'],
    [{ file: "[log]\nlevel = 'loud'" }, "configuration", "one of debug, info, warn, error", "loud"],
    [
      { file: "[sync]\nvalidator_keys = ['ab']" },
      "configuration",
      "64 hexadecimal digits",
      '["ab"]',
    ],
    [{ file: "[sync]\nproof_interval_blocks = -1" }, "configuration", "whole number, or 0", "-1"],
    [
      { environment: { SNAPRAG_SYNC_VERIFY: "ful" } },
      "configuration",
      "none, proof, full",
      '"ful"',
    ],
    [
      { file: "[database]\nstatement_timeout_ms = 0" },
      "configuration",
      "whole number from 1 to 2147483647",
      "0",
    ],
    [
      { environment: { SNAPRAG_DATABASE_LEASE_MS: "999" } },
      "configuration",
      "SNAPRAG_DATABASE_LEASE_MS",
      '"999"',
    ],
    [
      { environment: { SNAPRAG_SYNC_SNAPCHAIN_TIMEOUT_MS: "5s" } },
      "configuration",
      "SNAPRAG_SYNC_SNAPCHAIN_TIMEOUT_MS",
      '"5s"',
    ],
    [
      { environment: { SNAPRAG_DATABASE_APPLICATION_NAME: "мир" } },
      "configuration",
      "printable ASCII",
      '"мир"',
    ],
    [{ environment: { SNAPRAG_SYNC_LANES: "0" } }, "configuration", "SNAPRAG_SYNC_LANES", '"0"'],
    [
      { flags: [["sync.shard_ids", { flag: "--shard-ids", text: "a" }]] },
      "usage",
      "--shard-ids",
      '"a"',
    ],
  ] as const)("a wrong value, naming where it is: %j", async (given, code, place, value) => {
    const failure = await failureOf(given as Given);

    expect(failure.code).toBe(code);
    expect(failure.message).toContain(place);
    expect(failure.message).toContain(value);
  });

  it("a file that is not TOML, with the place", async () => {
    const failure = await failureOf({ file: "[sync]\nlanes = = 5" });

    expect(failure.code).toBe("configuration");
    expect(failure.message).toMatch(/snaprag\.toml is not valid TOML at line 2, column \d+: /);
    expect(failure.message).not.toContain("\n");
  });

  it("a file that was named and is not there, or cannot be read", async () => {
    const missing = await failureOf({ configPath: "other.toml" });
    const folder = await failureOf({ configPath: "." });

    expect(missing.message).toContain("other.toml does not exist");
    expect(folder.message).toContain("cannot be read");
  });

  it("a wrong endpoint without showing a key in it", async () => {
    const failure = await failureOf({
      environment: { SNAPRAG_EMBEDDINGS_ENDPOINT: "ftp://sk-live@models.example?api-key=SECRET" },
    });

    expect(failure.message).toContain('"ftp://***@models.example?api-key=***"');
  });

  it.each([
    { environment: { SNAPRAG_EMBEDDINGS_API_KEY: "sk-live" } },
    { file: "[embeddings]\napi_key = 'sk-live'" },
  ])("the provider's key, naming where it belongs: %j", async (given) => {
    const { message, advice } = await failureOf(given);

    expect(advice).toContain("EMBEDDINGS_API_KEY");
    expect(advice).toContain("`embeddings.api_key_env`");
    expect(advice).not.toContain("rename");
    expect(message + advice).not.toContain("sk-live");
  });

  it("a wrong database URL without showing its password", async () => {
    const environment = { SNAPRAG_DATABASE_URL: "mysql://ada:secret@localhost/x" };

    const failure = await failureOf({ environment });

    expect(failure.message).toContain("mysql://ada:***@localhost/x");
  });
});
