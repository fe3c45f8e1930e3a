import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";

interface Manifest {
  readonly exports?: Record<string, string | { readonly default: string }>;
  readonly bin?: Record<string, string>;
}

/** Every package builds from here: the entries are what its package.json exports or runs. */
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const exported = Object.values(manifest.exports ?? {}).flatMap((target) =>
  typeof target === "object" ? [target.default] : [],
);
const commands = Object.values(manifest.bin ?? {});
const sources = [...exported, ...commands].map((path) =>
  path.replace(/^(\.\/)?dist\//, "src/").replace(/\.js$/, ".ts"),
);

export default defineConfig({
  entry: sources,
  format: ["esm"],
  target: "node20",
  sourcemap: true,
  clean: true,
});
