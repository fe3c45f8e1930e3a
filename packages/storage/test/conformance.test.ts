import { describe, it } from "vitest";
import { homeShardOf, virtualShardOf } from "../src/conformance/actors.ts";
import { CONFORMANCE_CASES } from "../src/conformance/index.ts";
import { createMemoryStore } from "../src/index.ts";

describe("the memory store", () => {
  const openStore = async () => createMemoryStore({ homeShardOf, virtualShardOf });

  for (const { name, run } of CONFORMANCE_CASES) {
    it(name, () => run({ openStore, runs: 200 }), 60_000);
  }
});
