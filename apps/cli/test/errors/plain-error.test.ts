import { StorageError } from "@snaprag/storage";
import { describe, expect, it } from "vitest";
import { CliError } from "../../src/errors/cli-error.ts";
import { explainFailure } from "../../src/errors/explain-failure.ts";
import { fromPlainError, toPlainError } from "../../src/errors/plain-error.ts";

/** An error as another thread gets it. */
const sent = (error: unknown) => fromPlainError(structuredClone(toPlainError(error)));

describe("toPlainError() and fromPlainError()", () => {
  it.each([
    new StorageError("connection", "Nobody listens", { sqlState: "08006" }),
    new StorageError("locked", "Taken", { holder: "somebody" }),
    new CliError("configuration", "It is wrong.", { advice: "Correct it.", cause: new Error("x") }),
    new RangeError("unexpected"),
  ])("tell %s as it would be told where it was thrown", (error) => {
    const received = sent(error);

    expect(explainFailure(received)).toEqual(explainFailure(error));
    expect(received.name).toBe(error.name);
    expect(received.stack).toBe(error.stack);
    const { cause: _, ...details } = { ...error };
    expect({ ...received }).toMatchObject(details);
  });

  it("leave out what cannot be copied", () => {
    const error = Object.assign(new Error("odd"), { code: "odd", close: () => undefined });

    expect({ ...sent(error) }).toEqual({ code: "odd", name: "Error" });
  });

  it("make an error of anything that was thrown", () => {
    expect(sent("out of order").message).toBe("out of order");
  });
});
