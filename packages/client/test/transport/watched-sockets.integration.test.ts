import { readFileSync } from "node:fs";
import type { ServiceError } from "@grpc/grpc-js";
import { Client, credentials, ServerCredentials, status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { watchSockets } from "../../src/transport/watched-sockets.ts";
import { eventually } from "../support/eventually.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import type { TestNode } from "../support/test-node.ts";
import { stall, startTestNode } from "../support/test-node.ts";

const TIMEOUT_MS = 500;

const pem = (name: string) => readFileSync(new URL(`../support/tls/${name}.pem`, import.meta.url));

const transports = [
  {
    transport: "plaintext",
    server: () => ServerCredentials.createInsecure(),
    client: () => credentials.createInsecure(),
  },
  {
    transport: "TLS",
    server: () =>
      ServerCredentials.createSsl(null, [{ private_key: pem("key"), cert_chain: pem("cert") }]),
    client: () => credentials.createSsl(pem("cert")),
  },
];

describe.each(transports)("watchSockets() over $transport", (transport) => {
  let node: TestNode;
  let proxy: TcpProxy;
  let client: Client;
  beforeEach(async () => {
    node = await startTestNode({ credentials: transport.server() });
    node.answer("getInfo", (_request, call) => stall(call));
    proxy = await startTcpProxy(node.port);
    const watched = transport.client();
    watchSockets(watched, TIMEOUT_MS);
    client = new Client(`dns:localhost:${proxy.port}`, watched);
  });
  afterEach(() => {
    client.close();
    proxy.close();
    node.close();
  });

  /** The status that a call for ever unanswered ends with, when its deadline is far behind. */
  function statusOfStalledCall(deadlineMs: number): Promise<status> {
    const bytes = (value: Buffer) => value;
    const options = { deadline: Date.now() + deadlineMs };
    return new Promise((resolve) => {
      const done = (error: ServiceError | null) => resolve(error?.code ?? status.OK);
      const path = "/HubService/GetInfo";
      client.makeUnaryRequest(path, bytes, bytes, Buffer.alloc(0), options, done);
    });
  }

  it("gives up on a peer that accepts the connection and says nothing", async () => {
    proxy.freezeNewConnections();

    expect(await statusOfStalledCall(20 * TIMEOUT_MS)).toBe(status.UNAVAILABLE);

    await eventually(() => expect(proxy.openConnectionCount()).toBe(0));
  });

  it("leaves a connection alone once its peer has spoken", async () => {
    expect(await statusOfStalledCall(3 * TIMEOUT_MS)).toBe(status.DEADLINE_EXCEEDED);

    expect(node.seen).toHaveLength(1);
    expect(proxy.connectionCount()).toBe(1);
    expect(proxy.openConnectionCount()).toBe(1);
  });
});
