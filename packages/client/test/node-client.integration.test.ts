import { readFileSync } from "node:fs";
import { ServerCredentials, status } from "@grpc/grpc-js";
import { BlockConfirmedBody, GetInfoResponse, Message, MessagesResponse } from "@snaprag/proto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createNodeClient, NodeClientError } from "../src/index.ts";
import { clientOn } from "./support/client-on.ts";
import { eventually, rejectionOf } from "./support/eventually.ts";
import { startTcpProxy } from "./support/tcp-proxy.ts";
import type { TestNode } from "./support/test-node.ts";
import { grpcFailure, stall, startTestNode } from "./support/test-node.ts";
import { aBlockConfirmed, aMessage } from "./support/wire-values.ts";

const info = GetInfoResponse.create({ version: "0.14.2" });

let node: TestNode;
beforeEach(async () => {
  node = await startTestNode();
});
afterEach(() => node.close());

describe("typed calls", () => {
  it("send what the request holds and the proto3 default of everything else", async () => {
    node.answer("getCastsByFid", () => MessagesResponse.create());
    const { client } = clientOn(node);

    await client.hub.getCastsByFid({ fid: 2n ** 64n - 1n, pageSize: 3 });

    expect(node.requests("getCastsByFid")).toEqual([
      expect.objectContaining({ fid: 2n ** 64n - 1n, pageSize: 3, reverse: undefined }),
    ]);
    await client.close();
  });

  it("answer with the decoded response, its bytes as plain Uint8Arrays", async () => {
    const message = aMessage(Uint8Array.of(1, 2, 3));
    node.answer("getCast", () => message);
    const { client } = clientOn(node);

    const cast = await client.hub.getCast({ fid: 1n, hash: Uint8Array.of(1, 2, 3) });

    expect(cast).toEqual(message);
    expect(cast.hash).not.toBeInstanceOf(Buffer);
    await client.close();
  });

  it("reach every RPC of both services", async () => {
    const { client } = clientOn(node, { retry: { attempts: 1 } });
    const unary = { ...client.hub, ...client.replication };
    const { subscribe, getBlocks, ...calls } = unary;

    for (const call of Object.values(calls)) {
      // Safety: only the path matters here; a request of defaults suits every call.
      await expect((call as () => Promise<unknown>)()).rejects.toMatchObject({
        code: "unimplemented",
      });
    }
    for (const call of [subscribe, getBlocks]) {
      const [next] = [call()[Symbol.asyncIterator]().next()];
      await expect(next).rejects.toMatchObject({ code: "unimplemented" });
    }

    expect(new Set(node.seen.map(({ method }) => method))).toEqual(new Set(Object.keys(unary)));
    await client.close();
  });

  it("refuse a value that its field cannot hold, without asking the node", async () => {
    const { client } = clientOn(node);

    const error = await rejectionOf(client.hub.getCastsByFid({ fid: 2n ** 64n }));

    expect(error).toMatchObject({ code: "invalid_argument", cause: expect.any(Error) });
    expect(node.seen).toHaveLength(0);
    await client.close();
  });

  it("refuse a timeout that is none", async () => {
    const { client } = clientOn(node);

    await expect(client.hub.getInfo({}, { timeoutMs: 0 })).rejects.toThrow(TypeError);
    expect(() => client.hub.subscribe({}, { idleTimeoutMs: -5 })).toThrow(
      "Expected `idleTimeoutMs` to be a positive number of at most 2147483647, got -5",
    );
    await client.close();
  });

  it("send the metadata of the options along", async () => {
    const seen: unknown[] = [];
    node.answer("getInfo", (_request, call) => {
      seen.push(...call.metadata("authorization"));
      return info;
    });
    const { client } = clientOn(node, { metadata: { Authorization: "Basic dXNlcjpwYXNz" } });

    await client.hub.getInfo();

    expect(seen).toEqual(["Basic dXNlcjpwYXNz"]);
    await client.close();
  });

  it("report an answer that cannot be decoded", async () => {
    node.answer("getInfo", () => Uint8Array.of(0xff, 0xff, 0xff));
    const { client, retries } = clientOn(node);

    const error = await rejectionOf(client.hub.getInfo());

    expect(error).toMatchObject({
      code: "malformed_response",
      method: "/HubService/GetInfo",
      endpoint: node.endpoint,
      cause: expect.any(Error),
    });
    expect(retries).toHaveLength(0);
    await client.close();
  });

  it("accept answers up to maxReceiveBytes and refuse larger ones", async () => {
    const version = "x".repeat(6 * 1024 * 1024);
    node.answer("getInfo", () => GetInfoResponse.create({ version }));
    const generous = clientOn(node);
    const strict = clientOn(node, { maxReceiveBytes: 1024 });

    expect((await generous.client.hub.getInfo()).version).toBe(version);
    const error = await rejectionOf(strict.client.hub.getInfo());

    expect(error).toMatchObject({ code: "response_too_large" });
    expect(strict.retries).toHaveLength(0);
    await generous.client.close();
    await strict.client.close();
  });
});

