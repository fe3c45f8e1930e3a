// One relation, loaded by one COPY in PostgreSQL's binary format from the first row to the last.
import { once } from "node:events";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";

const POSTGRES_EPOCH_MS = 946_684_800_000;
const CHUNK_BYTES = 256 * 1024;
const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");

/** Rows as bytes, field by field. Every method writes one field. */
class RowBuffer {
  bytes = Buffer.allocUnsafe(CHUNK_BYTES);
  end = 0;

  reserve(length) {
    if (this.end + length <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.end + length));
    this.bytes.copy(grown, 0, 0, this.end);
    this.bytes = grown;
  }

  begin(fieldCount) {
    this.reserve(2);
    this.end = this.bytes.writeInt16BE(fieldCount, this.end);
  }

  null() {
    this.reserve(4);
    this.end = this.bytes.writeInt32BE(-1, this.end);
  }

  int4(value) {
    this.reserve(8);
    this.end = this.bytes.writeInt32BE(4, this.end);
    this.end = this.bytes.writeInt32BE(value, this.end);
  }

  int8(value) {
    this.reserve(12);
    this.end = this.bytes.writeInt32BE(8, this.end);
    this.end = this.bytes.writeBigInt64BE(BigInt.asIntN(64, value), this.end);
  }

  time(date) {
    this.int8(BigInt(date.getTime() - POSTGRES_EPOCH_MS) * 1000n);
  }

  raw(value) {
    this.reserve(4 + value.length);
    this.end = this.bytes.writeInt32BE(value.length, this.end);
    this.bytes.set(value, this.end);
    this.end += value.length;
  }

  text(value) {
    this.reserve(4 + value.length * 3);
    const length = this.bytes.write(value, this.end + 4);
    this.bytes.writeInt32BE(length, this.end);
    this.end += 4 + length;
  }

  json(text) {
    this.reserve(5 + text.length * 3);
    const length = this.bytes.write(text, this.end + 5);
    this.bytes.writeInt32BE(length + 1, this.end);
    this.bytes[this.end + 4] = 1;
    this.end += 5 + length;
  }

  array(elementOid, values) {
    const width = elementOid === 20 ? 8 : 4;
    this.reserve(24 + values.length * (4 + width));
    const start = this.end;
    this.end += 4;
    const head = values.length === 0 ? [0, 0, elementOid] : [1, 0, elementOid, values.length, 1];
    for (const field of head) this.end = this.bytes.writeInt32BE(field, this.end);
    for (const value of values) {
      if (width === 8) this.int8(value);
      else this.int4(value);
    }
    this.bytes.writeInt32BE(this.end - start - 4, start);
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
      rows.bytes = Buffer.allocUnsafe(CHUNK_BYTES);
      rows.end = 0;
      if (!stream.write(chunk)) await once(stream, "drain");
    },
    async close() {
      rows.reserve(2);
      rows.end = rows.bytes.writeInt16BE(-1, rows.end);
      stream.end(rows.bytes.subarray(0, rows.end));
      await once(stream, "finish");
      await client.query("commit");
      await client.end();
      return rowCount;
    },
  };
}
