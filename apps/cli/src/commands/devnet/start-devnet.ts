import type { Devnet, DevnetOptions } from "@snaprag/devnet";
import { withConfigured } from "../../errors/cli-error.ts";
import type { Reporter } from "../../screen/reporter.ts";

/** What a devnet is started with besides its own options. */
export interface StartSurroundings {
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/**
 * Starts a devnet in this process. An abort gives the start up and throws the signal's reason; after
 * the start, it means nothing to the devnet.
 */
export async function startDevnet(
  options: DevnetOptions,
  { reporter, signal }: StartSurroundings,
): Promise<Devnet> {
  const { createDevnet } = await import("@snaprag/devnet");
  signal.throwIfAborted();
  const devnet = withConfigured(() => createDevnet({ ...options, logger: reporter.logger }));
  reporter.announce({ event: "making history", sentence: "Making the history of a devnet…" });
  const giveUp = () => void devnet.stop();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    await devnet.start();
    return devnet;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