describe("retry", () => {
  it("repeats a call whose failure may pass, and reports each failure", async () => {
    const failures = [
      grpcFailure(status.UNAVAILABLE, "starting"),
      grpcFailure(status.INTERNAL, "hiccup"),
    ];
    node.answer("getInfo", () => {
      const failure = failures.shift();
      if (failure) throw failure;
      return info;
    });
    const { client, retries } = clientOn(node);

    expect((await client.hub.getInfo()).version).toBe("0.14.2");

    expect(retries).toEqual([
      expect.objectContaining({
        failureCount: 1,
        error: expect.objectContaining({ code: "unavailable" }),
      }),
      expect.objectContaining({
        failureCount: 2,
        error: expect.objectContaining({ code: "internal" }),
      }),
    ]);
    expect(retries[0]).toMatchObject({ method: "/HubService/GetInfo", endpoint: node.endpoint });
    await client.close();
  });

  it("gives up after the last attempt, with its error", async () => {
    node.answer("getInfo", () => {
      throw grpcFailure(status.UNAVAILABLE, "still starting");
    });
    const { client, retries } = clientOn(node);

    const error = await rejectionOf(client.hub.getInfo());

    expect(error).toMatchObject({ code: "unavailable", details: "still starting" });
    expect(node.seen).toHaveLength(3);
    expect(retries).toHaveLength(2);
    await client.close();
  });

  it("does not repeat what fails again as it is", async () => {
    node.answer("getInfo", () => {
      throw grpcFailure(status.INVALID_ARGUMENT, "bad");
    });
    const { client } = clientOn(node);

    await expect(client.hub.getInfo()).rejects.toMatchObject({ code: "invalid_argument" });

    expect(node.seen).toHaveLength(1);
    await client.close();
  });

  it("never submits a message twice", async () => {
    const failing = () => {
      throw grpcFailure(status.UNAVAILABLE, "starting");
    };
    node.answer("submitMessage", failing);
    node.answer("submitBulkMessages", failing);
    const { client, retries } = clientOn(node);

    await expect(client.hub.submitMessage()).rejects.toMatchObject({ code: "unavailable" });
    await expect(client.hub.submitBulkMessages()).rejects.toMatchObject({ code: "unavailable" });

    expect(node.seen).toHaveLength(2);
    expect(retries).toHaveLength(0);
    await client.close();
  });

  it("reaches a node that comes up while it tries", async () => {
    node.close();
    let restarted: Promise<TestNode> | undefined;
    const { client } = clientOn(node, {
      retry: { attempts: 1000, baseDelayMs: 5, maxDelayMs: 20 },
      onRetry: ({ failureCount }) => {
        if (failureCount === 3) restarted = startTestNode({ port: node.port });
        void restarted?.then((up) => up.answer("getInfo", () => info));
      },
    });

    expect((await client.hub.getInfo()).version).toBe("0.14.2");

    await client.close();
    (await restarted)?.close();
  });

  it("gives every attempt the whole timeout", async () => {
    node.answer("getInfo", async (_request, call) =>
      node.seen.length < 3 ? await stall(call) : info,
    );
    const { client, retries } = clientOn(node);

    await client.hub.getInfo({}, { timeoutMs: 500 });

    expect(retries.map(({ error }) => error.code)).toEqual([
      "deadline_exceeded",
      "deadline_exceeded",
    ]);
    await client.close();
  });

  it("stops waiting for the next attempt when aborted", async () => {
    node.answer("getInfo", () => {
      throw grpcFailure(status.UNAVAILABLE, "starting");
    });
    const aborting = new AbortController();
    const reason = new Error("enough");
    const retry = { attempts: 5, baseDelayMs: 1_000_000, maxDelayMs: 1_000_000 };
    const onRetry = () => queueMicrotask(() => aborting.abort(reason));
    const { client } = clientOn(node, { retry, onRetry });

    const error = await rejectionOf(client.hub.getInfo({}, { signal: aborting.signal }));

    expect(error).toBe(reason);
    await client.close();
  });

  it("logs without naming metadata", async () => {
    const lines: unknown[] = [];
    const log = (fields: object, message: string) => lines.push([message, fields]);
    const logger = { debug: log, info: log, warn: log, error: log, child: () => logger };
    node.answer("getInfo", () => {
      throw grpcFailure(status.UNAVAILABLE, "starting");
    });
    const { client } = clientOn(node, { logger, metadata: { authorization: "Basic secret" } });

    await rejectionOf(client.hub.getInfo());

    expect(lines).toHaveLength(2);
    expect(lines[0]).toEqual([
      "call failed, retrying",
      expect.objectContaining({ method: "/HubService/GetInfo", failureCount: 1 }),
    ]);
    expect(JSON.stringify(lines)).not.toContain("secret");
    await client.close();
  });
});

