// Who owns an embedded database's folder. PGlite itself would let two processes open it and ruin it.

import { readFileSync } from "node:fs";
import { link, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { StorageError } from "@snaprag/storage";
import { isServed } from "./socket-folder.ts";

/** The process that has an embedded database open. */
export interface Owner {
  readonly pid: number;
  /** Start time of the process, so that a reused pid is not taken for it; empty when unknown. */
  readonly startedAt: string;
  /** What it is, for whoever finds the database taken. */
  readonly holder: string;
  /** Folder of the socket it serves the database on. */
  readonly socketFolder: string;
  /** Name of the machine or container it runs on; older versions did not say. */
  readonly host?: string | undefined;
}

/** Start time in clock ticks since boot, from /proc; empty where there is none. */
function processStart(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the command in parentheses and may hold spaces.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    // No such process, or no /proc on this system: the pid alone has to do.
    return "";
  }
}

/** Of a file that nobody has written to its end: the machine went down while it was on its way to disk. */
const NOBODY: Owner = { pid: 0, startedAt: "", holder: "", socketFolder: "" };

/** Whether the process runs, as far as processes can be seen from here. */
function isRunning({ pid, startedAt }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return startedAt === "" || processStart(pid) === startedAt;
}

function outOfSight({ holder, pid, host }: Owner, path: string): StorageError {
  const current = `${holder} (pid ${pid} on ${host})`;
  return new StorageError(
    "locked",
    `${current} has opened the database, and cannot be seen from ${hostname()}. If it has ended, delete ${path}`,
    { holder: current },
  );
}

/**
 * The owner, if it is alive, with the socket folder that it is reached by. In another container it has a
 * pid that is nobody's here, or somebody else's, and may see the same folders at other paths.
 *
 * @throws {StorageError} `locked` when it has another host and is not reached: it may be opening the database
 */
async function findAlive(
  owner: Owner,
  { path, socketFolder }: { readonly path: string; readonly socketFolder: string },
): Promise<Owner | undefined> {
  if (owner.pid === NOBODY.pid) return undefined;
  if (isRunning(owner)) return owner;
  for (const folder of new Set([owner.socketFolder, socketFolder])) {
    if (await isServed(folder)) return { ...owner, socketFolder: folder };
  }
  if (owner.host !== undefined && owner.host !== hostname()) throw outOfSight(owner, path);
  return undefined;
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Owner;
  } catch (error) {
    if (error instanceof SyntaxError) return NOBODY;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * The living owner of a database, if there is one. The socket folder is where this process would serve it.
 *
 * @throws {StorageError} `locked` when the owner is of another host, and gives no sign of life
 */
export async function findOwner(path: string, socketFolder: string): Promise<Owner | undefined> {
  const owner = await readOwner(path);
  return owner && findAlive(owner, { path, socketFolder });
}

/** Whether something failed for this reason. */
async function failsWith(code: string, attempt: Promise<void>): Promise<boolean> {
  try {
    await attempt;
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return true;
    throw error;
  }
}

/**
 * Takes a dead owner's file away, and no other: of several that saw it, one is the next owner already
 * when another comes to this, and gets its file back.
 */
export async function removeDeadOwner(path: string, dead: Owner): Promise<void> {
  const aside = `${path}.${process.pid}.dead`;
  if (await failsWith("ENOENT", rename(path, aside))) return;
  try {
    const removed = await readOwner(aside);
    if (!isDeepStrictEqual(removed, dead)) await failsWith("EEXIST", link(aside, path));
  } finally {
    await rm(aside, { force: true });
  }
}

/**
 * Makes this process the owner, or returns the one that is.
 *
 * The file appears complete or not at all: it is written under another name and linked.
 *
 * @throws {StorageError} `locked` when the owner is of another host, and gives no sign of life
 */
export async function becomeOwner(
  path: string,
  { holder, socketFolder }: Pick<Owner, "holder" | "socketFolder">,
): Promise<Owner | undefined> {
  const { pid } = process;
  const draft = `${path}.${pid}`;
  const startedAt = processStart(pid);
  const owner: Owner = { pid, startedAt, holder, socketFolder, host: hostname() };
  await writeFile(draft, JSON.stringify(owner));
  try {
    while (true) {
      const known = await readOwner(path);
      const alive = known && (await findAlive(known, { path, socketFolder }));
      if (alive !== undefined) return alive;
      if (known !== undefined) await removeDeadOwner(path, known);
      // Where somebody else was first: look who.
      if (!(await failsWith("EEXIST", link(draft, path)))) return undefined;
    }
  } finally {
    await unlink(draft);
  }
}

/** Gives the database up. */
export async function resignOwner(path: string): Promise<void> {
  await rm(path, { force: true });
}
