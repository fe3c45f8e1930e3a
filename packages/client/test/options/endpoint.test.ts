import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEndpoint } from "../../src/options/endpoint.ts";

describe("parseEndpoint()", () => {
  it.each([
    ["http://localhost:3383", "http://localhost:3383", false],
    ["https://node.example:3383", "https://node.example:3383", true],
    ["https://node.example", "https://node.example:3383", true],
    ["http://node.example:80", "http://node.example:80", false],
    ["https://node.example:443/", "https://node.example:443", true],
    ["HTTPS://node.example", "https://node.example:3383", true],
    ["node.example", "http://node.example:3383", false],
    ["node.example:443", "http://node.example:443", false],
    ["127.0.0.1:9000", "http://127.0.0.1:9000", false],
    ["snap_chain-1:3383", "http://snap_chain-1:3383", false],
    ["http://[::1]:3383", "http://[::1]:3383", false],
    ["[2001:db8::1]", "http://[2001:db8::1]:3383", false],
    ["unix:1", "http://unix:1", false],
  ])("reads %s as %s", (endpoint, url, isTls) => {
    expect(parseEndpoint(endpoint)).toMatchObject({ url, isTls });
  });

  it("names the DNS scheme, so that no host is taken for another scheme of grpc-js", () => {
    expect(parseEndpoint("unix:1").target).toBe("dns:unix:1");
    expect(parseEndpoint("http://[::1]:3383").target).toBe("dns:[::1]:3383");
  });

  it.each([
    "",
    "http://",
    "ftp://node.example",
    "http://node.example:0",
    "http://node.example:65536",
    "http://node.example:port",
    "http://node.example/path",
    "http://node.example?query",
    "http://node example",
    "::1",
    "[::1",
    "[localhost]:3383",
    "a.example,b.example",
  ])("refuses %j and quotes it", (endpoint) => {
    expect(() => parseEndpoint(endpoint)).toThrow(TypeError);
    expect(() => parseEndpoint(endpoint)).toThrow(`got ${JSON.stringify(endpoint)}`);
  });

  it.each(["http://user:secret@node.example", "user:secret@node.example:3383"])(
    "refuses credentials in %j without repeating them",
    (endpoint) => {
      expect(() => parseEndpoint(endpoint)).toThrow(/\*\*\*@node\.example/);
      expect(() => parseEndpoint(endpoint)).not.toThrow(/secret/);
    },
  );

  it("reads back every address that it writes", () => {
    const hosts = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((address) => `[${address}]`),
    );
    const schemes = fc.constantFrom("http", "https");
    fc.assert(
      fc.property(schemes, hosts, fc.integer({ min: 1, max: 65_535 }), (scheme, host, port) => {
        const url = `${scheme}://${host}:${port}`;

        expect(parseEndpoint(url).url).toBe(url);
        expect(parseEndpoint(parseEndpoint(url).url)).toEqual(parseEndpoint(url));
      }),
    );
  });
});
