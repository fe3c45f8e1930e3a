// A program as a process of its own, and what it cost, by Linux's own account.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100;

/** Fields of `/proc/<pid>/stat` after the command's name; undefined when it has ended. */
function statOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
  } catch {
    return undefined;
  }
}

/** CPU seconds of a process and of its children, those included that have ended. */
export function cpuSecondsOf(pid) {
  const stat = statOf(pid);
  if (stat === undefined) return 0;
  let ticks = stat.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const child = statOf(entry);
    if (child?.[1] === String(pid)) ticks += Number(child[11]) + Number(child[12]);
  }
  return ticks / TICKS_PER_SECOND;
}

/** CPU seconds of all children of this process that have ended. */
export function cpuSecondsOfEnded() {
  const stat = statOf(process.pid);
  return (Number(stat[13]) + Number(stat[14])) / TICKS_PER_SECOND;
}

/** Most memory that a process ever had, in MiB. */
function peakMemoryMb(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Notes the most memory of a process for as long as it is watched. */
export function watchMemory(pid) {
  let peakMb = 0;
  const look = () => {
    peakMb = Math.max(peakMb, peakMemoryMb(pid));
  };
  const timer = setInterval(look, 100);
  return {
    /** Ends the watch, and says how much it was. */
    stop() {
      look();
      clearInterval(timer);
      return peakMb;
    },
  };
}

/**
 * Runs a Node program to its end: its seconds from start to exit, CPU seconds, peak memory, and what
 * it printed. The CPU seconds are those of whatever ended meanwhile: run one at a time. A signal that
 * ends it is a failure too, unless it may be killed.
 */
export async function runMeasured(
  args,
  { env = {}, onStart = () => {}, mayBeKilled = false } = {},
) {
  const cpuBefore = cpuSecondsOfEnded();
  const startedAt = process.hrtime.bigint();
  const child = spawn(process.execPath, args.map(String), {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  const memory = watchMemory(child.pid);
  onStart(child);
  const [code, signal] = await once(child, "close");
  const peakMb = memory.stop();
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  const cpuSeconds = cpuSecondsOfEnded() - cpuBefore;
  const isAsIntended = code === 0 || (mayBeKilled && signal === "SIGKILL");
  if (!isAsIntended) throw new Error(`${args[0]} ended with ${signal ?? code}: ${output}`);
  return { seconds, cpuSeconds, peakMb: Math.round(peakMb), output, signal };
}
