import type { GetShardTransactionsResponse, Message } from "@snaprag/proto";
import type { Network } from "../../engine/network.ts";
import { hex } from "../../engine/rules/verdict.ts";
import type { Faults } from "../create-faults.ts";
import { choosePairs, oncePerPlan } from "./choose-messages.ts";

/** What puts messages, or their bodies, in each other's place. */
export interface Swaps {
  /** Hashes, in hex, of the messages that are exchanged. */
  hashes(name: SwapName): ReadonlySet<string>;
  /** An answer with what is exchanged in it. */
  apply(method: string, response: unknown): unknown;
}

type SwapName = "swapBodies" | "swapMessages";

/** Creates what exchanges messages of pages. */
export function createSwaps(network: Network, faults: Faults): Swaps {
  const pairsOf = (name: SwapName) =>
    oncePerPlan(name, faults, (lie) =>
      choosePairs(lie, network, faults.prngOf(name, new Uint8Array())),
    );
  const pairs = { swapBodies: pairsOf("swapBodies"), swapMessages: pairsOf("swapMessages") };

  function swap(
    name: SwapName,
    message: Message,
    merge: (message: Message, other: Message) => Message,
  ): Message {
    const other = pairs[name]()?.get(hex(message.hash));
    if (other === undefined) return message;
    faults.count(name);
    return merge(message, other);
  }

  function swapAll(message: Message): Message {
    const placed = swap("swapMessages", message, (_, other) => other);
    return swap("swapBodies", placed, withBodyOf);
  }

  return {
    hashes: (name) => new Set(pairs[name]()?.keys()),
    apply(method, response) {
      const isPlanned = faults.isPlanned("swapBodies") || faults.isPlanned("swapMessages");
      if (!isPlanned || method !== "GetShardTransactions") return response;
      // Safety: the call is answered with its own type.
      const page = response as GetShardTransactionsResponse;
      const trieMessages = page.trieMessages.map((entry) => {
        const { trieMessage } = entry;
        if (trieMessage?.$case !== "userMessage") return entry;
        const value = swapAll(trieMessage.value);
        return { ...entry, trieMessage: { ...trieMessage, value } };
      });
      return { ...page, trieMessages };
    },
  };
}

function withBodyOf(message: Message, { data, dataBytes }: Message): Message {
  return { ...message, data, dataBytes };
}
