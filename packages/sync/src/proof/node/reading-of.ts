import type { NodeClient } from "@snaprag/client";
import type { SyncRun } from "../../run/sync-run.ts";
import { processContextOf } from "../../run/sync-run.ts";
import { readKeyHistory } from "./key-history.ts";
import type { NodeReading } from "./node-reading.ts";

/** What the rows that a run writes are proved with, against the node they come from. */
export function readingOf(run: SyncRun, client: NodeClient): NodeReading {
  const { network, blake3, ed25519, validatorSets, areValidatorsConfigured, signal } = run;
  const { clock } = run.options;
  const { homeShardOf } = processContextOf(run, 0);
  return {
    ...{ client, network, homeShardOf, blake3, ed25519, signal, clock },
    ...{ validatorSets, areValidatorsConfigured },
    readKeyHistory: (leaving) =>
      readKeyHistory({ client, network: network.network, signal: leaving }),
  };
}
