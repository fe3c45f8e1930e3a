import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { loadSettings } from "../../src/config/load-settings.ts";
import { settingsToObject, settingsToToml } from "../../src/config/render-settings.ts";

function load(environment: Record<string, string>) {
  return loadSettings({
    flags: new Map([["log.level", { flag: "--log-level", text: "warn" }]]),
    configPath: undefined,
    environment,
    folder: "/nowhere",
  });
}

describe("settingsToToml()", () => {
  it("is TOML with every set value, and says where each comes from", async () => {
    const settings = await load({ SNAPRAG_SYNC_SHARD_IDS: "1,2" });

    const toml = settingsToToml(settings);

    expect(parse(toml)).toEqual({
      sync: {
        snapchain_endpoint: ["http://localhost:3383"],
        snapchain_headers: [],
        snapchain_timeout_ms: 60_000,
        snapchain_keepalive_ms: 30_000,
        enable_realtime_sync: true,
        enable_historical_sync: true,
        historical_sync_from_event_id: 0,
        batch_size: 100,
        sync_interval_ms: 1000,
        shard_ids: [1, 2],
        verify: "proof",
        proof_interval_blocks: 100,
        validator_keys: [],
      },
      database: {
        schema: "public",
        max_connections: 8,
        connect_timeout_ms: 5000,
        statement_timeout_ms: 300_000,
        lease_ms: 30_000,
        application_name: "snaprag",
        embedded_folder: "./.snaprag/db",
      },
      monitor: { max_lag_seconds: 60 },
      embeddings: {
        enabled: false,
        provider: "http",
        endpoint: "http://localhost:11434/v1",
        model_version: "1",
        api_key_env: "EMBEDDINGS_API_KEY",
        parent_context: false,
        quote_context: false,
        concurrency: 2,
        timeout_ms: 60_000,
        retry_ms: 10_000,
        local_folder: "./.snaprag/models",
        local_download: true,
        local_pooling: "mean",
        min_characters: 1,
        storage: "auto",
        full_text_index: false,
        trigram_index: false,
      },
      log: { level: "warn", format: "auto" },
    });
    expect(toml).toContain("shard_ids = [ 1, 2 ] # environment SNAPRAG_SYNC_SHARD_IDS");
    expect(toml).toContain('level = "warn" # flag --log-level');
    expect(toml).toContain("batch_size = 100 # default");
    expect(toml).toContain("# url is not set: # default");
  });

  it("shows fids and times as TOML has them", async () => {
    const settings = await load({
      SNAPRAG_EMBEDDINGS_FIDS: "3,5650",
      SNAPRAG_EMBEDDINGS_SINCE: "2026-01-31",
    });

    const { embeddings } = parse(settingsToToml(settings));

    expect(embeddings).toMatchObject({ fids: [3, 5650], since: new Date("2026-01-31T00:00:00Z") });
  });

  it("masks passwords of the database, keys in endpoints, and what headers hold", async () => {
    const settings = await load({
      SNAPRAG_SYNC_SNAPCHAIN_HEADERS: "x-api-key: secret",
      SNAPRAG_DATABASE_URL: "postgres://ada:secret@localhost/x",
      SNAPRAG_SYNC_SNAPCHAIN_ENDPOINT: "https://secret@node.example",
      SNAPRAG_EMBEDDINGS_ENDPOINT: "https://secret@models.example/v1?api-key=secret",
    });

    const toml = settingsToToml(settings);

    expect(toml).toContain('url = "postgres://ada:***@localhost/x"');
    expect(toml).toContain('[ "https://***@node.example" ]');
    expect(toml).toContain('endpoint = "https://***@models.example/v1?api-key=***"');
    expect(toml).toContain('snapchain_headers = [ "x-api-key: ***" ]');
    expect(toml).not.toContain("secret");
  });
});

describe("settingsToObject()", () => {
  it("has value and source of every key, masked and with null for what is not set", async () => {
    const settings = await load({ SNAPRAG_DATABASE_URL: "postgres://ada:secret@localhost/x" });

    expect(settingsToObject(settings)).toMatchObject({
      sync: { shard_ids: { value: null, source: "default" } },
      database: {
        url: {
          value: "postgres://ada:***@localhost/x",
          source: "environment SNAPRAG_DATABASE_URL",
        },
      },
      log: { level: { value: "warn", source: "flag --log-level" } },
    });
  });
});
