// What each relation and index of a mirror costs on disk, and how that compares with the bare rows.
import { bytesOnDisk, queryRows } from "../measure/databases/database.mjs";
import { round, sum } from "../measure/numbers.mjs";
import { runMeasured } from "../measure/processes/run-measured.mjs";
import { pathTo } from "../measure/processes/start-child.mjs";

/** Those that are told one by one; of the many others, each has pages that are hardly used. */
const LARGE_COUNT = 24;

const RELATIONS = `
select relname as name, reltuples::float8 as rows,
  (pg_total_relation_size(oid) - pg_indexes_size(oid))::float8 as bytes
from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`;

const INDEXES = `
select of_index.relname as name, of_table.relname as "table", indisprimary as "isPrimary",
  pg_relation_size(indexrelid)::float8 as bytes
from pg_index join pg_class of_index on of_index.oid = indexrelid
  join pg_class of_table on of_table.oid = indrelid
where of_table.relnamespace = 'public'::regnamespace`;

/** The rows as the floor writes them, with their keys and without any other index. */
async function measureBareRows(database, { node }) {
  return await database.withDatabase(async (url) => {
    await runMeasured([pathTo("programs/floor/run-floor.mjs"), node.endpoint, url, "[]"]);
    return await bytesOnDisk(url);
  });
}

/** The parts of a mirror, the largest first, the small ones as one. */
function listParts({ relations, indexes, messages }) {
  const perMillion = (bytes) => round(((bytes / messages) * 1e6) / 2 ** 20, 1);
  const all = [
    ...relations.map(({ name, bytes }) => ({ name, kind: "rows", bytes })),
    ...indexes.map(({ name, isPrimary, bytes }) => ({
      name,
      kind: isPrimary ? "primary key" : "index",
      bytes,
    })),
  ].sort((a, b) => b.bytes - a.bytes);
  const small = all.slice(LARGE_COUNT);
  const rest = {
    name: `${small.length} small ones`,
    kind: "rows, keys, indexes",
    bytes: sum(small.map(({ bytes }) => bytes)),
  };
  return [...all.slice(0, LARGE_COUNT), rest].map((part) => ({
    ...part,
    mbPerMillionMessages: perMillion(part.bytes),
  }));
}

export const disk = {
  title: "Disk",
  text: `Bytes on disk right after a first load. The bare rows are what the floor leaves: the same rows of messages, on-chain events and
names with their primary keys, and no other index, proof or derived relation.`,
  async run({ networks, database, sizes, log }) {
    const network = await networks.of(sizes[1] ?? sizes[0]);
    const { messages, mirrorUrl } = network;
    const relations = await queryRows(mirrorUrl, RELATIONS);
    const indexes = await queryRows(mirrorUrl, INDEXES);
    const bytes = await bytesOnDisk(mirrorUrl);
    const bareBytes = await measureBareRows(database, network);
    log(`disk: ${bytes} bytes for ${messages} messages, bare rows ${bareBytes}`);
    return { messages, bytes, bareBytes, relations, indexes };
  },
  ratios: ({ bytes, bareBytes }) => ({ diskBareRows: round(bytes / bareBytes, 3) }),
  tables(result) {
    const { messages, bytes, bareBytes } = result;
    const perMessage = (count) => Math.round(count / messages);
    const bare = `${perMessage(bareBytes)} of bare rows`;
    return [
      {
        title: `${messages} messages: ${perMessage(bytes)} bytes each, ${bare}: ${round(bytes / bareBytes)} times as much`,
        columns: ["relation or index", "what", "MiB per million messages", "share"],
        rows: listParts(result).map(({ name, kind, bytes: of, mbPerMillionMessages }) => [
          ...[name, kind, mbPerMillionMessages],
          `${round((of / bytes) * 100, 1)} %`,
        ]),
      },
    ];
  },
  plots: (result) => [
    {
      name: "disk",
      title: "Disk space of a mirror",
      unit: "MiB per million messages",
      bars: listParts(result).map(({ name, mbPerMillionMessages }) => ({
        label: name,
        value: mbPerMillionMessages,
      })),
    },
  ],
};
