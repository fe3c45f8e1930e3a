import { StorageError } from "@snaprag/storage";
import { describe, expect, it } from "vitest";
import { fromPostgresError } from "../../src/connection/postgres-errors.ts";

const databaseError = (code: string) => Object.assign(new Error(`state ${code}`), { code });

describe("fromPostgresError()", () => {
  it.each([
    ["SR001", "fenced", false],
    ["40001", "serialization", true],
    ["40P01", "deadlock", true],
    ["55P03", "lock_timeout", true],
    ["57014", "statement_timeout", true],
    ["57P01", "connection", true],
    ["25P03", "connection", true],
    ["25006", "connection", true],
    ["25001", "unknown", false],
    ["08006", "connection", true],
    ["53100", "out_of_resources", true],
    ["53300", "out_of_resources", true],
    ["23505", "constraint", false],
    ["22021", "invalid_data", false],
    ["54000", "invalid_data", false],
    ["28P01", "unauthorized", false],
    ["42501", "unauthorized", false],
    ["42P01", "schema_mismatch", false],
    ["3D000", "schema_mismatch", false],
    ["XX000", "unknown", false],
    ["ECONNREFUSED", "connection", true],
    ["ENOTFOUND", "connection", true],
    ["ENETUNREACH", "connection", true],
    ["ENETDOWN", "connection", true],
    ["EHOSTDOWN", "connection", true],
  ] as const)("calls %s %s", (state, code, retryable) => {
    const cause = databaseError(state);

    expect(fromPostgresError(cause)).toMatchObject({
      name: "StorageError",
      code,
      retryable,
      cause,
      sqlState: state.length === 5 ? state : undefined,
    });
  });

  it("looks into a failure of several addresses", () => {
    const error = new AggregateError([databaseError("ECONNREFUSED"), databaseError("ENETUNREACH")]);

    expect(fromPostgresError(error)).toMatchObject({ code: "connection", sqlState: undefined });
  });

  it.each([
    "Connection terminated unexpectedly",
    "timeout exceeded when trying to connect",
    "timeout expired",
    "Query read timeout",
  ])("takes what the driver gives no code for a lost connection: %s", (message) => {
    expect(fromPostgresError(new Error(message))).toMatchObject({
      code: "connection",
      retryable: true,
    });
  });

  it("leaves an error of its own kind as it is", () => {
    const error = new StorageError("locked", "taken");

    expect(fromPostgresError(error)).toBe(error);
  });
});
