/**
 * Why a call to a Snapchain node failed.
 *
 * - `unavailable`: no connection, or it was lost, or the node ended a call that it should not end.
 * - `deadline_exceeded`: no answer within the timeout, or no message within the idle timeout.
 * - `resource_exhausted`: the node or a proxy in front of it refuses more work for now.
 * - `internal`: the node failed in a way that none of the codes below describes.
 * - `unauthenticated`: the call needs credentials, or other ones.
 * - `invalid_argument`: the node rejects the request as such.
 * - `not_found`: the node holds no such message, event, name or trie node.
 * - `unimplemented`: this node does not offer the call, such as one without ReplicationService.
 * - `snapshot_gone`: the node no longer holds a snapshot of that height; its page tokens are void.
 * - `snapshot_unavailable`: the node holds no snapshot of the shard since its start, or not the shard.
 * - `unservable_page`: the page holds an entry that no node serves; {@link NodeClientError.fid} may
 *   say whose.
 * - `bad_page_token`: the page token is not one that this call hands out.
 * - `unknown_shard`: the node does not host the shard, or cannot do this with it.
 * - `response_too_large`: an answer exceeds `maxReceiveBytes`.
 * - `malformed_response`: an answer that cannot be decoded, or contradicts the protocol.
 * - `cancelled`: the client was closed.
 */
export type NodeClientErrorCode =
  | "unavailable"
  | "deadline_exceeded"
  | "resource_exhausted"
  | "internal"
  | "unauthenticated"
  | "invalid_argument"
  | "not_found"
  | "unimplemented"
  | "snapshot_gone"
  | "snapshot_unavailable"
  | "unservable_page"
  | "bad_page_token"
  | "unknown_shard"
  | "response_too_large"
  | "malformed_response"
  | "cancelled";

interface CodeMeaning {
  readonly retryable: boolean;
  readonly advice: string;
}

const MEANINGS: { readonly [Code in NodeClientErrorCode]: CodeMeaning } = {
  unavailable: {
    retryable: true,
    advice: "Check that the node is up and that the endpoint, with or without TLS, is right",
  },
  deadline_exceeded: {
    retryable: true,
    advice: "Raise the timeout if the node is only slow",
  },
  resource_exhausted: {
    retryable: true,
    advice: "Run fewer calls at a time",
  },
  internal: {
    retryable: true,
    advice: "The node's log says more",
  },
  unauthenticated: {
    retryable: false,
    advice: "Set `metadata.authorization`",
  },
  invalid_argument: {
    retryable: false,
    advice: "Correct the request; it fails again as it is",
  },
  not_found: {
    retryable: false,
    advice: "Ask for something else, or ask again later",
  },
  unimplemented: {
    retryable: false,
    advice: "Use a node that offers this call (for snapshots: `replication.enable`)",
  },
  snapshot_gone: {
    retryable: false,
    advice: "List the snapshots again and start at a height they name, without page tokens",
  },
  snapshot_unavailable: {
    retryable: false,
    advice: "Check the shard id, wait for the node's next snapshot, or use another node",
  },
  unservable_page: {
    retryable: false,
    advice: "Read the fids of this virtual shard one by one instead",
  },
  bad_page_token: {
    retryable: false,
    advice: "Start again without a page token",
  },
  unknown_shard: {
    retryable: false,
    advice: "Use one of the shards that `hub.getInfo()` lists",
  },
  response_too_large: {
    retryable: false,
    advice: "Raise `maxReceiveBytes`",
  },
  malformed_response: {
    retryable: false,
    advice: "Compare with another node: this one is broken, or newer than Snapchain 0.14.2",
  },
  cancelled: {
    retryable: false,
    advice: "Create a new client",
  },
};

/** Which call failed, and what is known of the failure. */
export interface NodeClientErrorContext {
  /** Path of the RPC, such as `/HubService/Subscribe`. */
  readonly method?: string | undefined;
  /** Address of the node, such as `https://node.example:3383`. */
  readonly endpoint?: string | undefined;
  /** The node's own words, as its gRPC status carried them. */
  readonly details?: string | undefined;
  /** The fid that the node named. */
  readonly fid?: bigint | undefined;
  readonly cause?: unknown;
}

/** A call to a Snapchain node failed. Branch on {@link code}, never on the message. */
export class NodeClientError extends Error {
  override readonly name = "NodeClientError";
  readonly code: NodeClientErrorCode;
  /** True when the same call may succeed later without changing it. */
  readonly retryable: boolean;
  /** Path of the RPC, such as `/HubService/Subscribe`. */
  readonly method: string | undefined;
  /** Address of the node, such as `https://node.example:3383`. */
  readonly endpoint: string | undefined;
  /** The node's own words, as its gRPC status carried them. */
  readonly details: string | undefined;
  /** The fid that the node named; set for most `unservable_page` failures. */
  readonly fid: bigint | undefined;

  constructor(
    code: NodeClientErrorCode,
    description: string,
    context: NodeClientErrorContext = {},
  ) {
    const { method, endpoint, details, fid, cause } = context;
    const place = [method, endpoint && `at ${endpoint}`].filter(Boolean).join(" ");
    const what = place === "" ? description : `${place}: ${description}`;
    super(`[${code}] ${what}. ${MEANINGS[code].advice}.`, { cause });
    this.code = code;
    this.retryable = MEANINGS[code].retryable;
    this.method = method;
    this.endpoint = endpoint;
    this.details = details;
    this.fid = fid;
  }
}

/** Whether the same call may succeed later. False for anything but a {@link NodeClientError}. */
export function isRetryable(error: unknown): error is NodeClientError {
  return error instanceof NodeClientError && error.retryable;
}
