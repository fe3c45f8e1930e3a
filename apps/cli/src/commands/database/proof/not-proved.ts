// Why what was compared is not proved, and what to do about it.
import type { ShardVerification } from "@snaprag/sync";
import { CliError } from "../../../errors/cli-error.ts";
import { formatAmount } from "../../../screen/format-quantity.ts";
import { totalsOf } from "./shard-report.ts";

/** The failure of a command that compared shards, of which not all match. */
export function notProved(shards: readonly ShardVerification[]): CliError {
  const { differing, pending } = totalsOf(shards);
  if (differing > 0) {
    const what = `What the mirror has of ${formatAmount(differing, "account")} is not what the node has.`;
    return new CliError("not_proved", what, {
      advice:
        "`snaprag repair` puts that right; --against with another node's URL shows whether this one is wrong.",
    });
  }
  if (pending === 0 && shards.some(({ status }) => status === "mismatch")) {
    const what = "The rows do not add up to the chain's root, though no account differs.";
    return new CliError("not_proved", what, {
      advice: "Verify again; if it stays so, --against with another node's URL says more.",
    });
  }
  if (pending === 0 && shards.some(({ root, chainRoot }) => root && !chainRoot)) {
    const what =
      "The node has not the block that the rows are of, so that no root says they are all.";
    return new CliError("not_proved", what, {
      advice:
        "Let the sync catch up with the node and verify again, or use --against with another node's URL.",
    });
  }
  const keyless = shards.reduce((sum, { withoutKeys }) => sum + withoutKeys.length, 0);
  if (pending === 0 && keyless > 0) {
    const what = `The mirror lacks shard 0, by which the gasless keys of ${formatAmount(keyless, "account")} come; nothing else differs.`;
    return new CliError("not_proved", what, {
      advice: "Without them no root can be proved: mirror shard 0 as well, or leave it at this.",
    });
  }
  const what =
    pending > 0
      ? `The node has changed ${formatAmount(pending, "account")} since, so that not everything could be compared.`
      : "The mirror is not complete yet, so that not everything could be compared.";
  return new CliError("not_proved", what, {
    advice: "Let the sync catch up with the node, see `snaprag status`, and verify again.",
  });
}
