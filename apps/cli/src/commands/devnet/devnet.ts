import { once } from "node:events";
import type { DevnetOptions } from "@snaprag/devnet";
import type { Invocation } from "../program/cli-context.ts";
import { untilStopped } from "../program/until-stopped.ts";
import { startDevnet } from "./start-devnet.ts";

/** Flags of `snaprag devnet`, as the devnet takes them. */
export type DevnetFlags = Pick<
  DevnetOptions,
  "port" | "host" | "seed" | "users" | "messages" | "blockMs"
>;

/** `snaprag devnet`: a simulated node for others to connect to, until it is told to stop. */
export async function runDevnet(invocation: Invocation, flags: DevnetFlags): Promise<void> {
  await untilStopped(invocation, async ({ reporter, shutdown }) => {
    const { signal } = shutdown;
    await using devnet = await startDevnet(flags, { reporter, signal });
    const { endpoint } = devnet;
    reporter.announce({
      event: "devnet ready",
      fields: { endpoint },
      sentence: `A devnet is at ${endpoint}. Try: snaprag sync --snapchain-endpoint ${endpoint}`,
    });
    if (!signal.aborted) await once(signal, "abort");
    shutdown.enter("the devnet to stop");
  });
}
