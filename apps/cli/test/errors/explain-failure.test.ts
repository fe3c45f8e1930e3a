import type { NodeClientErrorCode } from "@snaprag/client";
import { NodeClientError } from "@snaprag/client";
import type { DevnetErrorCode } from "@snaprag/devnet";
import { DevnetError } from "@snaprag/devnet";
import type { StorageErrorCode } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import type { SyncErrorCode } from "@snaprag/sync";
import { SyncError } from "@snaprag/sync";
import { describe, expect, it } from "vitest";
import { CliError } from "../../src/errors/cli-error.ts";
import { explainFailure } from "../../src/errors/explain-failure.ts";
import type { FailureCode } from "../../src/exit-codes.ts";
import { RESTARTS } from "../../src/exit-codes.ts";

/** Every code there is, by its outcome: a new one does not compile until it is placed. */
const NODE_OUTCOMES: Record<NodeClientErrorCode, FailureCode> = {
  unavailable: "node_unreachable",
  deadline_exceeded: "node_unreachable",
  resource_exhausted: "node_unreachable",
  internal: "node_unreachable",
  unauthenticated: "node_unsuitable",
  unimplemented: "node_unsuitable",
  unknown_shard: "node_unsuitable",
  snapshot_unavailable: "node_unsuitable",
  response_too_large: "node_unsuitable",
  malformed_response: "node_unsuitable",
  invalid_argument: "unexpected",
  not_found: "unexpected",
  snapshot_gone: "unexpected",
  unservable_page: "unexpected",
  bad_page_token: "unexpected",
  cancelled: "unexpected",
};

const STORAGE_OUTCOMES: Record<StorageErrorCode, FailureCode> = {
  connection: "database_unreachable",
  unauthorized: "database_unreachable",
  serialization: "database_unreachable",
  deadlock: "database_unreachable",
  lock_timeout: "database_unreachable",
  statement_timeout: "database_unreachable",
  out_of_resources: "database_unreachable",
  unknown: "database_unreachable",
  schema_mismatch: "database_unsuitable",
  layout_mismatch: "database_unsuitable",
  newer_schema: "database_unsuitable",
  unsupported_server: "database_unsuitable",
  migration: "database_unsuitable",
  network_mismatch: "database_unsuitable",
  locked: "in_use",
  fenced: "in_use",
  constraint: "unexpected",
  invalid_data: "unexpected",
  closed: "unexpected",
};

const SYNC_OUTCOMES: Record<SyncErrorCode, FailureCode> = {
  no_replication: "node_unsuitable",
  unknown_shard: "node_unsuitable",
  unknown_network: "node_unsuitable",
  no_snapshot: "node_unsuitable",
  node_behind: "node_unsuitable",
  incomplete_block: "node_unsuitable",
  malformed_snapshot: "node_unsuitable",
  uncommitted_block: "node_unsuitable",
  cursor_expired: "node_unsuitable",
  stream_ended: "unexpected",
  end_passed: "usage",
  worker_failed: "unexpected",
};

const DEVNET_OUTCOMES: Record<DevnetErrorCode, FailureCode> = {
  listen_failed: "configuration",
  not_started: "unexpected",
  stopped: "unexpected",
};

const FAILURES: readonly (readonly [Error, FailureCode])[] = [
  ...entriesOf(NODE_OUTCOMES).map(
    ([code, outcome]) => [new NodeClientError(code, "it broke"), outcome] as const,
  ),
  ...entriesOf(STORAGE_OUTCOMES).map(
    ([code, outcome]) => [new StorageError(code, "it broke"), outcome] as const,
  ),
  ...entriesOf(SYNC_OUTCOMES).map(
    ([code, outcome]) => [new SyncError(code, "it broke"), outcome] as const,
  ),
  ...entriesOf(DEVNET_OUTCOMES).map(
    ([code, outcome]) => [new DevnetError(code, "it broke"), outcome] as const,
  ),
];

function entriesOf<Code extends string>(outcomes: Record<Code, FailureCode>) {
  return Object.entries(outcomes) as [Code, FailureCode][];
}

