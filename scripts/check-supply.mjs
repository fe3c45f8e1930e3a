// What the published packages bring into whoever installs them: how many packages of others, how
// large, under which licences, with what code that runs on installing; and that every dependency is
// pinned, by version and by hash, to the registry. docs/supply.md says what is allowed.
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const root = fileURLToPath(new URL("..", import.meta.url));
const DOCUMENT = "docs/supply.md";
const LICENCES = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"];
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall"];
const SECTIONS = ["dependencies", "devDependencies", "optionalDependencies"];
/** What a document states may be so much more than what is. */
const SLACK = 1.1;
const problems = [];

const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));
const workspace = parse(readFileSync(join(root, "pnpm-workspace.yaml"), "utf8"));
const document = readFileSync(join(root, DOCUMENT), "utf8");
const manifests = workspace.packages
  .flatMap((pattern) =>
    pattern.endsWith("/*")
      ? readdirSync(join(root, pattern.slice(0, -2))).map((name) => pattern.slice(0, -1) + name)
      : [pattern],
  )
  .concat(".")
  .filter((folder) => existsSync(join(root, folder, "package.json")))
  .map((folder) => ({
    folder: join(root, folder),
    manifest: readJson(join(root, folder, "package.json")),
  }));
const own = new Set(manifests.map(({ manifest }) => manifest.name));
const published = manifests.filter(({ manifest }) => !manifest.private);

/** What npm installs with a package, and `false` for what it may go without. */
function listInstalled({
  dependencies,
  optionalDependencies,
  peerDependencies,
  peerDependenciesMeta,
}) {
  const peers = Object.keys(peerDependencies ?? {});
  return new Map([
    ...peers.filter((name) => !peerDependenciesMeta?.[name]?.optional).map((name) => [name, true]),
    ...Object.keys(dependencies ?? {}).map((name) => [name, true]),
    // Of those, what belongs to another platform is not here.
    ...Object.keys(optionalDependencies ?? {}).map((name) => [name, false]),
  ]);
}

function findFolder(name, from) {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(candidate)) return realpathSync(candidate);
  }
  return undefined;
}

/** Adds what a folder's package brings to `found`: packages of others, by name and version. */
function collect(folder, names, found) {
  for (const [name, isNeeded] of names) {
    const place = findFolder(name, folder);
    if (place === undefined) {
      if (isNeeded) problems.push(`${name}, which ${folder} needs, is not installed`);
      continue;
    }
    const manifest = readJson(join(place, "package.json"));
    const key = own.has(name) ? name : `${manifest.name}@${manifest.version}`;
    if (found.has(key)) continue;
    found.set(key, { place, manifest, isOwn: own.has(name) });
    collect(place, listInstalled(manifest), found);
  }
  return found;
}

const bytesOf = new Map();

/** Size of a package's files, as unpacked. */
function measure(folder) {
  const known = bytesOf.get(folder);
  if (known !== undefined) return known;
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !path.startsWith(join(folder, "node_modules/"))) {
      bytes += lstatSync(path).size;
    }
  }
  bytesOf.set(folder, bytes);
  return bytes;
}

/** What a table of the document says in the row of this name. */
function findRow(name) {
  const row = document.split("\n").find((line) => line.startsWith(`| \`${name}\``));
  return row?.split("|").map((cell) => cell.trim());
}

function checkWeight({ folder, manifest }) {
  const all = [...collect(folder, listInstalled(manifest), new Map()).values()];
  const others = all.filter(({ isOwn }) => !isOwn);
  const bytes = others.reduce((sum, { place }) => sum + measure(place), 0);
  const megabytes = Math.ceil(bytes / 1e5) / 10;
  const [, , count, size] = findRow(manifest.name) ?? [];
  const is = `${others.length} packages of others, ${megabytes.toFixed(1)} MB`;
  const allowed = Number.parseFloat(size);
  // Not only too much fails: what is said to users has to be so.
  const isSo = megabytes <= allowed && Math.max(megabytes, 0.1) * SLACK >= allowed;
  if (Number(count) !== others.length || !isSo) {
    problems.push(`${manifest.name} brings ${is}; ${DOCUMENT} says ${count}, ${size}`);
  }
}

