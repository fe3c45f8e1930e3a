import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createShutdown } from "../src/shutdown.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function start() {
  const signals = new EventEmitter();
  const exitCodes: number[] = [];
  const lines: string[] = [];
  const shutdown = createShutdown({
    signals,
    exit: (exitCode) => exitCodes.push(exitCode),
    tell: (line) => lines.push(line),
  });
  return { signals, exitCodes, lines, shutdown };
}

describe("createShutdown()", () => {
  it.each(["SIGINT", "SIGTERM"])("asks for a clean end at the first %s", (name) => {
    const { signals, exitCodes, shutdown } = start();
    expect(shutdown.signal.aborted).toBe(false);

    signals.emit(name);

    expect(shutdown.signal.aborted).toBe(true);
    expect(exitCodes).toEqual([]);
  });

  it("exits with 130 at a second signal", () => {
    const { signals, exitCodes } = start();

    signals.emit("SIGINT");
    vi.advanceTimersByTime(500);
    signals.emit("SIGINT");

    expect(exitCodes).toEqual([130]);
  });

  it("takes the echo of npm and npx for the same Ctrl-C", () => {
    const { signals, exitCodes } = start();

    signals.emit("SIGINT");
    vi.advanceTimersByTime(499);
    signals.emit("SIGINT");

    expect(exitCodes).toEqual([]);
  });

  it("exits with 1 after ten seconds, saying what it waits for", () => {
    const { signals, exitCodes, lines, shutdown } = start();
    shutdown.enter("the database to open");

    signals.emit("SIGTERM");
    shutdown.enter("the rows to be counted");
    vi.advanceTimersByTime(9999);
    expect(exitCodes).toEqual([]);
    vi.advanceTimersByTime(1);

    expect(exitCodes).toEqual([1]);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain("still waiting for the rows to be counted");
  });

  it("lets go of signals and of the bound when disposed", () => {
    const { signals, exitCodes, shutdown } = start();

    signals.emit("SIGINT");
    shutdown[Symbol.dispose]();
    vi.advanceTimersByTime(60_000);

    expect(exitCodes).toEqual([]);
    expect(signals.listenerCount("SIGINT")).toBe(0);
    expect(signals.listenerCount("SIGTERM")).toBe(0);
  });
});
