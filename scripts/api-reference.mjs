// The API reference of all packages, from their docstrings: written to build/api, or with `--check`
// only looked at. Both fail where it would be incomplete: an exported symbol, a method or an option
// without a docstring, a link to nothing, a type in a signature that nobody can import.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Application, ReflectionKind } from "typedoc";

const OUT = "build/api";
/** What the two constants of the same names are typed by; the generator's are theirs to replace. */
const NOT_EXPORTED = {
  "@snaprag/proto": [
    "src/gen/rpc.ts:HubServiceDefinition",
    "src/gen/replication.ts:ReplicationServiceDefinition",
  ],
};
const DOCUMENTED_KINDS =
  ReflectionKind.Module |
  ReflectionKind.Class |
  ReflectionKind.Interface |
  ReflectionKind.TypeAlias |
  ReflectionKind.Function |
  ReflectionKind.Variable |
  ReflectionKind.Method |
  ReflectionKind.Accessor |
  ReflectionKind.Property;

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const packages = readdirSync("packages").map((folder) => {
  const { name, exports } = JSON.parse(readFileSync(`packages/${folder}/package.json`, "utf8"));
  // What has no source to import is the program of a thread, and exports nothing.
  const entryPoints = Object.values(exports).flatMap((target) =>
    target["snaprag-source"] ? [`packages/${folder}/${target["snaprag-source"].slice(2)}`] : [],
  );
  return { name, entryPoints };
});

/** Generated code says what its .proto file or migration says. */
function isGenerated({ sources = [] }) {
  return sources.some(({ fullFileName }) => fullFileName.includes("/src/gen/"));
}

/** What a property means, its name and type often say; what an option does, they do not. */
function needsDocstring(reflection) {
  // `[Symbol.asyncDispose]` is `close`, `stop` or `release` wherever there is one.
  if (isGenerated(reflection) || reflection.name === "[asyncDispose]") return false;
  if (!reflection.kindOf(ReflectionKind.Property)) return true;
  return (
    reflection.parent.kindOf(ReflectionKind.Interface) && /Options$/.test(reflection.parent.name)
  );
}

function isDocumented(reflection) {
  const signatures = [
    ...(reflection.signatures ?? []),
    ...[reflection.getSignature, reflection.setSignature].filter(Boolean),
  ];
  return (
    reflection.hasComment() ||
    (signatures.length > 0 && signatures.every((signature) => signature.hasComment()))
  );
}

/** TypeDoc's own validation looks only at types of the one package that it thinks the project is. */
function validate(app, project) {
  for (const { name } of packages) {
    project.packageName = name;
    app.options.setValue("intentionallyNotExported", NOT_EXPORTED[name] ?? []);
    app.validate(project);
    // Once is enough of what is not asked by package.
    app.options.setValue("validation", { invalidLink: false });
  }
  for (const reflection of project.getReflectionsByKind(DOCUMENTED_KINDS)) {
    if (needsDocstring(reflection) && !isDocumented(reflection)) {
      app.logger.error(`${reflection.getFriendlyFullName()} has no docstring`);
    }
  }
}

const app = await Application.bootstrap({
  name: "snaprag",
  entryPoints: packages.flatMap(({ entryPoints }) => entryPoints),
  tsconfig: "tsconfig.api.json",
  // `typecheck` does that.
  skipErrorChecking: true,
  readme: "none",
  // What Error and others inherit from is described elsewhere.
  excludeExternals: true,
  displayBasePath: ".",
  // Addresses are made of package and symbol, and of nothing that a change of the code moves.
  router: "structure",
  disableGit: true,
  navigationLinks: { Repository: "https://github.com/snaprag/snaprag" },
  sourceLinkTemplate: "https://github.com/snaprag/snaprag/blob/main/{path}#L{line}",
  validation: { notExported: true, invalidLink: true },
});
const project = await app.convert();
if (project) validate(app, project);
if (!project || app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
if (process.argv.includes("--check")) {
  console.log(
    `${Object.keys(project.reflections).length} entries of ${packages.length} packages: in order`,
  );
} else {
  await app.generateDocs(project, OUT);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
}