describe("abort", () => {
  it("cancels the call at the node and rejects with the reason itself", async () => {
    node.answer("getInfo", (_request, call) => stall(call));
    const { client } = clientOn(node);
    const aborting = new AbortController();
    const reason = { why: "not even an error" };
    const pending = rejectionOf(client.hub.getInfo({}, { signal: aborting.signal }));
    await eventually(() => expect(node.openCallCount()).toBe(1));

    aborting.abort(reason);

    expect(await pending).toBe(reason);
    await eventually(() => expect(node.openCallCount()).toBe(0));
    await client.close();
  });

  it("before the call keeps it from the node", async () => {
    const { client } = clientOn(node);
    const reason = new Error("never mind");

    const error = await rejectionOf(client.hub.getInfo({}, { signal: AbortSignal.abort(reason) }));

    expect(error).toBe(reason);
    expect(node.seen).toHaveLength(0);
    await client.close();
  });

  it("may end many calls at once without a warning of too many listeners", async () => {
    const warnings: Error[] = [];
    const noteWarning = (warning: Error) => warnings.push(warning);
    process.on("warning", noteWarning);
    node.answer("getInfo", (_request, call) => stall(call));
    const { client } = clientOn(node);
    const aborting = new AbortController();
    const { signal } = aborting;
    const reason = new Error("enough");
    const pending = Array.from({ length: 20 }, () =>
      rejectionOf(client.hub.getInfo({}, { signal })),
    );
    await eventually(() => expect(node.openCallCount()).toBe(20));

    aborting.abort(reason);

    expect(new Set(await Promise.all(pending))).toEqual(new Set([reason]));
    expect(warnings).toEqual([]);
    process.off("warning", noteWarning);
    await client.close();
  });
});

describe("close()", () => {
  it("cancels unary calls and streams, and closes every connection", async () => {
    const proxy = await startTcpProxy(node.port);
    node.answer("getInfo", (_request, call) => stall(call));
    node.answer("subscribe", async function* (_request, call) {
      yield aBlockConfirmed(1n);
      await stall(call);
    });
    const { client, retries } = clientOn(proxy);
    const events = client.subscribe({ shardId: 1 })[Symbol.asyncIterator]();
    await events.next();
    const pending = [rejectionOf(client.hub.getInfo()), rejectionOf(events.next())];
    await eventually(() => expect(node.openCallCount()).toBe(2));
    expect(proxy.openConnectionCount()).toBe(2);

    await client.close();

    for (const error of await Promise.all(pending)) {
      expect(error).toBeInstanceOf(NodeClientError);
      expect(error).toMatchObject({ code: "cancelled", retryable: false });
    }
    await eventually(() => expect(proxy.openConnectionCount()).toBe(0));
    await eventually(() => expect(node.openCallCount()).toBe(0));
    expect(retries).toHaveLength(0);
    proxy.close();
  });

  it("cancels a call that is still connecting", async () => {
    const proxy = await startTcpProxy(node.port);
    proxy.freezeNewConnections();
    const { client, retries } = clientOn(proxy);
    const pending = rejectionOf(client.hub.getInfo());
    await eventually(() => expect(proxy.openConnectionCount()).toBe(1));

    await client.close();

    expect(await pending).toMatchObject({ code: "cancelled" });
    await eventually(() => expect(proxy.openConnectionCount()).toBe(0));
    expect(retries).toHaveLength(0);
    proxy.close();
  });

  it("closes the connection of a subscription that nobody pulls", async () => {
    const proxy = await startTcpProxy(node.port);
    node.answer("subscribe", async function* (_request, call) {
      yield aBlockConfirmed(1n);
      await stall(call);
    });
    const { client } = clientOn(proxy);
    const events = client.subscribe({ shardId: 1 })[Symbol.asyncIterator]();
    await events.next();

    await client.close();

    await eventually(() => expect(proxy.openConnectionCount()).toBe(0));
    await expect(events.next()).rejects.toMatchObject({ code: "cancelled" });
    proxy.close();
  });

  it("is final and can be repeated", async () => {
    const { client } = clientOn(node);

    await Promise.all([client.close(), client.close()]);
    await client[Symbol.asyncDispose]();

    await expect(client.hub.getInfo()).rejects.toMatchObject({ code: "cancelled" });
    expect(node.seen).toHaveLength(0);
  });
});

