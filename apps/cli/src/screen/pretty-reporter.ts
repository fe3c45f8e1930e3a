import type { Logger, ShardActivity } from "@snaprag/sync";
import { createLogUpdate } from "log-update";
import type { LogLevel } from "../config/keys/config-keys.ts";
import type { OutputStream } from "../output.ts";
import { toJson, withoutControls } from "../output.ts";
import { formatCount } from "./format-quantity.ts";
import { createPaceMeter } from "./pace.ts";
import type { DatabaseContents, Reporter, ReporterOptions } from "./reporter.ts";
import { formatRows } from "./row-counts.ts";
import { shardLine } from "./shard-line.ts";

/** Where lines go: above an area that is redrawn in place, or one after the other. */
interface Screen {
  /** A line that stays. */
  print(line: string): void;
  /** The newest state of things that change. */
  show(lines: readonly string[]): void;
  /** Leaves the newest state on the screen. */
  rest(): void;
  /** Time between two states. */
  readonly intervalMs: number;
}

const NO_PACE = { messagesPerSecond: 0, etaSeconds: undefined };
const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Reports for people: progress redrawn in place on a terminal, a line now and then elsewhere. */
export function createPrettyReporter({ stdout, level }: ReporterOptions): Reporter {
  const screen = stdout.isTTY ? createLiveScreen(stdout) : createPlainScreen(stdout);
  return {
    logger: createScreenLogger(screen, level === "info" ? "warn" : level),
    announce: ({ sentence }) => screen.print(sentence),
    follow(progress, others = () => []) {
      const meter = createPaceMeter();
      const draw = () => {
        const lines = others().map(({ sentence }) => sentence);
        screen.show([...shardLines(progress(), meter.observe), ...lines]);
      };
      const timer = setInterval(draw, screen.intervalMs);
      return {
        [Symbol.dispose]() {
          clearInterval(timer);
          draw();
          screen.rest();
        },
      };
    },
    conclude: (contents) => screen.print(contentsLine(contents)),
  };
}

/** What a database holds, on one line; relations without a live row are left out. */
export function contentsLine({ place, messages, users, tables }: DatabaseContents): string {
  const holds = `${place} holds ${formatCount(messages)} messages of ${formatCount(users)} users`;
  if (tables === undefined) return `${holds}; \`snaprag status\` counts its rows.`;
  const rows = [...tables]
    .filter(([, { live }]) => live > 0)
    .map(([table, count]) => `${formatRows(count.live, count)} ${table}`);
  return rows.length === 0 ? `${holds}.` : `${holds}; live rows: ${rows.join(", ")}.`;
}

function shardLines(
  shards: readonly ShardActivity[],
  observe: ReturnType<typeof createPaceMeter>["observe"],
): readonly string[] {
  const now = new Date();
  const pace = observe(shards, now.getTime());
  return shards.map((shard) => shardLine(shard, pace.get(shard.shardId) ?? NO_PACE, now));
}

function createLiveScreen(stdout: OutputStream): Screen {
  // Safety: log-update only writes to the stream and reads its size.
  const area = createLogUpdate(stdout as NodeJS.WriteStream);
  let shown: readonly string[] = [];
  const redraw = () => {
    // A wrapped line would be redrawn as two. A terminal that does not know its width says 0.
    const width = (stdout.columns || 80) - 1;
    if (shown.length > 0) area(shown.map((line) => line.slice(0, width)).join("\n"));
  };
  return {
    intervalMs: 250,
    print(line) {
      // Not area.persist, which would break a long line where the terminal only wraps it.
      if (shown.length > 0) area.clear();
      stdout.write(`${withoutControls(line)}\n`);
      redraw();
    },
    show(lines) {
      shown = lines.map(withoutControls);
      redraw();
    },
    rest() {
      shown = [];
      area.done();
    },
  };
}

function createPlainScreen(stdout: OutputStream): Screen {
  const print = (line: string) => void stdout.write(`${withoutControls(line)}\n`);
  return { intervalMs: 5000, print, show: (lines) => lines.forEach(print), rest: () => undefined };
}

/** A logger of one line for each event, from a level on. */
function createScreenLogger(
  screen: Screen,
  threshold: LogLevel,
  bindings: Record<string, unknown> = {},
): Logger {
  const logAt = (level: LogLevel) => (fields: object, message: string) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(threshold)) return;
    screen.print(`${level}: ${message}${describeFields({ ...bindings, ...fields })}`);
  };
  return {
    debug: logAt("debug"),
    info: logAt("info"),
    warn: logAt("warn"),
    error: logAt("error"),
    child: (more) => createScreenLogger(screen, threshold, { ...bindings, ...more }),
  };
}

function describeFields(fields: Record<string, unknown>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      if (value instanceof Error) return ` (${value.message.replace(/\s+/g, " ")})`;
      return ` ${name}=${typeof value === "object" ? toJson(value) : String(value)}`;
    })
    .join("");
}
