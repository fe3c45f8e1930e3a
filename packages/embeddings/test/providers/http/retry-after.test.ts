import { describe, expect, it } from "vitest";
import { parseRetryAfterMs } from "../../../src/providers/http/retry-after.ts";

const now = new Date("2026-01-01T00:00:00Z");
const read = (headers: Record<string, string>) => parseRetryAfterMs(new Headers(headers), now);

describe("parseRetryAfterMs()", () => {
  it.each<[Record<string, string>, number | undefined]>([
    [{}, undefined],
    [{ "retry-after": "20" }, 20_000],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "1.5" }, 1500],
    [{ "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" }, 30_000],
    [{ "retry-after": "Wed, 31 Dec 2025 23:59:00 GMT" }, 0],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "" }, undefined],
    [{ "retry-after-ms": "250" }, 250],
    [{ "retry-after-ms": "250", "retry-after": "1" }, 250],
    [{ "retry-after-ms": "soon", "retry-after": "1" }, 1000],
  ])("reads %j", (headers, expected) => {
    expect(read(headers)).toBe(expected);
  });
});
