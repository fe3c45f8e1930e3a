import { describe, expect, it } from "vitest";
import type { NodeClientErrorCode } from "../../src/index.ts";
import { isRetryable, NodeClientError } from "../../src/index.ts";

const expected: { readonly [Code in NodeClientErrorCode]: boolean } = {
  unavailable: true,
  deadline_exceeded: true,
  resource_exhausted: true,
  internal: true,
  unauthenticated: false,
  invalid_argument: false,
  not_found: false,
  unimplemented: false,
  snapshot_gone: false,
  snapshot_unavailable: false,
  unservable_page: false,
  bad_page_token: false,
  unknown_shard: false,
  response_too_large: false,
  malformed_response: false,
  cancelled: false,
};

describe("NodeClientError", () => {
  it.each(Object.entries(expected))("with code %s is retryable: %s", (code, retryable) => {
    const error = new NodeClientError(code as NodeClientErrorCode, "it failed");

    expect(error.retryable).toBe(retryable);
    expect(isRetryable(error)).toBe(retryable);
  });

  it("says what happened and what to do", () => {
    const error = new NodeClientError("response_too_large", "12 bytes came");

    expect(error.name).toBe("NodeClientError");
    expect(error.message).toBe("[response_too_large] 12 bytes came. Raise `maxReceiveBytes`.");
  });
});

describe("isRetryable()", () => {
  it("is false for errors of others", () => {
    expect(isRetryable(new Error("unavailable"))).toBe(false);
  });
});
