// Who owns an embedded database's folder. PGlite itself would let two processes open it and ruin it.

import { readFileSync } from "node:fs";
import { link, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";

/** The process that has an embedded database open. */
export interface Owner {
  readonly pid: number;
  /** Start time of the process, so that a reused pid is not taken for it; empty when unknown. */
  readonly startedAt: string;
  /** What it is, for whoever finds the database taken. */
  readonly holder: string;
  /** Folder of the socket it serves the database on. */
  readonly socketFolder: string;
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

function isAlive({ pid, startedAt }: Owner): boolean {
  if (pid === NOBODY.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return startedAt === "" || processStart(pid) === startedAt;
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

/** The living owner of a database, if there is one. */
export async function findOwner(path: string): Promise<Owner | undefined> {
  const owner = await readOwner(path);
  return owner !== undefined && isAlive(owner) ? owner : undefined;
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
 */
export async function becomeOwner(
  path: string,
  { holder, socketFolder }: Pick<Owner, "holder" | "socketFolder">,
): Promise<Owner | undefined> {
  const { pid } = process;
  const draft = `${path}.${pid}`;
  const owner: Owner = { pid, startedAt: processStart(pid), holder, socketFolder };
  await writeFile(draft, JSON.stringify(owner));
  try {
    while (true) {
      const known = await readOwner(path);
      if (known !== undefined && isAlive(known)) return known;
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
