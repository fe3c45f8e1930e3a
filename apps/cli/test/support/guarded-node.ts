// A proxy that lets calls through to a node when they bring a header, or over TLS, as those in front of hosted nodes do.
import { once } from "node:events";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { connect, constants, createSecureServer, createServer } from "node:http2";
import type { AddressInfo } from "node:net";

/** A listening proxy. */
export interface GuardedNode extends AsyncDisposable {
  readonly endpoint: string;
  /** Calls that came without the header. */
  refusedCount(): number;
}

/** Status of a call without the right to it, 16 in gRPC's numbers. */
const UNAUTHENTICATED = {
  ":status": 200,
  "content-type": "application/grpc",
  "grpc-status": "16",
};

/** Headers that a call or an answer may take along; those of HTTP/2 itself are made anew. */
function withoutPseudoHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(":")));
}

/** How a node is guarded. */
export interface Guard {
  /**
   * The header that calls have to bring.
   *
   * @default none
   */
  readonly header?: readonly [name: string, value: string];
  /**
   * What the proxy speaks TLS with, in PEM.
   *
   * @default no TLS
   */
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer };
}

/** Starts a proxy in front of a node, on any free port. */
export async function guardNode(endpoint: string, { header, tls }: Guard): Promise<GuardedNode> {
  let refusedCount = 0;
  const node = connect(endpoint);
  const server = tls ? createSecureServer(tls) : createServer();
  server.on("stream", (call, headers) => {
    if (header === undefined || headers[header[0]] === header[1]) return forward(call, headers);
    refusedCount += 1;
    call.respond(UNAUTHENTICATED, { endStream: true });
  });

  function forward(call: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const path = headers[constants.HTTP2_HEADER_PATH];
    const forwarded = node.request({
      ...withoutPseudoHeaders(headers),
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: path,
    });
    let trailers: IncomingHttpHeaders = {};
    forwarded.on("response", (answer, flags) => {
      if (call.destroyed || call.closed) return;
      const endStream = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      const status = { ":status": answer[":status"] };
      call.respond(
        { ...status, ...withoutPseudoHeaders(answer) },
        { endStream, waitForTrailers: !endStream },
      );
    });
    forwarded.on("trailers", (received) => {
      trailers = received;
    });
    call.on("wantTrailers", () => call.sendTrailers(trailers));
    // Whoever breaks off takes the other along.
    for (const [one, other] of [
      [call, forwarded],
      [forwarded, call],
    ] as const) {
      one.on("error", () => undefined);
      one.on("close", () => {
        if (one.rstCode !== constants.NGHTTP2_NO_ERROR) other.close(one.rstCode);
      });
    }
    call.pipe(forwarded).pipe(call);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", (session) => sessions.add(session));
  const guarded: GuardedNode = {
    // By name over TLS: Node warns of addresses there.
    endpoint: tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    refusedCount: () => refusedCount,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      node.destroy();
      server.close();
    },
  };
  return guarded;
}