function isLicenceAllowed(licence) {
  const [names, isChoice] = [licence.split(/ AND | OR /), / OR /.test(licence)];
  const isAllowed = (name) => LICENCES.includes(name.replaceAll(/[()]/g, "").trim());
  return isChoice ? names.some(isAllowed) : names.every(isAllowed);
}

/** Exceptions are rows of the document: the name, what about it, and why that is allowed. */
function isExcepted(name, what) {
  const [, , said, reason] =
    findRow(name.replace(/-(linux|linuxmusl|darwin|win32)-.*/, "-…")) ?? [];
  return said?.includes(what) && reason !== "";
}

function checkPackage({ place, manifest }) {
  const { name, scripts = {} } = manifest;
  const license = typeof manifest.license === "string" ? manifest.license : "none";
  if (!isLicenceAllowed(license) && !isExcepted(name, license)) {
    problems.push(`${name} has the licence ${license}, which is not one of ${LICENCES.join(", ")}`);
  }
  const run = INSTALL_SCRIPTS.filter((script) => scripts[script] !== undefined);
  // npm compiles what has such a file and says nothing else.
  if (run.length === 0 && existsSync(join(place, "binding.gyp"))) run.push("install");
  for (const script of run) {
    if (!isExcepted(name, script)) problems.push(`${name} runs code on installing: ${script}`);
  }
}

/** What a published package brings, and what it lets its user add. */
function listOfferedToo({ folder, manifest }) {
  const names = new Map(Object.keys(manifest.peerDependencies ?? {}).map((name) => [name, true]));
  return collect(folder, new Map([...names, ...listInstalled(manifest)]), new Map());
}

function checkSpecifiers({ manifest }) {
  for (const section of SECTIONS) {
    for (const [name, specifier] of Object.entries(manifest[section] ?? {})) {
      const isPinned = /^(catalog:|workspace:[\^*]|\d+\.\d+\.\d+(-[\w.]+)?)$/.test(specifier);
      if (!isPinned) problems.push(`${manifest.name}: ${name} is ${specifier}, not exact`);
      if (own.has(name) && !specifier.startsWith("workspace:")) {
        problems.push(`${manifest.name}: ${name} is ${specifier}, and lives here`);
      }
    }
  }
  for (const [name, range] of Object.entries(manifest.peerDependencies ?? {})) {
    // A range where the catalog is exact: what is tested is the lowest of it.
    if (range.replace("^", "") !== workspace.catalog[name]?.replace("^", "")) {
      problems.push(`${manifest.name}: peer ${name} is ${range}, not as in the catalog`);
    }
  }
}

function checkLockfile() {
  const { packages } = parse(readFileSync(join(root, "pnpm-lock.yaml"), "utf8"));
  for (const [key, { resolution }] of Object.entries(packages)) {
    const isHashed = /^sha512-[A-Za-z0-9+/]{86}==$/.test(resolution?.integrity ?? "");
    // A tarball of the registry needs no address beside its name and version.
    if (!isHashed || Object.keys(resolution).length > 1) {
      problems.push(`pnpm-lock.yaml: ${key} is not pinned by its hash to the registry`);
    }
  }
  return Object.keys(packages).length;
}

for (const one of manifests) checkSpecifiers(one);
const lockedCount = checkLockfile();
for (const one of published) checkWeight(one);
const offered = new Map(published.flatMap((one) => [...listOfferedToo(one)]));
const others = [...offered.values()].filter(({ isOwn }) => !isOwn);
for (const one of others) checkPackage(one);

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(
  `${published.length} packages bring ${others.length} of others, ${lockedCount} are pinned: in order`,
);
