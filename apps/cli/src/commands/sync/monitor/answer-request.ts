// What each of the monitor's paths answers.
import { toJson } from "../../../output.ts";
import { shardRecord } from "../../../screen/shard-line.ts";
import { proofToObject } from "../../status/status-report.ts";
import type { Metrics } from "./metrics.ts";
import type { Glance, Looking, Sighting } from "./sighting.ts";
import { glance, look } from "./sighting.ts";

/** An answer of HTTP. */
export interface Answer {
  readonly status: 200 | 404 | 405 | 503;
  readonly contentType: string;
  readonly body: string;
}

/** What questions are answered from. */
export interface Answering extends Looking {
  readonly metrics: Metrics;
}

/** A question of HTTP. */
export interface Question {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}

/** A thread of a sync tells how far it is ten times a second. One that is silent for so long hangs. */
const MOST_SILENT_MS = 60_000;

function json(status: Answer["status"], value: object): Answer {
  return { status, contentType: "application/json", body: `${toJson(value)}\n` };
}

/** Whether the process lives: if not, it is to be started anew. */
function answerLive({ watched }: Answering): Answer {
  const silentMs = watched()?.silentMs() ?? 0;
  if (silentMs <= MOST_SILENT_MS) return json(200, { live: true });
  const reason = `a thread of the sync has been silent for ${Math.round(silentMs / 1000)} seconds`;
  return json(503, { live: false, reasons: [reason] });
}

/** Whether the mirror is to be read from. Neither node nor database is asked, which may be away. */
function answerReady({ reasons }: Glance): Answer {
  const ready = reasons.length === 0;
  return json(ready ? 200 : 503, { ready, reasons });
}

function answerStatus({ now, shards, reasons, paces, nodeHeights, proofs }: Sighting): Answer {
  return json(200, {
    ready: reasons.length === 0,
    reasons,
    isNodeUp: nodeHeights !== undefined,
    isDatabaseUp: proofs !== undefined,
    shards: shards.map((shard) => {
      const nodeHeight = nodeHeights?.get(shard.shardId);
      const proof = proofs?.get(shard.shardId);
      return {
        ...shardRecord(shard, paces.get(shard.shardId), now),
        nodeHeight: nodeHeight === undefined ? null : Number(nodeHeight),
        proof: proof ? proofToObject(proof, now) : null,
      };
    }),
  });
}

async function answerMetrics({ contentType, render }: Metrics, sighting: Sighting) {
  return { status: 200, contentType, body: await render(sighting) } as const;
}

/** Every path there is, with how it is answered. */
const PATHS: ReadonlyMap<string, (answering: Answering) => Answer | Promise<Answer>> = new Map<
  string,
  (answering: Answering) => Answer | Promise<Answer>
>([
  ["/live", answerLive],
  ["/ready", (answering) => answerReady(glance(answering))],
  ["/status", async (answering) => answerStatus(await look(answering))],
  ["/metrics", async (answering) => answerMetrics(answering.metrics, await look(answering))],
]);

/** For whoever asks for another one. */
const MONITOR_PATHS: readonly string[] = [...PATHS.keys()];

/** Answers one question. */
export async function answerRequest(
  { method, url = "" }: Question,
  answering: Answering,
): Promise<Answer> {
  if (method !== "GET" && method !== "HEAD") return json(405, { error: "only GET and HEAD" });
  const answer = PATHS.get(url.replace(/\?.*/, ""));
  if (answer === undefined) return json(404, { error: `there are ${MONITOR_PATHS.join(", ")}` });
  return answer(answering);
}
