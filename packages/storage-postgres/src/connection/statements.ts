// What a transaction is made of, and how each part of it is sent.
import type { PoolClient, QueryConfig } from "pg";
import pg from "pg";

/** Rows for one relation, by COPY in its binary format. */
interface CopyStatement {
  /** The relation and its columns, as in `casts (fid, hash)`. */
  readonly copyInto: string;
  /**
   * Rows one behind the other, for each the number of its fields and then the fields. Every batch
   * is a COPY of its own.
   */
  readonly batches: readonly Buffer[];
}

/** A statement with its parameters, or with the rows it copies. */
export type Statement = QueryConfig | CopyStatement;

const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");

/** No fields: the rows are over. Behind it stands the message that says so to the protocol. */
const TRAILER = Buffer.from([0xff, 0xff, "c".charCodeAt(0), 0, 0, 0, 4]);
const TRAILER_FIELD_BYTES = 2;

/** What stands before the rows of a batch: the head of their message, and of the format. */
function copyDataHead(rowBytes: number): Buffer {
  const head = Buffer.allocUnsafe(5 + SIGNATURE.length);
  head.write("d", "latin1");
  head.writeInt32BE(4 + SIGNATURE.length + rowBytes + TRAILER_FIELD_BYTES, 1);
  head.set(SIGNATURE, 5);
  return head;
}

/**
 * Sends a COPY with its rows right behind it, as the protocol allows: a server that refuses the
 * statement reads past them to the next. Waiting until it asks for them, as drivers do, would cost
 * a round trip for each relation of a page and keep it out of a pipeline.
 */
function copyRows(client: PoolClient, { copyInto, batches }: CopyStatement): Promise<void> {
  return new Promise((resolve, reject) => {
    const text = `copy ${copyInto} from stdin (format binary);`.repeat(batches.length);
    const query = new pg.Query(text, (error) => (error ? reject(error) : resolve()));
    const { submit } = query;
    const copy = Object.assign(query, {
      submit(connection: pg.Connection) {
        const failure: unknown = submit.call(query, connection);
        const { stream } = connection;
        if (!stream.writable) return failure;
        for (const rows of batches) {
          stream.write(copyDataHead(rows.length));
          stream.write(rows);
          stream.write(TRAILER);
        }
        return failure;
      },
      /** The server asks for what is on its way. */
      handleCopyInResponse() {},
    });
    client.query(copy);
  });
}

/** Sends one statement of a transaction; what it returns is of no interest. */
export function send(client: PoolClient, statement: Statement): Promise<unknown> {
  return "batches" in statement ? copyRows(client, statement) : client.query(statement);
}
