import { describe, expect, it } from "vitest";
import { listenAddress, parseListenAddress } from "../../../src/config/keys/listen-address.ts";

describe("listenAddress", () => {
  it.each([
    ["9464", "127.0.0.1:9464"],
    ["0", "127.0.0.1:0"],
    ["0.0.0.0:9464", "0.0.0.0:9464"],
    ["localhost:9464", "localhost:9464"],
    ["[::1]:9464", "[::1]:9464"],
    ["monitor.example:65535", "monitor.example:65535"],
  ])("reads %s as %s", (text, address) => {
    expect(listenAddress.fromText(text)).toBe(address);
    expect(listenAddress.fromToml(text)).toBe(address);
  });

  it("takes a port of TOML as it is written, as a number", () => {
    expect(listenAddress.fromToml(9464)).toBe("127.0.0.1:9464");
  });

  it.each(["", ":9464", "host", "host:", "65536", "-1", "1.5", "::1:9464", "[1]:9464", "a b:1"])(
    "refuses %j",
    (text) => {
      expect(listenAddress.fromText(text)).toBeUndefined();
    },
  );

  it.each([-1, 1.5, 65_536, true, ["9464"]])("refuses %j of TOML", (value) => {
    expect(listenAddress.fromToml(value)).toBeUndefined();
  });
});

describe("parseListenAddress()", () => {
  it("takes the brackets of IPv6 off", () => {
    expect(parseListenAddress("[::1]:0")).toEqual({ host: "::1", port: 0 });
  });
});
