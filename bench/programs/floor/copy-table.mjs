// One relation, loaded by one COPY in PostgreSQL's binary format from the first row to the last.
import { once } from "node:events";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";

const POSTGRES_EPOCH_MS = 946_684_800_000;
/** Seconds from PostgreSQL's epoch to Farcaster's. */
const FARCASTER_EPOCH_SECONDS = 662_774_400;
const CHUNK_BYTES = 256 * 1024;
const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");

/** Rows as bytes, field by field. Every method writes one field. */
class RowBuffer {
  constructor() {
    this.startAfresh();
  }

  startAfresh(length = CHUNK_BYTES) {
    // Not of the pool, whose buffers begin anywhere: the view is of the whole.
    this.bytes = Buffer.allocUnsafeSlow(length);
    this.view = new DataView(this.bytes.buffer);
    this.end = 0;
  }

  reserve(length) {
    if (this.end + length <= this.bytes.length) return;
    const { bytes, end } = this;
    this.startAfresh(Math.max(bytes.length * 2, end + length));
    this.end = bytes.copy(this.bytes, 0, 0, end);
  }

  begin(fieldCount) {
    this.reserve(2);
    this.view.setInt16(this.end, fieldCount);
    this.end += 2;
  }

  null() {
    this.reserve(4);
    this.view.setInt32(this.end, -1);
    this.end += 4;
  }

  int4(value) {
    this.reserve(8);
    this.view.setInt32(this.end, 4);
    this.view.setInt32(this.end + 4, value);
    this.end += 8;
  }

  int8(value) {
    this.reserve(12);
    this.view.setInt32(this.end, 8);
    this.view.setBigInt64(this.end + 4, value);
    this.end += 12;
  }

  time(date) {
    this.int8(BigInt(date.getTime() - POSTGRES_EPOCH_MS) * 1000n);
  }

  farcasterTime(seconds) {
    this.int8(BigInt((seconds + FARCASTER_EPOCH_SECONDS) * 1_000_000));
  }

  raw(value) {
    this.reserve(4 + value.length);
    this.view.setInt32(this.end, value.length);
    this.bytes.set(value, this.end + 4);
    this.end += 4 + value.length;
  }

  text(value) {
    this.reserve(4 + value.length * 3);
    const length = this.bytes.write(value, this.end + 4);
    this.view.setInt32(this.end, length);
    this.end += 4 + length;
  }

  json(text) {
    this.reserve(5 + text.length * 3);
    const length = this.bytes.write(text, this.end + 5);
    this.view.setInt32(this.end, length + 1);
    this.bytes[this.end + 4] = 1;
    this.end += 5 + length;
  }

  array(elementOid, values) {
    const width = elementOid === 20 ? 8 : 4;
    this.reserve(24 + values.length * (4 + width));
    const start = this.end;
    this.end += 4;
    const head = values.length === 0 ? [0, 0, elementOid] : [1, 0, elementOid, values.length, 1];
    for (const field of head) {
      this.view.setInt32(this.end, field);
      this.end += 4;
    }
    for (const value of values) {
      if (width === 8) this.int8(value);
      else this.int4(value);
    }
    this.view.setInt32(start, this.end - start - 4);
  }
}

/** Opens a COPY of some columns of a relation. */
export async function openCopy(connectionString, table, columns) {
  const client = new pg.Client(connectionString);
  await client.connect();
  await client.query("begin");
  const names = columns.map((column) => `"${column}"`).join(", ");
  const stream = client.query(copyFrom(`copy ${table} (${names}) from stdin (format binary)`));
  stream.write(SIGNATURE);
  const rows = new RowBuffer();
  let rowCount = 0;
  return {
    rows,
    begin() {
      rowCount += 1;
      rows.begin(columns.length);
    },
    /** Sends what there is, and waits when the database is behind. */
    async flush() {
      if (rows.end < CHUNK_BYTES / 2) return;
      const chunk = rows.bytes.subarray(0, rows.end);
      rows.startAfresh();
      if (!stream.write(chunk)) await once(stream, "drain");
    },
    async close() {
      rows.begin(-1);
      stream.end(rows.bytes.subarray(0, rows.end));
      await once(stream, "finish");
      await client.query("commit");
      await client.end();
      return rowCount;
    },
  };
}
