import { isIPv6 } from "node:net";

/** Port of a node's gRPC services (docs/protocol.md 8.1). */
const DEFAULT_PORT = 3383;

/** A node's address, taken apart. */
export interface Endpoint {
  /** The address in full, such as `http://localhost:3383`. */
  readonly url: string;
  /** The address as grpc-js wants it, such as `dns:localhost:3383`. */
  readonly target: string;
  readonly isTls: boolean;
}

// Not `new URL`: it hides a port that is the scheme's default, so `http://host:80` would look like
// `http://host`, which here means another port.
const ENDPOINT =
  /^(?:(?<scheme>https?):\/\/)?(?<host>\[[^\]\s]+\]|[a-z0-9._-]+)(?::(?<port>\d{1,5}))?\/?$/i;

/**
 * Reads `http://host:port` (plaintext), `https://host:port` (TLS) or `host:port` (plaintext).
 *
 * The port may be left out, and an IPv6 address stands in brackets.
 *
 * @throws {TypeError} for anything else, quoting it without credentials
 */
export function parseEndpoint(endpoint: string): Endpoint {
  const groups = ENDPOINT.exec(endpoint)?.groups;
  const scheme = groups?.scheme?.toLowerCase() ?? "http";
  const host = groups?.host;
  const port = Number(groups?.port ?? DEFAULT_PORT);
  if (host === undefined || !isHost(host) || port < 1 || port > 65_535) {
    const shown = endpoint.replace(/^([^/@]*:\/\/)?[^/]*@/, "$1***@");
    throw new TypeError(
      `Expected \`endpoint\` as http://host:port, https://host:port or host:port, with an IPv6 address in brackets, got ${JSON.stringify(shown)}`,
    );
  }
  return {
    url: `${scheme}://${host}:${port}`,
    // The scheme keeps grpc-js from reading a host such as `unix` as one of its own.
    target: `dns:${host}:${port}`,
    isTls: scheme === "https",
  };
}

function isHost(host: string): boolean {
  return !host.startsWith("[") || isIPv6(host.slice(1, -1));
}
