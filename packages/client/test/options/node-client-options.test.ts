import { describe, expect, it } from "vitest";
import type { NodeClientOptions } from "../../src/index.ts";
import { createNodeClient, systemClock } from "../../src/index.ts";
import { resolveNodeClientOptions } from "../../src/options/node-client-options.ts";

const endpoint = "http://localhost:3383";

describe("resolveNodeClientOptions()", () => {
  it("applies the documented defaults", () => {
    expect(resolveNodeClientOptions({ endpoint })).toEqual({
      endpoint: { url: endpoint, target: "dns:localhost:3383", isTls: false },
      timeoutMs: 60_000,
      maxReceiveBytes: 268_435_456,
      flowControlWindowBytes: 8_388_608,
      keepaliveMs: 30_000,
      retry: { attempts: 5, baseDelayMs: 500, maxDelayMs: 10_000 },
      rootCertificates: undefined,
      metadata: {},
      logger: undefined,
      onRetry: undefined,
      clock: systemClock,
    });
  });

  it("takes options that are present but undefined for absent", () => {
    const absent = { timeoutMs: undefined, retry: { attempts: undefined }, tls: undefined };

    expect(resolveNodeClientOptions({ endpoint, ...absent })).toEqual(
      resolveNodeClientOptions({ endpoint }),
    );
  });

  const refused: readonly (readonly [Partial<NodeClientOptions>, string])[] = [
    [{ timeoutMs: 0 }, "`timeoutMs` to be a positive number of at most 2147483647, got 0"],
    [{ timeoutMs: Number.NaN }, "`timeoutMs`"],
    [{ timeoutMs: 2_147_483_648 }, "got 2147483648"],
    [{ keepaliveMs: -1 }, "`keepaliveMs` to be a positive number of at most 2147483647, got -1"],
    [{ maxReceiveBytes: 0 }, "`maxReceiveBytes` to be an integer from 1 to 4294967295, got 0"],
    [{ maxReceiveBytes: 1.5 }, "got 1.5"],
    [{ flowControlWindowBytes: 1024 }, "`flowControlWindowBytes`"],
    [{ retry: { attempts: 0 } }, "`retry.attempts`"],
    [{ retry: { baseDelayMs: 0 } }, "`retry.baseDelayMs`"],
    [{ retry: { maxDelayMs: Number.POSITIVE_INFINITY } }, "`retry.maxDelayMs`"],
    [{ tls: {} }, "Expected an https `endpoint` with `tls`, got http://localhost:3383"],
    [{ metadata: { "a b": "x" } }, 'got key "a b"'],
    [{ metadata: { "grpc-timeout": "1S" } }, 'got key "grpc-timeout"'],
    [{ metadata: { "token-bin": "x" } }, 'got key "token-bin"'],
    [{ metadata: { Connection: "close" } }, 'got key "Connection"'],
    [{ metadata: { "user-agent": "curl" } }, 'got key "user-agent"'],
  ];

  it.each(refused)("refuses %j", (options, message) => {
    expect(() => createNodeClient({ endpoint, ...options })).toThrow(TypeError);
    expect(() => createNodeClient({ endpoint, ...options })).toThrow(message);
  });

  it("refuses metadata that cannot be sent, without repeating its value", () => {
    const metadata = { authorization: "Basic sécret" };

    expect(() => resolveNodeClientOptions({ endpoint, metadata })).toThrow(
      'got key "authorization"',
    );
    expect(() => resolveNodeClientOptions({ endpoint, metadata })).not.toThrow(/cret/);
  });

  it("takes root certificates as text or as bytes", () => {
    const text = "-----BEGIN CERTIFICATE-----";
    const bytes = new TextEncoder().encode(text);
    const tls = (rootCertificates: string | Uint8Array) =>
      resolveNodeClientOptions({ endpoint: "https://node.example", tls: { rootCertificates } });

    expect(tls(text).rootCertificates).toEqual(bytes);
    expect(tls(bytes).rootCertificates).toEqual(bytes);
  });
});
