import { hostname } from "node:os";
import { toMetadata } from "../../config/keys/node-headers.ts";
import { CliError } from "../../errors/cli-error.ts";
import { createOutput, toJson } from "../../output.ts";
import { databaseTargetOf } from "../database/database-target.ts";
import type { Invocation } from "../program/cli-context.ts";
import { connectionCountOf } from "../sync/threads/thread-count.ts";
import { checkDatabase } from "./check-database.ts";
import type { CheckedNode } from "./check-node.ts";
import { checkNode } from "./check-node.ts";
import type { Failure, Finding } from "./finding.ts";

/** Flags of `snaprag doctor` that are not configuration. */
export interface DoctorFlags {
  readonly json?: true;
}

/**
 * `snaprag doctor`: looks at everything that a sync with this configuration needs, and changes nothing.
 * Fails as that sync would when something stands in its way.
 */
export async function runDoctor(
  { context, settings }: Invocation,
  { json }: DoctorFlags,
): Promise<void> {
  const { stdout, stderr, folder } = context;
  const output = createOutput(stdout, stderr);
  const found: Finding[] = [];

  function tell(findings: readonly Finding[]): void {
    found.push(...findings);
    if (json) return;
    output.line(findings[0]?.subject ?? "");
    for (const line of findings.flatMap(findingLines)) output.line(line);
  }

  const metadata = toMetadata(settings["sync.snapchain_headers"].value);
  const shardIds = settings["sync.shard_ids"].value;
  const nodes: CheckedNode[] = [];
  for (const endpoint of settings["sync.snapchain_endpoint"].value) {
    nodes.push(await checkNode({ endpoint, metadata, shardIds }));
  }
  const suitable = nodes.find(({ list }) => !list.some(isFailure));
  for (const { list } of nodes) tell(suitable === undefined ? list : list.map(withoutFailure));
  const target = databaseTargetOf(settings, { folder });
  const dataShardCount = suitable?.facts?.dataShardCount ?? 0;
  tell(
    await checkDatabase(target, {
      connectionCount:
        target.kind === "server" ? connectionCountOf(settings, target, dataShardCount) : 1,
      network: suitable?.facts?.network,
      leafCount: suitable?.facts?.leafCount ?? 0,
      holder: `snaprag doctor on ${hostname()}`,
    }),
  );
  conclude(found, { isJson: json === true, line: output.line });
}

/** What was found in all; throws where a sync would fail. */
function conclude(
  found: readonly Finding[],
  { isJson, line }: { readonly isJson: boolean; readonly line: (text: string) => void },
): void {
  const failed = found.filter(isFailure);
  const [first] = failed;
  const warnings = found.filter(({ outcome }) => outcome === "warning");
  if (isJson) line(toJson({ isReady: failed.length === 0, checks: found.map(findingToObject) }));
  if (first !== undefined) {
    const message = `${failed.length} of ${found.length} checks failed.`;
    throw new CliError(first.code, message, { advice: first.advice });
  }
  if (isJson) return;
  const besides = warnings.length === 0 ? "" : `, with ${warnings.length} to be looked at`;
  line(`Nothing stands in the way of a sync${besides}.`);
}

function isFailure(finding: Finding): finding is Failure {
  return finding.outcome === "failed";
}

/** Of several nodes, a sync goes by those that can be mirrored. */
function withoutFailure(finding: Finding): Finding {
  if (!isFailure(finding)) return finding;
  const { subject, what, advice } = finding;
  return { outcome: "warning", subject, what, advice };
}

function findingLines(finding: Finding): readonly string[] {
  const line = `  ${finding.outcome.padEnd(7)}  ${finding.what}`;
  return finding.outcome === "ok" ? [line] : [line, `           ${finding.advice}`];
}

/** A finding for machines. Fields are only ever added. */
function findingToObject(finding: Finding): object {
  const { outcome, subject, what } = finding;
  const advice = outcome === "ok" ? null : finding.advice;
  return { outcome, subject, message: what, advice };
}
