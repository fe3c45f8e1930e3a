// Where this process listens, as host and port in one text.
import { isIP } from "node:net";
import type { ValueType } from "./value-types.ts";

/** Only programs on this machine reach it. */
const LOOPBACK = "127.0.0.1";

const MAX_PORT = 65_535;

const ADDRESS = /^(?:(?<host>\[[^\]\s]+\]|[^\s:[\]/]+):)?(?<port>\d{1,5})$/;

/** An address to listen on. */
export interface ListenAddress {
  /** Without the brackets of IPv6. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

/** The two parts of an address; undefined for what is none. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const { host = LOOPBACK, port: digits } = ADDRESS.exec(text)?.groups ?? {};
  if (digits === undefined || Number(digits) > MAX_PORT) return undefined;
  const port = Number(digits);
  if (!host.startsWith("[")) return { host, port };
  const inner = host.slice(1, -1);
  return isIP(inner) === 6 ? { host: inner, port } : undefined;
}

/** An address written in full, as in a URL. */
export function formatListenAddress({ host, port }: ListenAddress): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

function normalize(text: string): string | undefined {
  const address = parseListenAddress(text);
  return address && formatListenAddress(address);
}

/** `host:port`, or a port alone, which is one of loopback. */
export const listenAddress: ValueType<string> = {
  expected: "a port such as 9464, or host:port such as 0.0.0.0:9464",
  fromText: normalize,
  fromToml: (value) =>
    typeof value === "string" || typeof value === "number" ? normalize(String(value)) : undefined,
};
