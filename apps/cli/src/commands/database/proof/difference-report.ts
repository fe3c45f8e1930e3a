// What is told of an account that a mirror has otherwise than a node, as JSON and as text.
import { MESSAGE_WIRE_TYPES } from "@snaprag/proto";
import type { AccountDifference, LeafName } from "@snaprag/sync";
import { nameOfLeaf } from "@snaprag/sync";
import { onOneLine, toHex } from "../../../output.ts";
import { formatCount } from "../../../screen/format-quantity.ts";

/** A row whose content is not that of the hash it bears, or whose signature is not its signer's. */
interface AlteredRow {
  readonly table: string;
  /** The one it bears. */
  readonly hash: string;
}

/** A difference for machines. Fields are only ever added. */
export interface DifferenceReport {
  readonly fid: bigint;
  /** What the node has and the mirror has not; what an altered row was is not here. */
  readonly missing: readonly LeafName[];
  readonly tooMany: readonly LeafName[];
  readonly altered: readonly AlteredRow[];
  /** Types of which the node gives nothing that adds up to its own hash. */
  readonly unexplained: readonly string[];
}

interface Leaf {
  readonly trieKey: Uint8Array;
}

/** Accounts of a shard, and leaves of an account, that are listed for people. */
const MAX_ACCOUNTS = 100;
const MAX_LEAVES = 20;

function nameLeaf({ trieKey }: Leaf): LeafName {
  const { type, id } = nameOfLeaf(trieKey);
  return { type, id: type === "fname" ? id : `0x${id}` };
}

function nameRow({ source }: AccountDifference["altered"][number]): readonly AlteredRow[] {
  if (source === undefined || !("hash" in source.row)) return [];
  return [{ table: source.table, hash: toHex(source.row.hash) }];
}

/** Types whose type bytes begin with a nibble (docs/protocol.md 3.1). */
function typesOfNibble(nibble: number): readonly string[] {
  const kinds = Object.entries(MESSAGE_WIRE_TYPES).filter(
    ([, { messageType }]) => messageType >> 1 === nibble,
  );
  return [...(nibble === 0 ? ["onChainEvent", "fname"] : []), ...kinds.map(([kind]) => kind)];
}

/** Makes a difference ready for JSON. */
export function differenceToObject(difference: AccountDifference): DifferenceReport {
  const { fid, missing, missingKeys, extra, unexplained } = difference;
  const altered = difference.altered.flatMap(nameRow);
  const alteredHashes = new Set(altered.map(({ hash }) => hash));
  const leaves: readonly Leaf[] = [...missing, ...missingKeys];
  return {
    fid,
    missing: leaves.map(nameLeaf).filter(({ id }) => !alteredHashes.has(id)),
    tooMany: extra.filter(({ isAltered }) => !isAltered).map(nameLeaf),
    altered,
    unexplained: unexplained.flatMap(typesOfNibble),
  };
}

/** A difference, and what became of it when it was to be repaired. */
export interface ListedDifference {
  readonly report: DifferenceReport;
  readonly outcome?: string;
}

/** Differences for people: a line for each account, and under it one for each leaf. */
export function listLines(differences: readonly ListedDifference[]): readonly string[] {
  return shorten(differences, MAX_ACCOUNTS).flatMap((listed) =>
    typeof listed === "string" ? [`  ${listed}`] : accountLines(listed),
  );
}

function accountLines({ report, outcome }: ListedDifference): readonly string[] {
  const { fid, missing, tooMany, altered, unexplained } = report;
  const lines = [
    ...missing.map(({ type, id }) => `missing   ${type} ${onOneLine(id)}`),
    ...tooMany.map(({ type, id }) => `too many  ${type} ${onOneLine(id)}`),
    ...altered.map(({ table, hash }) => `altered   ${table} ${hash}`),
    ...unexplained.map((type) => `unclear   ${type}: the node's answers do not add up`),
  ];
  return [
    `  fid ${fid}${outcome === undefined ? "" : `  ${outcome}`}`,
    ...shorten(lines, MAX_LEAVES).map((line) => `    ${line}`),
  ];
}

/** The first of a list, and how many more there are. */
function shorten<Item>(items: readonly Item[], limit: number): readonly (Item | string)[] {
  const leftOut = items.length - limit;
  if (leftOut <= 0) return items;
  return [...items.slice(0, limit), `… and ${formatCount(leftOut)} more; --json lists all`];
}
