// An event id is `blockNumber << 14 | sequence`, per shard (docs/protocol.md 1.1).

const SEQUENCE_BITS = 14n;

/** The first id of a block: its BLOCK_CONFIRMED event. Where to resume, on this node or another. */
export function firstEventIdOf(blockNumber: bigint): bigint {
  return blockNumber << SEQUENCE_BITS;
}

/** The block that an event belongs to. Means nothing for id 0, which gasless key events carry. */
export function blockNumberOf(eventId: bigint): bigint {
  return eventId >> SEQUENCE_BITS;
}

/**
 * Checks a start id.
 *
 * Ids below that of block 1 are leftovers of a node's own bootstrap, not history (docs/protocol.md
 * 1.7), and asking to subscribe from 0 would replay them.
 */
export function expectEventId(name: string, eventId: bigint): bigint {
  if (eventId >= firstEventIdOf(1n)) return eventId;
  throw new TypeError(
    `Expected \`${name}\` to be an event id of at least ${firstEventIdOf(1n)}, got ${eventId}`,
  );
}
