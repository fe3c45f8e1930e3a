import type { ShardActivity } from "@snaprag/sync";
import pino from "pino";
import { withoutBigints } from "../output.ts";
import type { ShardPace } from "./pace.ts";
import { createPaceMeter, historyShare } from "./pace.ts";
import type { Reporter, ReporterOptions } from "./reporter.ts";
import { rowCountsToObject } from "./row-counts.ts";
import { lagSeconds } from "./shard-line.ts";

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

function shardRecord(shard: ShardActivity, pace: ShardPace | undefined, now: Date): object {
  return {
    shardId: shard.shardId,
    phase: shard.phase,
    share: Number(historyShare(shard).toFixed(3)),
    partitionsDone: shard.partitionsDone,
    partitionsTotal: shard.partitionsTotal,
    entries: shard.entryCount,
    expectedEntries: shard.expectedCount,
    height: Number(shard.blockNumber),
    lagSeconds: lagSeconds(shard.blockTime, now),
    isCaughtUp: shard.isCaughtUp,
    messages: shard.messageCount,
    messagesPerSecond: Math.round(pace?.messagesPerSecond ?? 0),
    etaSeconds: pace?.etaSeconds === undefined ? null : Math.round(pace.etaSeconds),
    errors: shard.errorCount,
    retries: shard.retryCount,
  };
}

/** An error in a log: its code and message, its stack only for those who debug. */
function describeError(error: unknown, hasStack: boolean): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack } = error;
  const code = "code" in error ? error.code : undefined;
  return { name, code, message, ...(hasStack ? { stack } : {}) };
}
