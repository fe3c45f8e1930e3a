import { CliError } from "../../errors/cli-error.ts";
import type { Reporter } from "../../screen/reporter.ts";
import type { OpenDatabase } from "../database/open-database.ts";
import { resetStore } from "../database/reset.ts";

/** `FarcasterNetwork` number of a devnet. */
const DEVNET = 3;

/** What a renewal has to know. */
export interface RenewalOptions {
  /** What this process is, told to others that find the mirror taken. */
  readonly holder: string;
  /** Where the mirror is, without passwords. */
  readonly place: string;
  readonly reporter: Reporter;
}

/**
 * Empties the mirror of an earlier devnet: that network ended with its process, and the next one is
 * another that only looks alike.
 *
 * Throws a {@link CliError} when the database mirrors a real network, and leaves it as it is.
 */
export async function renewDevnetMirror(
  { store }: OpenDatabase,
  { holder, place, reporter }: RenewalOptions,
): Promise<void> {
  const mirrored = await store.findNetwork();
  if (mirrored === undefined) return;
  if (mirrored.network !== DEVNET) {
    throw new CliError(
      "database_unsuitable",
      `${place} mirrors network ${mirrored.network}, which a devnet would spoil.`,
      { advice: "Leave --devnet out, or use another database or another schema." },
    );
  }
  await resetStore(store, holder);
  reporter.announce({
    event: "earlier devnet removed",
    fields: { database: place },
    sentence: `Removed the mirror of an earlier devnet from ${place}.`,
  });
}
