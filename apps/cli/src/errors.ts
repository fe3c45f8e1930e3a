// Failures in a person's words: what happened, and what to do about it. The only place that knows
// what the codes of the libraries' errors mean to whoever runs the command.
import type { NodeClientError, NodeClientErrorCode } from "@snaprag/client";
import type { DevnetError, DevnetErrorCode } from "@snaprag/devnet";
import type { StorageError, StorageErrorCode } from "@snaprag/storage";
import type { SyncError, SyncErrorCode } from "@snaprag/sync";
import type { FailureCode } from "./exit-codes.ts";

/** What is to be done about a {@link CliError}, and where it came from. */
export interface CliErrorOptions {
  /** One sentence: what the person at the terminal can do. */
  readonly advice: string;
  readonly cause?: unknown;
}

/** The command cannot do what it was asked. Its message is one sentence for a person to read. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: FailureCode;
  readonly advice: string;

  constructor(code: FailureCode, message: string, { advice, cause }: CliErrorOptions) {
    super(message, { cause });
    this.code = code;
    this.advice = advice;
  }
}

/** A failure as it is told. */
export interface Explanation {
  readonly code: FailureCode;
  /** One sentence: what happened. */
  readonly what: string;
  /** One sentence: what to do. */
  readonly advice: string;
}

/** How the errors with one code are told; `what` gets the error's message without its code. */
interface Rule {
  readonly code: FailureCode;
  readonly what?: (message: string) => string;
  readonly advice: string;
}

const REPORT_BUG =
  "This is a bug: please report it at https://github.com/snaprag/snaprag/issues with the output of --log-level debug.";
const BUG: Rule = { code: "unexpected", advice: REPORT_BUG };

const CHECK_NODE =
  "Check that the node runs and that the endpoint is right, or try `snaprag sync --devnet`, which needs no node.";
const OTHER_NODE = "Use another node, set with --snapchain-endpoint.";
const CHECK_DATABASE =
  "Check that the database runs and that its URL is right, or leave the URL out to use the embedded database.";
const OTHER_DATABASE = "Use another database, or another schema with `database.schema`.";
const AGAIN_LATER = "Try again; if it stays so, look into the database's log.";

const UNREACHABLE_NODE: Rule = { code: "node_unreachable", advice: CHECK_NODE };
const UNSUITABLE_NODE: Rule = { code: "node_unsuitable", advice: OTHER_NODE };

