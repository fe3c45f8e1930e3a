// What the codes of the libraries' errors mean to whoever runs the command: the only place that knows.
import type { NodeClientError, NodeClientErrorCode } from "@snaprag/client";
import type { DevnetError, DevnetErrorCode } from "@snaprag/devnet";
import type { EmbeddingError } from "@snaprag/embeddings";
import type { StorageError, StorageErrorCode } from "@snaprag/storage";
import type { SyncError, SyncErrorCode } from "@snaprag/sync";
import { isNamed } from "./cli-error.ts";
import { EMBEDDING_RULES } from "./embedding-rules.ts";
import type { FailureRule } from "./failure-rule.ts";
import { BUG, REPORT_IT } from "./failure-rule.ts";

const CHECK_NODE =
  "Check that the node runs and that the endpoint is right, or try `snaprag sync --devnet`, which needs no node.";
const OTHER_NODE = "Use another node, set with --snapchain-endpoint.";
const CHECK_DATABASE =
  "Check that the database runs and that its URL is right, or leave the URL out to use the embedded database.";
const OTHER_DATABASE = "Use another database, or another schema with `database.schema`.";
const AGAIN_LATER = "Try again; if it stays so, look into the database's log.";

const UNREACHABLE_NODE: FailureRule = { code: "node_unreachable", advice: CHECK_NODE };
const UNSUITABLE_NODE: FailureRule = { code: "node_unsuitable", advice: OTHER_NODE };

const NODE_RULES: { readonly [Code in NodeClientErrorCode]: FailureRule } = {
  unavailable: UNREACHABLE_NODE,
  deadline_exceeded: UNREACHABLE_NODE,
  resource_exhausted: UNREACHABLE_NODE,
  internal: UNREACHABLE_NODE,
  unauthenticated: {
    code: "node_unsuitable",
    advice:
      "Set what it wants, such as a key, in `sync.snapchain_headers`, which the nodes of `sync.snapchain_endpoint` are sent; or use another node.",
  },
  unimplemented: UNSUITABLE_NODE,
  unknown_shard: UNSUITABLE_NODE,
  snapshot_unavailable: UNSUITABLE_NODE,
  response_too_large: UNSUITABLE_NODE,
  malformed_response: UNSUITABLE_NODE,
  invalid_argument: BUG,
  not_found: BUG,
  snapshot_gone: BUG,
  unservable_page: BUG,
  bad_page_token: BUG,
  cancelled: BUG,
};

const REFUSING_DATABASE: FailureRule = {
  code: "database_unreachable",
  what: (message) => `The database refuses: ${message}`,
  advice: AGAIN_LATER,
};
/** A bug, unless somebody has added to the relations what refuses their rows. */
const REFUSED_ROWS: FailureRule = {
  ...BUG,
  what: (message) => `The database failed: ${message}`,
  advice: `Look first at constraints and triggers that were added to these tables, and take away what refuses the rows; without any, this is a bug: ${REPORT_IT}`,
};
/** Nothing of this program raises such an error. */
const RAISED_BY_OTHERS: FailureRule = {
  code: "database_unsuitable",
  what: (message) => `What was added to the database refuses: ${message}`,
  advice: "Look at triggers that were added to these tables, and drop or correct what raises this.",
};
const BUILT_UPON: FailureRule = {
  code: "database_unsuitable",
  what: (message) => `The database keeps what others need: ${message}`,
  advice: "Drop what was built on it, named above, first.",
};
const MISSING_RIGHT: FailureRule = {
  code: "database_unsuitable",
  what: (message) => `The database user lacks a right: ${message}`,
  advice: "Grant it, or use another user, or another schema with `database.schema`.",
};
const READ_ONLY_DATABASE: FailureRule = {
  code: "database_unsuitable",
  what: (message) => `The database takes no writes: ${message}`,
  advice:
    "Use the primary, not a standby; if it is the primary, look whether its disk is full or `default_transaction_read_only` is set.",
};
const IN_USE: FailureRule = {
  code: "in_use",
  advice: "Wait until it has ended, or stop it; look at it with `snaprag status`.",
};

