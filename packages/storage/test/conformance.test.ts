import { describe, it } from "vitest";
import { CONFORMANCE_CASES } from "../src/conformance/index.ts";
import { homeShardOf, virtualShardOf } from "../src/conformance/world/actors.ts";
import { createMemoryStore } from "../src/index.ts";

describe("the memory store", () => {
  const openStore = async () => createMemoryStore({ homeShardOf, virtualShardOf });

  for (const { name, run } of CONFORMANCE_CASES) {
    it(name, () => run({ openStore, runs: 200 }), 60_000);
  }
});
