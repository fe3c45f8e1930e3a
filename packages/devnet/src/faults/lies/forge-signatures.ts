import type { Network } from "../../engine/network.ts";
import { hex } from "../../engine/rules/verdict.ts";
import { createSigner } from "../../traffic/authoring/build-message.ts";
import { mapMessages } from "../corrupt-messages.ts";
import type { Faults } from "../create-faults.ts";
import type { RpcMethod } from "../fault-plan.ts";
import { chooseHashes, oncePerPlan } from "./choose-messages.ts";

/** What signs messages in the name of others. */
export interface Forgery {
  /** Hashes, in hex, of the messages that have a forged signature. */
  hashes(): ReadonlySet<string>;
  /** An answer with forged signatures. */
  apply(method: string, response: unknown): unknown;
}

const FORGED: ReadonlySet<string> = new Set<RpcMethod>([
  "GetShardTransactions",
  "GetEvents",
  "GetEvent",
  "Subscribe",
]);

/** Creates what forges signatures. */
export function createForgery(network: Network, faults: Faults): Forgery {
  const findHashes = oncePerPlan("forgeSignature", faults, (lie) =>
    chooseHashes(lie, network, faults.prngOf("forgeSignature", new Uint8Array())),
  );
  // A right signature, but of a key that nobody has given anything to.
  const forger = createSigner("forger");

  return {
    hashes: () => findHashes() ?? new Set(),
    apply(method, response) {
      const hashes = FORGED.has(method) ? findHashes() : undefined;
      if (hashes === undefined) return response;
      return mapMessages(response, (message) => {
        if (!hashes.has(hex(message.hash))) return message;
        faults.count("forgeSignature");
        return { ...message, signature: forger.sign(message.hash) };
      });
    },
  };
}
