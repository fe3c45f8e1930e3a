import type { Client } from "pg";
import type { Connections } from "../../connection/connections.ts";
import { whileNobodyBuilds } from "./build-turns.ts";
import { buildKeys } from "./keys.ts";
import { buildIndexes } from "./load-indexes.ts";
import { resumeVacuum } from "./vacuum-settings.ts";

/**
 * Does what was put off while rows came in bulk. What is done already is not done again. The signal ends
 * a wait for another process that does it.
 */
export async function finishLoading(connections: Connections, signal?: AbortSignal): Promise<void> {
  const build = async (session: Client) => {
    await buildKeys(session);
    await buildIndexes(connections, session);
    await resumeVacuum(session);
  };
  await whileNobodyBuilds(connections, build, signal);
}
