import { describe, expect, it } from "vitest";
import { withConfigured } from "../../src/errors/cli-error.ts";

describe("withConfigured()", () => {
  it("blames the configuration for an option that a factory refuses", () => {
    const refuse = () => {
      throw new TypeError("Expected `lanes` to be a positive integer, got 0");
    };

    expect(() => withConfigured(refuse)).toThrow(
      expect.objectContaining({
        code: "configuration",
        message: "Expected `lanes` to be a positive integer, got 0",
      }),
    );
  });

  it("leaves results and other failures as they are", () => {
    const failure = new RangeError("broken");
    const fail = () => {
      throw failure;
    };

    expect(withConfigured(() => 5)).toBe(5);
    expect(() => withConfigured(fail)).toThrow(failure);
  });
});
