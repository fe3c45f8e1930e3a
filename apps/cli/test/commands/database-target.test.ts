import { describe, expect, it } from "vitest";
import { databaseTargetOf } from "../../src/commands/database/database-target.ts";
import { nodePatienceOf } from "../../src/commands/sync/syncer/connect-nodes.ts";
import { loadSettings } from "../../src/config/load-settings.ts";

const load = (environment: Readonly<Record<string, string>>) =>
  loadSettings({ flags: new Map(), configPath: undefined, environment, folder: "/nowhere" });

const url = "postgres://localhost/farcaster";

describe("databaseTargetOf()", () => {
  it("waits for a server as the settings say, and calls connections by their name", async () => {
    const settings = await load({
      SNAPRAG_DATABASE_URL: url,
      SNAPRAG_DATABASE_CONNECT_TIMEOUT_MS: "1500",
      SNAPRAG_DATABASE_STATEMENT_TIMEOUT_MS: "2500",
      SNAPRAG_DATABASE_LEASE_MS: "3500",
      SNAPRAG_DATABASE_APPLICATION_NAME: "mirror",
    });

    expect(databaseTargetOf(settings, { folder: "/" })).toMatchObject({
      url,
      patience: {
        connectTimeoutMs: 1500,
        statementTimeoutMs: 2500,
        leaseMs: 3500,
        applicationName: "mirror",
      },
    });
  });
});

describe("nodePatienceOf()", () => {
  it("is what the settings say", async () => {
    const settings = await load({
      SNAPRAG_SYNC_SNAPCHAIN_TIMEOUT_MS: "1500",
      SNAPRAG_SYNC_SNAPCHAIN_KEEPALIVE_MS: "2500",
    });

    expect(nodePatienceOf(settings)).toEqual({ timeoutMs: 1500, keepaliveMs: 2500 });
  });
});
