// Page tokens that bound a walk to one account, or to a part of it, so that an entry which no page
// can hold is left out (docs/protocol.md 2.3 for the format, 2.5 for the use); and this program's own,
// at which a partition stands that is read account by account.

/** High nibble of the type bytes of KeyAdd (0x80) and KeyRemove (0x88). */
export const GASLESS_KEY_NIBBLE = 8;

function nibblesOfFid(fid: bigint): number[] {
  const hex = (fid & 0xffffffffn).toString(16).padStart(8, "0");
  return [...hex].map((digit) => Number.parseInt(digit, 16));
}

function encodeList(list: readonly (readonly number[])[]): string {
  const parts = list.flatMap((element) => [uint32(element.length), Buffer.from(element)]);
  return Buffer.concat([uint32(list.length), ...parts]).toString("base64");
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/**
 * A page token that walks the given children of one account and nothing after it.
 *
 * `typeNibbles` are high nibbles of type bytes that exist in the account; the node fails on one that
 * does not.
 */
export function accountPageToken(fid: bigint, typeNibbles: readonly number[]): string {
  const path = nibblesOfFid(fid);
  const children = [...typeNibbles].sort((a, b) => b - a);
  const ancestors = path.map((): number[] => []);
  return encodeList([path, ...ancestors, children]);
}

/** What tells the tokens of a walk from a node's, and from those of other walks: they begin with it. */
interface AccountMarks {
  readonly mark: string;
}

/** Where a walk stands: before an account, or behind a key of it up to which it was listed. */
export interface WalkPlace {
  readonly fid: bigint;
  readonly lastKey?: Uint8Array | undefined;
}

/** The token at which a walk stands at a place. */
export function accountMark({ mark }: AccountMarks, { fid, lastKey }: WalkPlace): string {
  return lastKey === undefined ? `${mark}${fid}` : `${mark}${fid}/${toHex(lastKey)}`;
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** The place that a token of {@link accountMark} is of. */
export function readMark({ mark }: AccountMarks, token: string): WalkPlace {
  const [fid = "", lastKey] = token.slice(mark.length).split("/");
  return {
    fid: BigInt(fid),
    lastKey: lastKey === undefined ? undefined : Buffer.from(lastKey, "hex"),
  };
}