const NODE_RULES: { readonly [Code in NodeClientErrorCode]: Rule } = {
  unavailable: UNREACHABLE_NODE,
  deadline_exceeded: UNREACHABLE_NODE,
  resource_exhausted: UNREACHABLE_NODE,
  internal: UNREACHABLE_NODE,
  unauthenticated: UNSUITABLE_NODE,
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

const REFUSING_DATABASE: Rule = {
  code: "database_unreachable",
  what: (message) => `The database refuses: ${message}`,
  advice: AGAIN_LATER,
};
const FAILING_DATABASE: Rule = { ...BUG, what: (message) => `The database failed: ${message}` };
const MISSING_RIGHT: Rule = {
  code: "database_unsuitable",
  what: (message) => `The database user lacks a right: ${message}`,
  advice: "Grant it, or use another user, or another schema with `database.schema`.",
};
const IN_USE: Rule = {
  code: "in_use",
  advice: "Wait until it has ended, or stop it; look at it with `snaprag status`.",
};

const STORAGE_RULES: { readonly [Code in StorageErrorCode]: Rule } = {
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
  newer_schema: {
    code: "database_unsuitable",
    what: firstSentence,
    advice: "Upgrade snaprag, or use another database or schema.",
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
  constraint: FAILING_DATABASE,
  invalid_data: FAILING_DATABASE,
  closed: BUG,
  // Such as what TLS or the driver's log-in objects to.
  unknown: { ...REFUSING_DATABASE, advice: "Check the database URL and the database's log." },
};

/** SQLSTATEs that say more than the code they are filed under. */
const SQL_STATE_RULES: ReadonlyMap<string, Rule> = new Map([
  // No such database.
  ["3D000", STORAGE_RULES.connection],
  // Insufficient privilege.
  ["42501", MISSING_RIGHT],
]);

const SYNC_RULES: { readonly [Code in SyncErrorCode]: Rule } = {
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
    advice: "Wait until the node has synced, or use another one.",
  },
  no_snapshot: { code: "node_unsuitable", advice: "Try again later, or use another node." },
  node_behind: {
    code: "node_unsuitable",
    advice: "Wait until the node has synced, or use another one.",
  },
  cursor_expired: BUG,
  stream_ended: BUG,
  incomplete_block: UNSUITABLE_NODE,
  worker_failed: {
    code: "unexpected",
    advice: "Start it again, with more memory for the process; what is stored stays.",
  },
};

const DEVNET_RULES: { readonly [Code in DevnetErrorCode]: Rule } = {
  listen_failed: {
    code: "configuration",
    advice: "Choose another address with --port and --host; --port 0 takes any free port.",
  },
  not_started: BUG,
  stopped: BUG,
};

/** Tells any failure: its outcome, what happened and what to do, each on one line. */
export function explainFailure(error: unknown): Explanation {
  // Closing what was open failed too; what failed first is what counts.
  if (isNamed<SuppressedError>(error, "SuppressedError")) return explainFailure(error.suppressed);
  if (error instanceof CliError) {
    return { code: error.code, what: onOneLine(error.message), advice: onOneLine(error.advice) };
  }
  const { what = (message: string) => message, ...rule } = findRule(error);
  return { code: rule.code, what: onOneLine(what(describe(error))), advice: rule.advice };
}

/** Runs a factory of a library, and blames the configuration when it refuses an option. */
export function withConfigured<Result>(create: () => Result): Result {
  try {
    return create();
  } catch (error) {
    throw error instanceof TypeError ? wrongOption(error) : error;
  }
}

function wrongOption(cause: TypeError): CliError {
  const advice = "Correct it; `snaprag config show` says where configured values come from.";
  return new CliError("configuration", cause.message, { advice, cause });
}

/**
 * Whether it is a library's error of this name.
 *
 * By name and not by class: a class would load its library, which `snaprag --help` does not need.
 */
export function isNamed<Named extends Error>(error: unknown, name: Named["name"]): error is Named {
  return error instanceof Error && error.name === name;
}

function findRule(error: unknown): Rule {
  if (isNamed<NodeClientError>(error, "NodeClientError")) return NODE_RULES[error.code];
  if (isNamed<SyncError>(error, "SyncError")) return SYNC_RULES[error.code];
  if (isNamed<DevnetError>(error, "DevnetError")) return DEVNET_RULES[error.code];
  if (!isNamed<StorageError>(error, "StorageError")) return BUG;
  return SQL_STATE_RULES.get(error.sqlState ?? "") ?? STORAGE_RULES[error.code];
}

function describe(error: unknown): string {
  if (isNamed<NodeClientError>(error, "NodeClientError")) return describeNodeFailure(error);
  if (!(error instanceof Error)) return String(error);
  // The libraries begin their messages with the code, in brackets, and end some with advice.
  return error.message.replace(/^\[\w+\] /, "");
}

function describeNodeFailure(error: NodeClientError): string {
  const { code, endpoint, details, message, method } = error;
  const why = (details ?? message.replace(/^\[\w+\] /, ""))
    // How grpc-js wraps what a socket reports.
    .replace(/^No connection established\. Last error: (?:Error: )?/, "")
    .replace(/\.? Resolution note: ?$/, "");
  const node = endpoint === undefined ? "The node" : `The node at ${endpoint}`;
  if (NODE_RULES[code].code === "node_unreachable") return `${node} cannot be reached: ${why}`;
  return method === undefined ? `${node} fails: ${why}` : `${node} fails ${method}: ${why}`;
}

/** For messages that go on with advice. */
function firstSentence(message: string): string {
  return message.split(/\. (?=[A-Z])/, 1)[0] ?? message;
}

function onOneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