describe("connections", () => {
  it("are opened by the first call, not by creating the client", async () => {
    const proxy = await startTcpProxy(node.port);
    node.answer("getInfo", () => info);
    const { client } = clientOn(proxy);
    const other = clientOn(proxy);
    expect(proxy.connectionCount()).toBe(0);

    await client.hub.getInfo();
    await client.hub.getInfo();
    expect(proxy.connectionCount()).toBe(1);

    await other.client.hub.getInfo();
    expect(proxy.connectionCount()).toBe(2);
    await client.close();
    await other.client.close();
    proxy.close();
  });

  it("ignore proxies that the environment names", async () => {
    node.answer("getInfo", () => info);
    vi.stubEnv("http_proxy", "http://127.0.0.1:1");
    const { client } = clientOn(node);

    const { version } = await client.hub.getInfo();

    vi.unstubAllEnvs();
    expect(version).toBe("0.14.2");
    await client.close();
  });

  it("are made again after they broke", async () => {
    const proxy = await startTcpProxy(node.port);
    node.answer("getInfo", () => info);
    const retry = { attempts: 100, baseDelayMs: 1, maxDelayMs: 20 };
    const { client } = clientOn(proxy, { retry });
    await client.hub.getInfo();

    proxy.cut();

    expect((await client.hub.getInfo()).version).toBe("0.14.2");
    await client.close();
    proxy.close();
  });

  it("speak TLS to https endpoints and trust the certificates given", async () => {
    const pem = (name: string) => readFileSync(new URL(`support/tls/${name}.pem`, import.meta.url));
    const pair = { private_key: pem("key"), cert_chain: pem("cert") };
    const secure = await startTestNode({ credentials: ServerCredentials.createSsl(null, [pair]) });
    secure.answer("getInfo", () => info);
    const endpoint = `https://localhost:${secure.port}`;
    const tls = { rootCertificates: pem("cert") };
    const trusting = clientOn({ endpoint }, { tls });
    const wary = clientOn({ endpoint });

    expect((await trusting.client.hub.getInfo()).version).toBe("0.14.2");
    await expect(wary.client.hub.getInfo()).rejects.toMatchObject({
      code: "unavailable",
      details: expect.stringContaining("self-signed certificate"),
    });

    await trusting.client.close();
    await wary.client.close();
    secure.close();
  });

  it("keep answering while a stream on them is not pulled", async () => {
    const payload = Message.create({ hash: new Uint8Array(1024 * 1024) });
    const body = BlockConfirmedBody.create({ blockHash: new Uint8Array(100_000) });
    node.answer("getCast", () => payload);
    node.answer("subscribe", async function* () {
      for (let block = 1n; ; block++) {
        yield { ...aBlockConfirmed(block), body: { $case: "blockConfirmedBody", value: body } };
      }
    });
    const { client } = clientOn(node, { flowControlWindowBytes: 65_535 });
    const events = client.hub.subscribe()[Symbol.asyncIterator]();
    await events.next();

    const cast = await client.hub.getCast();

    expect(cast.hash).toHaveLength(1024 * 1024);
    await events.return?.();
    await client.close();
  });
});

describe("streams", () => {
  it("yield what has arrived before the failure that came after it", async () => {
    let fail: () => void = () => undefined;
    const failing = new Promise<void>((resolve) => {
      fail = resolve;
    });
    const sent = [1n, 2n, 3n, 4n].map(aBlockConfirmed);
    node.answer("getInfo", () => info);
    node.answer("subscribe", async function* () {
      yield* sent;
      await failing;
      throw grpcFailure(status.UNAVAILABLE, "restarting");
    });
    const { client } = clientOn(node);
    const events = client.hub.subscribe()[Symbol.asyncIterator]();
    const received = [(await events.next()).value];
    // Answers come back on the same connection, so what was sent before them has arrived too.
    await client.hub.getInfo();

    fail();
    await eventually(() => expect(node.openCallCount()).toBe(0));
    await client.hub.getInfo();

    for (const _event of sent.slice(1)) received.push((await events.next()).value);
    expect(received).toEqual(sent);
    expect(await rejectionOf(events.next())).toMatchObject({ code: "unavailable" });
    await client.close();
  });
});

describe("createNodeClient()", () => {
  it("refuses an endpoint that is none", () => {
    expect(() => createNodeClient({ endpoint: "ftp://node.example" })).toThrow(
      'Expected `endpoint` as http://host:port, https://host:port or host:port, with an IPv6 address in brackets, got "ftp://node.example"',
    );
  });
});
