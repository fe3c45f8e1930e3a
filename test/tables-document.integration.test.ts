// docs/tables.md names what is in a database: every relation with its key, and columns that exist.
import { readFileSync } from "node:fs";
import { TABLE_KEYS } from "@snaprag/processors";
import {
  CastingMode,
  CastType,
  ChannelMemberAction,
  ChannelModerateAction,
  FarcasterNetwork,
  MembershipMode,
  OnChainEventType,
  Protocol,
  ReactionType,
  StorageUnitType,
  UserDataType,
  UserNameType,
} from "@snaprag/proto";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { describe, expect, it } from "vitest";
import { createTestDatabase } from "./support/test-database.ts";

const DOCUMENT = readFileSync(new URL("../docs/tables.md", import.meta.url), "utf8");

/** Columns of which the document gives every number, and what the protocol knows. */
const NUMBERED: readonly (readonly [relation: string, column: string, values: object])[] = [
  ["casts", "cast_type", CastType],
  ["reactions", "reaction_type", ReactionType],
  ["verifications", "protocol", Protocol],
  ["user_data_changes", "user_data_type", UserDataType],
  ["username_proofs", "name_type", UserNameType],
  ["storage_lends", "unit_type", StorageUnitType],
  ["channel_updates", "casting_mode", CastingMode],
  ["channel_updates", "membership_mode", MembershipMode],
  ["channel_members", "action", ChannelMemberAction],
  ["channel_moderations", "action", ChannelModerateAction],
  ["onchain_events", "type", OnChainEventType],
  ["sync_network", "network", FarcasterNetwork],
];

/** Tables of the document, by the cells of their first row. */
function tablesOf(...header: string[]): readonly (readonly string[])[] {
  const tables = DOCUMENT.split("\n\n").filter((part) => part.startsWith("|"));
  const rows = tables.map((table) =>
    table
      .trim()
      .split("\n")
      .map((line) => line.split("|").slice(1, -1))
      .map((cells) => cells.map((cell) => cell.trim())),
  );
  return rows
    .filter(([first]) => JSON.stringify(first) === JSON.stringify(header))
    .flatMap(([, , ...body]) => body);
}

function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
}

/** The relations that a cell is about, by name or as one of two groups. */
function relationsIn(cell: string): readonly string[] {
  const all = Object.keys(TABLE_KEYS);
  if (cell === "state") return all;
  if (cell === "messages") return all.filter((name) => !/^(onchain|fname)_/.test(name));
  return namesIn(cell);
}

const RELATIONS = tablesOf("relation", "a row is", "key");
const COLUMNS = tablesOf("relation", "columns", "meaning").flatMap(
  ([relations = "", columns = "", meaning = ""]) =>
    relationsIn(relations).flatMap((relation) =>
      namesIn(columns).map((column) => ({ relation, column, meaning })),
    ),
);

/** Every relation and view with its primary key, null for what has none. */
const RELATIONS_SQL = `
select c.relname as name, (
  select string_agg(a.attname, ', ' order by position)
  from pg_index i cross join lateral unnest(i.indkey) with ordinality as key (number, position)
  join pg_attribute a on a.attrelid = c.oid and a.attnum = key.number
  where i.indrelid = c.oid and i.indisprimary
) as key
from pg_class c
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'v')
order by 1`;

const COLUMNS_SQL = `
select table_name || '.' || column_name as name from information_schema.columns
where table_schema = current_schema()`;

/** What a mirror that has been loaded answers: its largest tables have no keys before. */
async function askMirror(sql: string): Promise<readonly Record<string, string | null>[]> {
  await using database = await createTestDatabase();
  await using store = createPostgresStore({ connectionString: database.url });
  await store.migrate();
  await store.finishLoading();
  return (await database.query(sql)).rows;
}

describe("docs/tables.md", () => {
  it("names every relation once, with its key", async () => {
    const relations = await askMirror(RELATIONS_SQL);

    const listed = RELATIONS.map(([relation = "", , key = ""]) => ({
      name: namesIn(relation)[0],
      key: key === "view" ? null : key.replaceAll("`", ""),
    }));
    expect(listed.toSorted((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : 1))).toEqual(
      relations,
    );
  });

  it("explains only columns that exist, each once", async () => {
    const columns = await askMirror(COLUMNS_SQL);

    const existing = new Set(columns.map(({ name }) => name));
    const listed = COLUMNS.map(({ relation, column }) => `${relation}.${column}`);
    expect(listed.filter((name) => !existing.has(name))).toEqual([]);
    const isOwn = (name: string) => name !== "fname_transfers.fid";
    expect(listed.filter((name, index) => isOwn(name) && listed.indexOf(name) !== index)).toEqual(
      [],
    );
    expect(listed.length).toBeGreaterThan(200);
  });

  it.each(NUMBERED)("gives every number of %s.%s", (relation, column, values) => {
    const row = COLUMNS.find((each) => each.relation === relation && each.column === column);
    const given = [...(row?.meaning ?? "").matchAll(/(?<!\S)(\d+) [a-z]/gi)].map(
      ([, number]) => number,
    );
    const known = Object.entries(values)
      .filter(
        ([name, value]) => typeof value === "number" && value >= 0 && !/(^|_)NONE$/.test(name),
      )
      .map(([, value]) => String(value));
    expect(given).toEqual(known);
  });
});
