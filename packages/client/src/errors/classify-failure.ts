// What a failed call means. A node answers INTERNAL or UNKNOWN for nearly everything and puts the
// reason in the status text, so the documented texts are read here, in one table, and nowhere else.
import type { ServiceError } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import type { NodeClientErrorCode, NodeClientErrorContext } from "./node-client-error.ts";
import { NodeClientError } from "./node-client-error.ts";

/** The call that an error is about. */
export interface CallSite {
  /** Path of the RPC, such as `/HubService/Subscribe`. */
  readonly method: string;
  /** Address of the node, such as `https://node.example:3383`. */
  readonly endpoint: string;
}

interface TextRule {
  /** A group named `fid` names the fid that the text is about. */
  readonly text: RegExp;
  readonly code: NodeClientErrorCode;
  /** The rule is for this RPC only. */
  readonly method?: string;
}

/** The first rule whose text matches wins; without a match, the status decides. */
const TEXT_RULES: readonly TextRule[] = [
  // docs/protocol.md 2.2: the snapshot was dropped, or never existed at this height.
  { text: /Store not found for shard \d+ and height \d+/, code: "snapshot_gone" },
  // docs/protocol.md 2.1: no snapshot since the node's start, or an unknown shard.
  { text: /Shard store not found for shard \d+/, code: "snapshot_unavailable" },
  // docs/protocol.md 2.3 and 2.5: one entry that cannot be served fails its whole page, for ever.
  { text: /Invalid message type for FID (?<fid>\d+): \w+/, code: "unservable_page" },
  {
    text: /Channel message type is inactive(?:.*\bFID (?<fid>\d+))?/i,
    code: "unservable_page",
  },
  { text: /not found in cache/, code: "unservable_page" },
  // docs/protocol.md 2.3 and 2.5: an undecodable token, or one naming a trie node that is not there.
  {
    text: /Trie error|Node not found for the given prefix/,
    code: "bad_page_token",
    method: "/ReplicationService/GetShardTransactions",
  },
  // docs/protocol.md 1.7.
  { text: /Invalid page token|Page token does not match number of shards/, code: "bad_page_token" },
  // docs/protocol.md 1.3 (Subscribe), 1.7 (GetEvents), 8.3 (GetShardChunks), 8.4 (reads by fid).
  {
    text: /Invalid shard id|Shard not found|Missing shard store|no shard store for fid/,
    code: "unknown_shard",
  },
  // docs/protocol.md 1.7 (GetEvent) and 3.4 (GetTrieMetadataByPrefix).
  { text: /\bnot_found\/|Node not found for the given prefix/, code: "not_found" },
  // Said by grpc-js on this side of the connection.
  { text: /^Received message larger than max/, code: "response_too_large" },
  { text: /^(No message|Too many responses) received$/, code: "malformed_response" },
];

const CODE_BY_STATUS: { readonly [Status in status]: NodeClientErrorCode } = {
  // A failure with status OK contradicts itself.
  [status.OK]: "malformed_response",
  // Calls that this side cancels never get here, so it was the node or a proxy that hung up.
  [status.CANCELLED]: "unavailable",
  [status.UNKNOWN]: "internal",
  [status.INVALID_ARGUMENT]: "invalid_argument",
  [status.DEADLINE_EXCEEDED]: "deadline_exceeded",
  [status.NOT_FOUND]: "not_found",
  [status.ALREADY_EXISTS]: "invalid_argument",
  [status.PERMISSION_DENIED]: "unauthenticated",
  [status.RESOURCE_EXHAUSTED]: "resource_exhausted",
  // docs/protocol.md 8.4: channel follow reads need a node that hosts all shards.
  [status.FAILED_PRECONDITION]: "unimplemented",
  [status.ABORTED]: "internal",
  // The node's gRPC library says so of a request above its 4 MiB (docs/protocol.md 8.1).
  [status.OUT_OF_RANGE]: "invalid_argument",
  [status.UNIMPLEMENTED]: "unimplemented",
  [status.INTERNAL]: "internal",
  [status.UNAVAILABLE]: "unavailable",
  [status.DATA_LOSS]: "internal",
  [status.UNAUTHENTICATED]: "unauthenticated",
};

/** Turns the failure that grpc-js reports into a coded error that keeps it as its cause. */
export function fromServiceError(error: ServiceError, site: CallSite): NodeClientError {
  const { details } = error;
  const rule = TEXT_RULES.find(
    ({ text, method }) => (method === undefined || method === site.method) && text.test(details),
  );
  const code = rule?.code ?? CODE_BY_STATUS[error.code] ?? "internal";
  const fid = rule?.text.exec(details)?.groups?.fid;
  return new NodeClientError(code, details.replace(/\.$/, "") || error.message, {
    ...site,
    details,
    fid: fid === undefined ? undefined : BigInt(fid),
    cause: error,
  });
}

/** An answer that contradicts the protocol. */
export function malformedResponse(
  site: NodeClientErrorContext,
  description: string,
  cause?: unknown,
): NodeClientError {
  return new NodeClientError("malformed_response", description, { ...site, cause });
}

/** A request that no node ever saw, because it holds a value that its fields cannot. */
export function unencodableRequest(site: CallSite, cause: unknown): NodeClientError {
  const description = "the request cannot be encoded";
  return new NodeClientError("invalid_argument", description, { ...site, cause });
}
