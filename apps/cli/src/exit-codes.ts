/**
 * How a command ends.
 *
 * - `ok`: it did what was asked, or was asked to stop and did.
 * - `unexpected`: it failed in a way nobody foresaw: a bug.
 * - `usage`: the command line is wrong.
 * - `configuration`: a file, a variable or a value in them is wrong.
 * - `node_unreachable`: no node answers.
 * - `node_unsuitable`: the node answers, but cannot be mirrored.
 * - `database_unreachable`: the database does not answer, or refuses.
 * - `database_unsuitable`: the database answers, but cannot hold the mirror.
 * - `rows_differed`: a check found rows that were not what they must be.
 * - `not_proved`: rows were not proved to be what the chain says: they are not, or nothing says so.
 * - `key_missing`: the embedding provider wants a key, and there is none.
 * - `key_refused`: the embedding provider does not accept the key.
 * - `provider_unreachable`: the embedding provider does not answer.
 * - `provider_failing`: the embedding provider answers, but cannot embed just now.
 * - `provider_unsuitable`: the embedding provider does not have the model.
 * - `dimension_mismatch`: the model's vectors are not of the length, or the kind, that is stored.
 * - `extension_missing`: the database lacks an extension that is asked for.
 * - `package_missing`: a package that is only wanted for what was asked is not installed.
 * - `model_unavailable`: a model that is to run in this process cannot be loaded.
 * - `nothing_embedded`: there are no vectors to search yet.
 * - `in_use`: another process syncs into the database.
 * - `forced`: a second Ctrl-C cut the clean end short.
 */
export type Outcome =
  | "ok"
  | "unexpected"
  | "usage"
  | "configuration"
  | "node_unreachable"
  | "node_unsuitable"
  | "database_unreachable"
  | "database_unsuitable"
  | "rows_differed"
  | "not_proved"
  | "key_missing"
  | "key_refused"
  | "provider_unreachable"
  | "provider_failing"
  | "provider_unsuitable"
  | "dimension_mismatch"
  | "extension_missing"
  | "package_missing"
  | "model_unavailable"
  | "nothing_embedded"
  | "in_use"
  | "forced";

/** An outcome that a failure leads to. */
export type FailureCode = Exclude<Outcome, "ok" | "forced">;

/** Exit code of each outcome. Scripts branch on them: changing one is a breaking change. */
export const EXIT_CODES: { readonly [Name in Outcome]: number } = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  configuration: 3,
  node_unreachable: 10,
  node_unsuitable: 11,
  database_unreachable: 20,
  database_unsuitable: 21,
  rows_differed: 30,
  not_proved: 31,
  key_missing: 40,
  key_refused: 41,
  provider_unreachable: 42,
  provider_failing: 43,
  provider_unsuitable: 44,
  dimension_mismatch: 45,
  extension_missing: 46,
  package_missing: 47,
  model_unavailable: 48,
  nothing_embedded: 49,
  // EX_TEMPFAIL of sysexits.h: trying again later may succeed.
  in_use: 75,
  // 128 + SIGINT, as a shell reports it.
  forced: 130,
};

/** What each outcome means, for `snaprag --help`. */
export const OUTCOME_MEANINGS: { readonly [Name in Outcome]: string } = {
  ok: "done, or stopped on request",
  unexpected: "unexpected failure: a bug, or no clean end within 10 seconds",
  usage: "wrong command line",
  configuration: "wrong configuration file, variable or value",
  node_unreachable: "no node answers",
  node_unsuitable: "the node cannot be mirrored: no ReplicationService, shard not hosted, …",
  database_unreachable: "the database does not answer, or refuses",
  database_unsuitable: "the database cannot hold the mirror: newer schema, other network, …",
  rows_differed: "derived rows were not what the messages say, and were put right",
  not_proved: "rows are not what the chain says, or could not be proved to be",
  key_missing: "the embedding provider wants a key, and there is none",
  key_refused: "the embedding provider does not accept the key",
  provider_unreachable: "the embedding provider does not answer",
  provider_failing: "the embedding provider cannot embed just now",
  provider_unsuitable: "the embedding provider does not have the model",
  dimension_mismatch: "the model's vectors do not fit those that are stored",
  extension_missing: "the database lacks an extension that is asked for",
  package_missing: "a package that is only needed for this is not installed",
  model_unavailable: "a local model cannot be loaded",
  nothing_embedded: "there are no vectors to search yet",
  in_use: "another process syncs into the database, or has taken the embedding over",
  forced: "stopped at once by a second Ctrl-C",
};

/**
 * Whether starting the command again, with nothing changed, may help by itself: for whatever keeps it
 * running. Where a code stands for both, it says of what; stderr says which it is.
 */
export const RESTARTS: { readonly [Name in Outcome]: string } = {
  ok: "there is no need",
  unexpected: "either: yes after no clean end or a lack of memory, no for a bug",
  usage: "no",
  configuration: "either: yes where only a port was in use, else no",
  node_unreachable: "either: yes while it is away, no for a wrong endpoint or certificate",
  node_unsuitable: "either: yes where it has yet to sync or to take a snapshot, else no",
  database_unreachable: "either: yes while it is away or busy, no for a wrong URL or password",
  database_unsuitable: "no",
  rows_differed: "there is no need: they are right now",
  not_proved: "either: yes where they could not be compared, no where they differ",
  key_missing: "no",
  key_refused: "no",
  provider_unreachable: "either: yes while it is away, no for a wrong endpoint",
  provider_failing: "either: yes where it is overloaded, no for a wrong endpoint",
  provider_unsuitable: "no",
  dimension_mismatch: "no",
  extension_missing: "no",
  package_missing: "no",
  model_unavailable: "either: yes where a download failed, else no",
  nothing_embedded: "yes, once `snaprag embed` has run",
  in_use: "either: yes once that has ended, no where two embed by other models",
  forced: "yes: what was committed stays",
};
