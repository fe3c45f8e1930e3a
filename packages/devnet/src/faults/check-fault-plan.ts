import { status } from "@grpc/grpc-js";
import { HubServiceDefinition, ReplicationServiceDefinition } from "@snaprag/proto";
import type { FaultName, FaultPlan } from "./fault-plan.ts";
import type { CommitLieKind } from "./lies/lie-plan.ts";

type Check = (name: string, value: unknown) => void;
/** What an entry may say; those that are {@link required} must be there. */
type Shape = Readonly<Record<string, Check>>;

const METHODS = [
  ...Object.values(HubServiceDefinition.methods),
  ...Object.values(ReplicationServiceDefinition.methods),
];
const isMethod = new Set<unknown>(METHODS.map(({ name }) => name));
const isStream = new Set<unknown>(
  METHODS.filter(({ responseStream }) => responseStream).map(({ name }) => name),
);
const MAX_VIRTUAL_SHARD = 255;
const MAX_STATUS: number = status.UNAUTHENTICATED;
const COMMIT_LIES: readonly CommitLieKind[] = ["signature", "quorum", "value", "block", "header"];
const commitLie = oneOf(new Set(COMMIT_LIES), `one of ${COMMIT_LIES.join(", ")}`);

const standing = { chance: isShare };
const timed = { ...standing, after: integer({ min: 0 }), times: count };
const stream = { ...timed, method: oneOf(isStream, "a streaming call") };
const text = matching((value) => typeof value === "string", "a text");
const code = integer({ min: 1, max: MAX_STATUS });
const loss = { ...timed, events: required(integer({ min: 1 })) };
const rpcMethod = oneOf(isMethod, "a call of a node");
const messages = { hashes: messageHashes, count: integer({ min: 0 }) };
const pairs = { pairs: integer({ min: 1 }) };
const shard = { shardId: integer({ min: 1 }) };
const isFlag = matching((value) => typeof value === "boolean", "true or false");

const SHAPES: Readonly<Record<FaultName, Shape>> = {
  drop: timed,
  delay: { ...timed, maxMs: required(integer({ min: 0 })) },
  duplicate: timed,
  reorder: timed,
  ringLoss: loss,
  replayGap: loss,
  endStream: stream,
  failStream: { ...stream, code: required(code), message: text },
  stallStream: stream,
  rpcErrors: { ...timed, method: required(rpcMethod), code: required(code), message: text },
  slowRpcs: { ...timed, method: rpcMethod, delayMs: required(integer({ min: 0 })) },
  unpageable: { ...standing, ...shard, virtualShards },
  loseSnapshot: timed,
  labelLate: { ...timed, blocks: integer({ min: 1 }) },
  unorderedSnapshots: timed,
  corrupt: timed,
  corruptMessages: standing,
  withhold: { ...messages, isConsistent: isFlag },
  swapBodies: pairs,
  swapMessages: pairs,
  forgeSignature: messages,
  replaySnapshot: shard,
  badCommit: { ...shard, kind: required(commitLie) },
};

/** Every fault that a plan may name. */
export const FAULT_NAMES: readonly string[] = Object.keys(SHAPES);

const LISTS: ReadonlySet<FaultName> = new Set<FaultName>(["rpcErrors", "slowRpcs"]);

/** The entries of a plan, each fault's in a list. */
export type FaultEntries = ReadonlyMap<FaultName, readonly object[]>;

/**
 * Reads a plan.
 *
 * @throws {TypeError} on a fault that does not exist, a field it does not have or needs and lacks,
 * and a value out of range
 */
export function checkFaultPlan(plan: FaultPlan): FaultEntries {
  const entries = new Map<FaultName, readonly object[]>();
  for (const [name, value] of Object.entries(plan)) {
    if (!isFaultName(name)) throw new TypeError(`Expected the name of a fault, got \`${name}\``);
    if (value === undefined) continue;
    const list: readonly unknown[] = LISTS.has(name) ? expectList(name, value) : [value];
    entries.set(
      name,
      list.map((entry) => checkEntry(name, entry)),
    );
  }
  return entries;
}

function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(SHAPES, name);
}

function checkEntry(fault: FaultName, entry: unknown): object {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
    throw new TypeError(
      `Expected \`${fault}\` to be an object such as { chance: 0.1 }, got ${entry}`,
    );
  }
  const shape = SHAPES[fault];
  for (const field of Object.keys(entry)) {
    if (!Object.hasOwn(shape, field)) {
      throw new TypeError(`Expected \`${fault}\` to have no field \`${field}\``);
    }
  }
  const fields: Readonly<Record<string, unknown>> = { ...entry };
  for (const [field, check] of Object.entries(shape)) check(`${fault}.${field}`, fields[field]);
  return entry;
}

function expectList(name: FaultName, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(`Expected \`${name}\` to be a list, got ${String(value)}`);
}

/** An absent value passes, unless it is {@link required}. */
function matching(isRight: (value: unknown) => boolean, what: string): Check {
  return (name, value) => {
    if (value === undefined || isRight(value)) return;
    throw new TypeError(`Expected \`${name}\` to be ${what}, got ${String(value)}`);
  };
}

function required(check: Check): Check {
  return (name, value) => {
    if (value === undefined) throw new TypeError(`Expected \`${name}\`, which is missing`);
    check(name, value);
  };
}

function isInteger(value: unknown, min: number, max = Infinity): boolean {
  return Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
}

function integer({ min, max }: { readonly min: number; readonly max?: number }): Check {
  const range = max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
  return matching((value) => isInteger(value, min, max), `a whole number ${range}`);
}

function oneOf(names: ReadonlySet<unknown>, what: string): Check {
  return matching((value) => names.has(value), what);
}

function isShare(name: string, value: unknown): void {
  const isRight = (share: unknown) => typeof share === "number" && share >= 0 && share <= 1;
  matching(isRight, "from 0 to 1")(name, value);
}

function count(name: string, value: unknown): void {
  if (value !== Number.POSITIVE_INFINITY) integer({ min: 0 })(name, value);
}

function virtualShards(name: string, value: unknown): void {
  const isRight = (shards: unknown) =>
    Array.isArray(shards) && shards.every((shard) => isInteger(shard, 0, MAX_VIRTUAL_SHARD));
  matching(isRight, `a list of whole numbers from 0 to ${MAX_VIRTUAL_SHARD}`)(name, value);
}

function messageHashes(name: string, value: unknown): void {
  const isHash = (hash: unknown) => typeof hash === "string" && /^[0-9a-f]{40}$/i.test(hash);
  const isRight = (hashes: unknown) => Array.isArray(hashes) && hashes.every(isHash);
  matching(isRight, "a list of message hashes, 40 hexadecimal digits each")(name, value);
}
