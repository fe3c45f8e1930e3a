import pino from "pino";
import { withoutBigints } from "../output.ts";
import { createPaceMeter } from "./pace.ts";
import type { Reporter, ReporterOptions } from "./reporter.ts";
import { rowCountsToObject } from "./row-counts.ts";
import { shardRecord } from "./shard-line.ts";

/** Looks between two progress lines: a pace needs more than one. */
const LOOKS_PER_LINE = 5;
const LOOK_INTERVAL_MS = 1000;

/** Reports as JSON lines on stdout: one object for each event, with a constant `msg`. */
export function createJsonReporter({ stdout, level }: ReporterOptions): Reporter {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        // Safety: withoutBigints gives an object for an object.
        log: (fields) => withoutBigints(fields) as Record<string, unknown>,
      },
      serializers: { err: (error: unknown) => describeError(error, level === "debug") },
    },
    stdout,
  );
  return {
    logger,
    announce: ({ event, fields = {} }) => logger.info(fields, event),
    follow(progress, others = () => []) {
      const meter = createPaceMeter();
      let lookCount = 0;
      const look = (isReported: boolean) => {
        const shards = progress();
        const now = new Date();
        const pace = meter.observe(shards, now.getTime());
        if (!isReported) return;
        const records = shards.map((shard) => shardRecord(shard, pace.get(shard.shardId), now));
        if (records.length > 0) logger.info({ shards: records }, "progress");
        for (const { event, fields = {} } of others()) logger.info(fields, event);
      };
      const timer = setInterval(() => look(++lookCount % LOOKS_PER_LINE === 0), LOOK_INTERVAL_MS);
      return {
        [Symbol.dispose]() {
          clearInterval(timer);
          look(true);
        },
      };
    },
    conclude({ place, messages, users, tables }) {
      const counts = tables && rowCountsToObject(tables);
      logger.info({ database: place, messages, users, tables: counts }, "database contents");
    },
  };
}

/** An error in a log: its code and message, its stack only for those who debug. */
function describeError(error: unknown, hasStack: boolean): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack } = error;
  const code = "code" in error ? error.code : undefined;
  return { name, code, message, ...(hasStack ? { stack } : {}) };
}
