import { setTimeout as sleep } from "node:timers/promises";
import type { CallInterceptor } from "../services/serve.ts";
import type { Faults } from "./create-faults.ts";
import type { AlterAnswer } from "./stream-faults.ts";
import { errorOf, serveFaultyStream } from "./stream-faults.ts";

/** What lies between a node's calls and their handlers. */
export function createCallFaults(faults: Faults, alter: AlterAnswer): CallInterceptor {
  async function begin(method: string): Promise<void> {
    const slow = faults.strike("slowRpcs", (fault) => (fault.method ?? method) === method);
    if (slow !== undefined) await sleep(slow.delayMs, undefined, { ref: false });
    const error = faults.strike("rpcErrors", (fault) => fault.method === method);
    if (error !== undefined) throw errorOf(error);
  }

  return {
    async unary(method, answer) {
      if (faults.isQuiet()) return answer();
      await begin(method);
      return alter(method, await answer());
    },
    async stream(method, stream, answer) {
      if (!faults.isQuiet()) await begin(method);
      await serveFaultyStream({ method, stream, faults, alter }, answer);
    },
  };
}