describe("explainFailure()", () => {
  it.each(FAILURES)("places %s", (error, outcome) => {
    expect(explainFailure(error).code).toBe(outcome);
  });

  it("gives no failure that may pass a code of which none does", () => {
    const passing = FAILURES.filter(([error]) => "retryable" in error && error.retryable);

    expect(passing.length).toBeGreaterThan(10);
    for (const [, outcome] of passing) expect(RESTARTS[outcome]).toMatch(/^(yes|either: yes)\b/);
  });

  it.each([
    "Check user and password in the database URL.",
    "Set `replication.enable` on the node, or use another one.",
  ])("has a code for both say so: %s", (advice) => {
    const [, outcome] = FAILURES.find(([error]) => explainFailure(error).advice === advice) ?? [];

    expect(outcome && RESTARTS[outcome]).toMatch(/^either: yes .*\b(no|else no)\b/);
  });

  it.each(FAILURES)("tells %s in two lines, without its code", (error) => {
    const { what, advice } = explainFailure(error);

    expect(what).toMatch(/^[^\n[\]]+$/);
    expect(advice).toMatch(/^[A-Z][^\n]+\.$/);
  });

  it.each([
    [
      "the reason its socket gave",
      "unavailable",
      "No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: ",
      "connect ECONNREFUSED 127.0.0.1:1",
    ],
    [
      "how long it had to answer",
      "deadline_exceeded",
      "Deadline exceeded after 9.988s,name resolution: 0.165s,metadata filters: 0.002s,LB pick: 0.128s,remote_addr=127.0.0.1:1",
      "no answer within 9.988 seconds",
    ],
  ] as const)("names an unreachable node and %s", (_, code, details, reason) => {
    const error = new NodeClientError(code, details, {
      method: "/HubService/GetInfo",
      endpoint: "http://localhost:1",
      details,
    });

    expect(explainFailure(error).what).toBe(
      `The node at http://localhost:1 cannot be reached: ${reason}`,
    );
  });

  it("names the call that an unsuitable node does not answer", () => {
    const error = new NodeClientError("unimplemented", "no such method", {
      method: "/HubService/GetInfo",
      endpoint: "http://localhost:1",
      details: "no such method",
    });

    expect(explainFailure(error).what).toBe(
      "The node at http://localhost:1 fails /HubService/GetInfo: no such method",
    );
  });

  it("separates a database that is not there from one with other relations", () => {
    const missing = new StorageError("schema_mismatch", 'database "x" does not exist', {
      sqlState: "3D000",
    });
    const other = new StorageError("schema_mismatch", 'column "y" does not exist', {
      sqlState: "42703",
    });

    expect(explainFailure(missing).code).toBe("database_unreachable");
    expect(explainFailure(other).code).toBe("database_unsuitable");
  });

  it("separates a missing right from wrong credentials", () => {
    const right = new StorageError("unauthorized", "permission denied", { sqlState: "42501" });
    const password = new StorageError("unauthorized", "wrong password", { sqlState: "28P01" });

    expect(explainFailure(right).code).toBe("database_unsuitable");
    expect(explainFailure(password).code).toBe("database_unreachable");
  });

  it("separates a server that takes no writes from one that is not there", () => {
    const standby = new StorageError(
      "connection",
      "cannot execute INSERT in a read-only transaction",
      {
        sqlState: "25006",
      },
    );

    expect(explainFailure(standby)).toMatchObject({
      code: "database_unsuitable",
      what: "The database takes no writes: cannot execute INSERT in a read-only transaction",
      advice: expect.stringContaining("primary"),
    });
  });

  it("names what was built on the mirror, for who wants to delete it", () => {
    const error = new StorageError("constraint", "cannot drop: view mine depends on table casts", {
      sqlState: "2BP01",
    });

    expect(explainFailure(error)).toEqual({
      code: "database_unsuitable",
      what: "The database keeps what others need: cannot drop: view mine depends on table casts",
      advice: "Drop what was built on it, named above, first.",
    });
  });

  it.each([
    ["constraint", "23514", "unexpected"],
    ["invalid_data", "22003", "unexpected"],
    ["unknown", "P0001", "database_unsuitable"],
  ] as const)("points to what was added to the tables where that refuses rows: %s", (...given) => {
    const [code, sqlState, outcome] = given;

    const explained = explainFailure(new StorageError(code, "refused", { sqlState }));

    expect(explained.code).toBe(outcome);
    expect(explained.advice).toMatch(
      /^Look (first )?at .*triggers that were added to these tables/,
    );
    expect(explained.advice.includes("report it")).toBe(outcome === "unexpected");
  });

  it("tells what others have written on one line, without what a terminal would obey", () => {
    const error = new NodeClientError("unavailable", "x", {
      details: "gone\u001b[2J\u009b2J\nerror: no",
    });

    expect(explainFailure(error).what).toBe("The node cannot be reached: gone [2J 2J error: no");
  });

  it("keeps who holds the database", () => {
    const error = new StorageError("locked", "snaprag sync on a (pid 5) syncs into this database");

    expect(explainFailure(error).what).toBe("snaprag sync on a (pid 5) syncs into this database");
  });

  it("leaves advice of the library out where it gives its own", () => {
    const error = new StorageError("newer_schema", "The database is at 9. Upgrade snaprag");

    expect(explainFailure(error).what).toBe("The database is at 9");
  });

  it.each([new Error("broken\n  at pieces"), new TypeError("x is not a function"), "a word", null])(
    "takes anything else for a bug: %s",
    (error) => {
      const { code, what, advice } = explainFailure(error);

      expect(code).toBe("unexpected");
      expect(what).not.toContain("\n");
      expect(advice).toContain("issues");
    },
  );

  it("tells what failed first when closing failed too", async () => {
    const first = new StorageError("locked", "somebody syncs");
    const work = async () => {
      await using _closing = { [Symbol.asyncDispose]: () => Promise.reject(new Error("closing")) };
      throw first;
    };

    const error = await work().catch((failure: unknown) => failure);

    expect(error).not.toBe(first);
    expect(explainFailure(error)).toEqual(explainFailure(first));
  });

  it("passes on what the program itself has to say", () => {
    const error = new CliError("usage", "It is\nwrong.", { advice: "Correct it." });

    expect(explainFailure(error)).toEqual({
      code: "usage",
      what: "It is wrong.",
      advice: "Correct it.",
    });
  });
});
