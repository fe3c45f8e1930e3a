import type { ServiceError } from "@grpc/grpc-js";
import { Metadata, status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { fromServiceError, malformedResponse } from "../../src/errors/classify-failure.ts";
import type { NodeClientErrorCode } from "../../src/index.ts";

const endpoint = "http://node.example:3383";

function serviceError(code: status, details: string): ServiceError {
  return Object.assign(new Error(`${code} ${details}`), {
    code,
    details,
    metadata: new Metadata(),
  });
}

interface Case {
  readonly method: string;
  readonly code: status;
  readonly details: string;
  readonly expected: NodeClientErrorCode;
  readonly fid?: bigint;
}

const PAGE = "/ReplicationService/GetShardTransactions";
const METADATA = "/ReplicationService/GetShardSnapshotMetadata";

/** The texts as docs/protocol.md gives them, section by section. */
const documented: readonly Case[] = [
  // 1.3
  {
    method: "/HubService/Subscribe",
    code: status.UNKNOWN,
    details: "Invalid shard id: 7",
    expected: "unknown_shard",
  },
  // 1.7
  {
    method: "/HubService/GetEvents",
    code: status.INVALID_ARGUMENT,
    details: "Shard not found",
    expected: "unknown_shard",
  },
  {
    method: "/HubService/GetEvents",
    code: status.INVALID_ARGUMENT,
    details: "Invalid page token: EOF while parsing a value at line 1 column 0",
    expected: "bad_page_token",
  },
  {
    method: "/HubService/GetEvents",
    code: status.INVALID_ARGUMENT,
    details: "Page token does not match number of shards",
    expected: "bad_page_token",
  },
  {
    method: "/HubService/GetEvent",
    code: status.INTERNAL,
    details: "not_found/Event not found",
    expected: "not_found",
  },
  {
    method: "/HubService/GetEvent",
    code: status.INVALID_ARGUMENT,
    details: "no shard store for fid",
    expected: "unknown_shard",
  },
  // 2
  {
    method: METADATA,
    code: status.UNIMPLEMENTED,
    details: "",
    expected: "unimplemented",
  },
  // 2.1
  {
    method: METADATA,
    code: status.INTERNAL,
    details: "Failed to get snapshot metadata: Shard store not found for shard 9",
    expected: "snapshot_unavailable",
  },
  // 2.2
  {
    method: PAGE,
    code: status.INTERNAL,
    details:
      "Failed to get transactions: Store not found for shard 1 and height 28800: No stores found for the given height and shard",
    expected: "snapshot_gone",
  },
  // 2.3
  {
    method: PAGE,
    code: status.INVALID_ARGUMENT,
    details: "trie_virtual_shard 256 is out of range",
    expected: "invalid_argument",
  },
  {
    method: PAGE,
    code: status.INTERNAL,
    details: "Failed to get transactions: Internal error: Trie error: invalid page token",
    expected: "bad_page_token",
  },
  {
    method: PAGE,
    code: status.INTERNAL,
    details: "Failed to get transactions: Internal error: message a1b2 not found in cache for 7",
    expected: "unservable_page",
  },
  // 2.5
  {
    method: PAGE,
    code: status.INTERNAL,
    details:
      "Failed to get transactions: Invalid message: Invalid message type for FID 918648: KeyAdd",
    expected: "unservable_page",
    fid: 918648n,
  },
  {
    method: PAGE,
    code: status.INTERNAL,
    details:
      "Failed to get transactions: Invalid message: Invalid message type for FID 3: KeyRemove",
    expected: "unservable_page",
    fid: 3n,
  },
  {
    method: PAGE,
    code: status.INTERNAL,
    details: "Failed to get transactions: Channel message type is inactive for snapshot 28800",
    expected: "unservable_page",
  },
  {
    method: PAGE,
    code: status.INTERNAL,
    details: "Failed to get transactions: Node not found for the given prefix",
    expected: "bad_page_token",
  },
  // 3.4
  {
    method: "/HubService/GetTrieMetadataByPrefix",
    code: status.INTERNAL,
    details: "Node not found for the given prefix",
    expected: "not_found",
  },
  // 8.3
  {
    method: "/HubService/GetShardChunks",
    code: status.UNKNOWN,
    details: "Internal error: Missing shard store",
    expected: "unknown_shard",
  },
  // 8.4
  {
    method: "/HubService/GetFids",
    code: status.INVALID_ARGUMENT,
    details: "shard_id must be set",
    expected: "invalid_argument",
  },
  {
    method: "/HubService/GetChannelFollowers",
    code: status.FAILED_PRECONDITION,
    details: "needs all shards",
    expected: "unimplemented",
  },
  {
    method: "/HubService/GetCast",
    code: status.NOT_FOUND,
    details: "cast not found",
    expected: "not_found",
  },
];

const METHOD = "/HubService/GetInfo";

const anywhere: readonly Case[] = [
  [status.OK, "", "malformed_response"],
  [status.CANCELLED, "Call cancelled", "unavailable"],
  [status.UNKNOWN, "something odd", "internal"],
  [status.INVALID_ARGUMENT, "bad", "invalid_argument"],
  [status.DEADLINE_EXCEEDED, "Deadline exceeded", "deadline_exceeded"],
  [status.NOT_FOUND, "no", "not_found"],
  [status.ALREADY_EXISTS, "already", "invalid_argument"],
  [status.PERMISSION_DENIED, "no", "unauthenticated"],
  [status.RESOURCE_EXHAUSTED, "slow down", "resource_exhausted"],
  [status.ABORTED, "aborted", "internal"],
  [status.OUT_OF_RANGE, "decoded message length too large", "invalid_argument"],
  [status.UNIMPLEMENTED, "Operation is not implemented", "unimplemented"],
  [status.INTERNAL, "Failed to get transactions: disk on fire", "internal"],
  [status.UNAVAILABLE, "No connection established", "unavailable"],
  [status.DATA_LOSS, "lost", "internal"],
  [status.UNAUTHENTICATED, "invalid auth", "unauthenticated"],
  [status.RESOURCE_EXHAUSTED, "Received message larger than max (9 vs 8)", "response_too_large"],
  [status.UNIMPLEMENTED, "No message received", "malformed_response"],
  [status.UNIMPLEMENTED, "Too many responses received", "malformed_response"],
].map(([code, details, expected]) => ({ method: METHOD, code, details, expected }) as Case);

describe("fromServiceError()", () => {
  it.each([...documented, ...anywhere])(
    "reads $code '$details' of $method as $expected",
    ({ method, code, details, expected, fid }) => {
      const error = fromServiceError(serviceError(code, details), { method, endpoint });

      expect(error.code).toBe(expected);
      expect(error.fid).toBe(fid);
    },
  );

  it("takes a status that gRPC does not define for an internal failure", () => {
    const error = fromServiceError(serviceError(99 as status, "?"), { method: METHOD, endpoint });

    expect(error.code).toBe("internal");
  });

  it("keeps the node's words, the call and the cause", () => {
    const cause = serviceError(status.UNAVAILABLE, "node is restarting.");

    const error = fromServiceError(cause, { method: METHOD, endpoint });

    expect(error.cause).toBe(cause);
    expect(error.details).toBe("node is restarting.");
    expect(error.method).toBe(METHOD);
    expect(error.endpoint).toBe(endpoint);
    expect(error.message).toBe(
      "[unavailable] /HubService/GetInfo at http://node.example:3383: node is restarting. " +
        "Check that the node is up and that the endpoint, with or without TLS, is right.",
    );
  });
});

describe("malformedResponse()", () => {
  it("is not worth retrying", () => {
    expect(malformedResponse({ method: METHOD, endpoint }, "odd").retryable).toBe(false);
  });
});
