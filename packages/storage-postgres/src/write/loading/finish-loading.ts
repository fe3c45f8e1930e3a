import type { Connections } from "../../connection/connections.ts";
import { whileNobodyBuilds } from "./build-turns.ts";
import { buildIndexes } from "./load-indexes.ts";
import { resumeVacuum } from "./vacuum-settings.ts";

/** Does what was put off while rows came in bulk. What is done already is not done again. */
export async function finishLoading(connections: Connections): Promise<void> {
  await whileNobodyBuilds(connections, async (session) => {
    await buildIndexes(connections, session);
    await resumeVacuum(session);
  });
}
