import { createNodeClient } from "@snaprag/client";
import type { Store } from "@snaprag/storage";
import type { VerifyOptions } from "@snaprag/sync";
import { toMetadata } from "../../../config/keys/node-headers.ts";
import { CliError, withConfigured } from "../../../errors/cli-error.ts";
import { createOutput } from "../../../output.ts";
import { createShutdown } from "../../../shutdown.ts";
import type { Invocation } from "../../program/cli-context.ts";
import { findNode } from "../../sync/find-node.ts";
import { nodePatienceOf } from "../../sync/syncer/connect-nodes.ts";
import { proofSettingsOf } from "../../sync/syncer/proof-settings.ts";

/** A node that a mirror is compared with. */
export interface Comparison {
  readonly endpoint: string;
  /** All that does not depend on the store, or on what is asked of it. */
  readonly options: Pick<VerifyOptions, "client" | "signal" | "verification" | "validatorSets">;
}

/**
 * Finds the first of the nodes that answers, and compares with it until that is done or somebody stops
 * it. Unlike a sync, a comparison that was stopped has not succeeded. Another node than the configured
 * ones is not sent their headers, which may be secrets.
 */
export async function compareWithNode(
  { context, settings }: Invocation,
  other: string | undefined,
  compare: (comparison: Comparison) => Promise<void>,
): Promise<void> {
  const endpoints = other === undefined ? settings["sync.snapchain_endpoint"].value : [other];
  const metadata = other === undefined ? toMetadata(settings["sync.snapchain_headers"].value) : {};
  const { signals, exit, stdout, stderr } = context;
  const output = createOutput(stdout, stderr);
  using shutdown = createShutdown({ signals, exit, tell: output.errorLine });
  const { signal } = shutdown;
  shutdown.enter("what is being read");
  try {
    const [endpoint] = await findNode(endpoints, { metadata, signal });
    const patience = nodePatienceOf(settings);
    await using client = withConfigured(() =>
      createNodeClient({ endpoint, metadata, ...patience }),
    );
    await compare({ endpoint, options: { client, signal, ...proofSettingsOf(settings) } });
  } catch (error) {
    throw signal.aborted ? stopped(error) : error;
  }
}

/**
 * Has what was found told also when something kept the rest from being looked at, with which it then
 * fails; unless nothing was found before.
 */
export async function tellFound(
  found: readonly unknown[],
  look: () => Promise<void>,
  tell: (told: { readonly isComplete: boolean }) => void,
): Promise<void> {
  try {
    await look();
  } catch (error) {
    if (found.length > 0) tell({ isComplete: false });
    throw error;
  }
  tell({ isComplete: true });
}

function stopped(cause: unknown): CliError {
  return new CliError("not_proved", "It was stopped before everything was compared.", {
    advice: "Start it again; what it has not looked at may be right or wrong.",
    cause,
  });
}

/**
 * The data shards to compare: those that were asked for, or all that are mirrored.
 *
 * @throws {CliError} `usage` for a shard that is not mirrored
 */
export async function chooseShards(
  store: Store,
  wanted: readonly number[] | undefined,
): Promise<readonly number[]> {
  const shards = await store.listShards();
  const mirrored = shards.map(({ shardId }) => shardId).filter((shardId) => shardId !== 0);
  const other = wanted?.find((shardId) => !mirrored.includes(shardId));
  if (mirrored.length === 0 || other === undefined) return wanted ?? mirrored;
  const advice = `Choose among ${mirrored.join(", ")}, or leave --shard out for all of them.`;
  const what =
    other === 0
      ? "Shard 0 has no trie: its gasless keys are proved with the data shards."
      : `Shard ${other} is not mirrored.`;
  throw new CliError("usage", what, { advice });
}

/** That there is nothing to compare. */
export function nothingMirrored(place: string): CliError {
  return new CliError("not_proved", `Nothing is mirrored yet in ${place}.`, {
    advice: "Start with `snaprag sync`, or name another database with --database-url.",
  });
}
