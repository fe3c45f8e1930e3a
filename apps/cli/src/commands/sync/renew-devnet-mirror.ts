import type { Devnet } from "@snaprag/devnet";
import type { NetworkIdentity } from "@snaprag/storage";
import { CliError } from "../../errors/cli-error.ts";
import type { Reporter } from "../../screen/reporter.ts";
import type { DatabaseTarget } from "../database/database-target.ts";
import { placeOf } from "../database/database-target.ts";
import type { OpenDatabase } from "../database/open-database.ts";
import { resetStore } from "../database/reset.ts";

/** `FarcasterNetwork` number of a devnet. */
const DEVNET = 3;

/** What a renewal has to know. */
export interface RenewalOptions {
  /** What this process is, told to others that find the mirror taken. */
  readonly holder: string;
  readonly target: DatabaseTarget;
  readonly reporter: Reporter;
}

/**
 * Empties the mirror of an earlier devnet: that network ended with its process, and the next one is
 * another that only looks alike.
 *
 * Throws a {@link CliError} when the database mirrors a real network, or a devnet that may still go on,
 * and leaves it as it is.
 */
export async function renewDevnetMirror(
  { store }: OpenDatabase,
  { holder, target, reporter }: RenewalOptions,
): Promise<void> {
  const mirrored = await store.findNetwork();
  if (mirrored === undefined) return;
  expectRenewable(mirrored, target);
  await resetStore(store, holder);
  const place = placeOf(target);
  reporter.announce({
    event: "earlier devnet removed",
    fields: { database: place },
    sentence: `Removed the mirror of an earlier devnet from ${place}.`,
  });
}

/** The embedded database of `--devnet` is for nothing else; elsewhere an ordinary sync may have mirrored. */
function expectRenewable({ network, isTemporary }: NetworkIdentity, target: DatabaseTarget): void {
  const place = placeOf(target);
  if (network !== DEVNET) {
    throw new CliError(
      "database_unsuitable",
      `${place} mirrors network ${network}, which a devnet would spoil.`,
      { advice: "Leave --devnet out, or use another database or another schema." },
    );
  }
  if (isTemporary || target.kind === "embedded") return;
  throw new CliError(
    "database_unsuitable",
    `${place} mirrors a devnet that no earlier \`sync --devnet\` has made.`,
    {
      advice:
        "Use another database or another schema; where its mirror is not wanted any more, delete it with `snaprag reset --force`.",
    },
  );
}

/** Records that the mirror ends with its devnet: before the sync, which records the network alone. */
export async function bindDevnetMirror({ store }: OpenDatabase, devnet: Devnet): Promise<void> {
  await store.migrate();
  // Shard 0 has a height too.
  const shardCount = devnet.heights().size - 1;
  await store.bindNetwork({ network: DEVNET, shardCount, isTemporary: true });
}
