// Holds every derived relation of a mirror against what its node answers.
import type { NodeClient } from "@snaprag/client";
import { createPostgresStore } from "@snaprag/storage-postgres";
import pg from "pg";
import { checkHistories } from "./derived-facts/check-histories.ts";
import type { Facts } from "./derived-facts/facts.ts";
import type { Select } from "./derived-facts/facts-of-mirror.ts";
import {
  factsOfMirror,
  listFidsOfMirror,
  listNamesOfMirror,
} from "./derived-facts/facts-of-mirror.ts";
import { factsOfNode, listFidsOfNode } from "./derived-facts/facts-of-node.ts";

/** What {@link compareDerived} compares. */
export interface DerivedComparison {
  /** A node that makes no blocks meanwhile. */
  readonly client: NodeClient;
  /** A mirror that has caught up with it: a URL, or the connection to an embedded database. */
  readonly database: string | pg.ClientConfig;
  /** @default the database's own search path */
  readonly schema?: string | undefined;
  /**
   * What the node's clock shows, by which storage and tiers expire.
   *
   * @default the time of the newest block mirrored
   */
  readonly now?: Date | undefined;
}

/** Differences to tell of each kind before it is clear what is wrong. */
const SHOWN_DIFFERENCES = 20;

/** An owner whose address several accounts have verified: the protocol does not say who of them it is. */
const AMBIGUOUS_OWNERS = `
select 'channel ' || channel_key as subject from channels
where owner_fid is null and 1 < (
  select count(*) from verifications where address = owner_address and deleted_at is null
)`;

function differences(mirror: Facts, node: Facts): readonly string[] {
  const subjects = [...new Set([...mirror.keys(), ...node.keys()])].sort();
  return subjects.flatMap((subject) => {
    const [here, there] = [mirror.get(subject), node.get(subject)];
    return here === there
      ? []
      : [`${subject}: ${here ?? "nothing"}; the node says ${there ?? "nothing"}`];
  });
}

function withoutOwner(facts: Facts, subjects: ReadonlySet<string>): Facts {
  return new Map(
    [...facts].map(([subject, fact]) => [
      subject,
      subjects.has(subject) ? fact.replace(/ \d+$/, "") : fact,
    ]),
  );
}

async function rebuildAll(options: pg.ClientConfig, schema: string | undefined) {
  // The session of an embedded database is its owner's.
  const backend = options.connectionString === undefined ? "embeddedGuest" : "server";
  await using store = createPostgresStore({ connection: options, schema, backend });
  return await store.rebuild();
}

/**
 * What differs between the derived relations of a mirror and the answers of its node, and which of
 * them do not follow from the messages; one line each. Empty when all is right.
 *
 * Asks about every account and name that either side knows, and about every channel. Ends by
 * rebuilding the derived tables, so that what was wrong in them is right afterwards.
 */
export async function compareDerived(comparison: DerivedComparison): Promise<readonly string[]> {
  const { client, database, schema } = comparison;
  const connection = typeof database === "string" ? { connectionString: database } : database;
  const session = new pg.Client(
    schema === undefined ? connection : { ...connection, options: `-c search_path=${schema}` },
  );
  await session.connect();
  const select: Select = async (text, ...values) => (await session.query(text, [...values])).rows;
  try {
    const [{ newest }] = await select("select max(block_time) as newest from sync_progress");
    const fids = new Set([...(await listFidsOfNode(client)), ...(await listFidsOfMirror(select))]);
    const names = await listNamesOfMirror(select);
    const node = await factsOfNode(client, { fids: [...fids], names });
    const mirror = await factsOfMirror(select, comparison.now ?? newest);
    const ambiguous = new Set((await select(AMBIGUOUS_OWNERS)).map(({ subject }) => subject));
    const told = differences(withoutOwner(mirror, ambiguous), withoutOwner(node, ambiguous));
    const broken = await checkHistories(select);
    const rebuilt = await rebuildAll(connection, schema);
    return [
      ...told.slice(0, SHOWN_DIFFERENCES),
      ...(told.length > SHOWN_DIFFERENCES ? [`${told.length} differences in all`] : []),
      ...broken,
      ...rebuilt
        .filter(({ changedCount }) => changedCount > 0)
        .map(({ relation, changedCount }) => `${changedCount} rows of ${relation} were rebuilt`),
    ];
  } finally {
    await session.end();
  }
}