const STORAGE_RULES: { readonly [Code in StorageErrorCode]: FailureRule } = {
  connection: {
    code: "database_unreachable",
    what: (message) => `The database cannot be reached: ${message}`,
    advice: CHECK_DATABASE,
  },
  unauthorized: {
    code: "database_unreachable",
    what: (message) => `The database refuses access: ${message}`,
    advice: "Check user and password in the database URL.",
  },
  serialization: REFUSING_DATABASE,
  deadlock: REFUSING_DATABASE,
  lock_timeout: REFUSING_DATABASE,
  statement_timeout: REFUSING_DATABASE,
  out_of_resources: {
    ...REFUSING_DATABASE,
    advice: "Give it more room: disk, memory or connections.",
  },
  schema_mismatch: {
    code: "database_unsuitable",
    what: (message) => `The database's relations are not as expected: ${message}`,
    advice: "Run `snaprag migrate`, or use another database or another schema.",
  },
  layout_mismatch: {
    code: "database_unsuitable",
    what: firstSentence,
    advice: "Leave out database.fid_partitions, or use another database or schema.",
  },
  newer_schema: {
    code: "database_unsuitable",
    what: firstSentence,
    advice: "Upgrade snaprag, or use another database or schema.",
  },
  unsupported_server: {
    code: "database_unsuitable",
    what: firstSentence,
    advice: "Use a newer server, or leave the URL out to use the embedded database.",
  },
  migration: {
    code: "database_unsuitable",
    advice: "Nothing was changed; look into the database's log, or use another database or schema.",
  },
  network_mismatch: { code: "database_unsuitable", what: firstSentence, advice: OTHER_DATABASE },
  locked: IN_USE,
  fenced: {
    ...IN_USE,
    what: () => "Another process has written to the mirror while this one did",
  },
  constraint: REFUSED_ROWS,
  invalid_data: REFUSED_ROWS,
  closed: BUG,
  // Such as what TLS or the driver's log-in objects to.
  unknown: { ...REFUSING_DATABASE, advice: "Check the database URL and the database's log." },
};

/** SQLSTATEs that say more than the code they are filed under. */
const SQL_STATE_RULES: ReadonlyMap<string, FailureRule> = new Map([
  // No such database.
  ["3D000", STORAGE_RULES.connection],
  // Insufficient privilege.
  ["42501", MISSING_RIGHT],
  // A transaction that is read-only.
  ["25006", READ_ONLY_DATABASE],
  // Dependent objects still exist.
  ["2BP01", BUILT_UPON],
  // Raise exception.
  ["P0001", RAISED_BY_OTHERS],
]);

const SYNC_RULES: { readonly [Code in SyncErrorCode]: FailureRule } = {
  no_replication: {
    code: "node_unsuitable",
    what: firstSentence,
    advice: "Set `replication.enable` on the node, or use another one.",
  },
  unknown_shard: {
    code: "node_unsuitable",
    advice: "Choose with --shard-ids among the shards that it hosts, or use another node.",
  },
  unknown_network: {
    code: "node_unsuitable",
    what: firstSentence,
    advice: "Wait until the node has synced, or use another one, of the network that is mirrored.",
  },
  no_snapshot: { code: "node_unsuitable", advice: "Try again later, or use another node." },
  node_behind: {
    code: "node_unsuitable",
    advice: "Wait until the node has synced, or use another one.",
  },
  // A sync answers it itself: this is a comparison.
  cursor_expired: {
    code: "node_unsuitable",
    advice: "Let a sync catch up with the node and try again, or use another one.",
  },
  stream_ended: BUG,
  end_passed: {
    code: "usage",
    advice: "Choose a later --until; what is stored stays as it is.",
  },
  incomplete_block: UNSUITABLE_NODE,
  malformed_snapshot: {
    code: "node_unsuitable",
    advice: "Nothing of it is kept: try again, or use another node, set with --snapchain-endpoint.",
  },
  uncommitted_block: {
    code: "node_unsuitable",
    advice:
      "Do not trust this node, use another; if all say the same, the validators have changed: compare `sync.validator_keys` with the network's.",
  },
  worker_failed: {
    code: "unexpected",
    advice: "Start it again, with more memory for the process; what is stored stays.",
  },
};

const DEVNET_RULES: { readonly [Code in DevnetErrorCode]: FailureRule } = {
  listen_failed: {
    code: "configuration",
    advice: "Choose another address with --port and --host; --port 0 takes any free port.",
  },
  not_started: BUG,
  stopped: BUG,
};

/** A node whose certificate nobody here vouches for looks like one that is not there. */
const UNTRUSTED_NODE: FailureRule = {
  code: "node_unreachable",
  advice:
    "Name the file with its authority's certificate in the environment, as NODE_EXTRA_CA_CERTS=ca.pem, or correct the endpoint.",
};

function nodeRuleOf({ code, details }: NodeClientError): FailureRule {
  const isUntrusted = code === "unavailable" && /\bcertificate\b/i.test(details ?? "");
  return isUntrusted ? UNTRUSTED_NODE : NODE_RULES[code];
}

/** How an error is told; as a bug when nothing is known of it. */
export function findFailureRule(error: unknown): FailureRule {
  if (isNamed<NodeClientError>(error, "NodeClientError")) return nodeRuleOf(error);
  if (isNamed<SyncError>(error, "SyncError")) return SYNC_RULES[error.code];
  if (isNamed<DevnetError>(error, "DevnetError")) return DEVNET_RULES[error.code];
  if (isNamed<EmbeddingError>(error, "EmbeddingError")) return EMBEDDING_RULES[error.code];
  if (!isNamed<StorageError>(error, "StorageError")) return BUG;
  return SQL_STATE_RULES.get(error.sqlState ?? "") ?? STORAGE_RULES[error.code];
}

/** For messages that go on with advice. */
function firstSentence(message: string): string {
  return message.split(/\. (?=[A-Z])/, 1)[0] ?? message;
}
