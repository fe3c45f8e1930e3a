/** Package `from` may import itself and `allowed`, and no other workspace package. */
const layer = (from, allowed) => ({
  name: `layer-${from}`,
  severity: "error",
  from: { path: `^packages/${from}/src` },
  to: { path: "^(packages|apps)/", pathNot: `^packages/(${[from, ...allowed].join("|")})/` },
});

/** Package `from` computes and nothing else: no I/O, clock or process can reach it. */
const pure = (from) => ({
  name: `${from}-is-pure`,
  severity: "error",
  from: { path: `^packages/${from}/src` },
  to: { dependencyTypes: ["core"] },
});

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    // Loud failure: an unresolved workspace import would make every layer rule pass silently.
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    layer("proto", []),
    layer("verify", ["proto"]),
    layer("client", ["proto"]),
    layer("processors", ["proto"]),
    layer("storage", ["processors"]),
    layer("embeddings", []),
    layer("storage-postgres", ["storage", "processors", "embeddings"]),
    layer("devnet", ["proto", "verify"]),
    layer("sync", ["proto", "client", "processors", "verify", "storage"]),
    pure("proto"),
    pure("verify"),
    pure("processors"),
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "/dist/" },
    // Needed to resolve `@snaprag/x` through package.json "exports".
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["snaprag-source", "import", "types", "default"],
    },
  },
};
