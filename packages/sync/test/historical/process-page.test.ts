// A page comes to what its entries come to one by one, by the way that all carriers go.
import { lastPositionOf } from "@snaprag/processors";
import { anFnameProof, aSignerEvent } from "@snaprag/processors/testing";
import type { Message, ShardTrieEntryWithMessage } from "@snaprag/proto";
import { FarcasterNetwork, MessageData } from "@snaprag/proto";
import { homeShardOf, loadBlake3, readTrieKeyHead } from "@snaprag/verify";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PageContext, ProcessedPage } from "../../src/historical/process-page.ts";
import { processPage } from "../../src/historical/process-page.ts";
import type { MessageChecks } from "../../src/proof/messages/message-checks.ts";
import { NONE_FORGED } from "../../src/proof/messages/message-checks.ts";
import { processCarrier } from "../../src/run/quarantine/process-carrier.ts";
import { aHashedMessage, KINDS, withOwnHash } from "../support/hashed-messages.ts";
import { keyTextOfEvent, keyTextsOfMessage, keyTextsOfProof } from "../support/trie-keys.ts";

type Content = NonNullable<ShardTrieEntryWithMessage["trieMessage"]>;

/** An entry as a node lists it, and the keys that it may be under. */
interface Listing {
  readonly content: Content;
  readonly keys: readonly string[];
}

const blake3 = await loadBlake3();
const SHARD_ID = 1;
const HEIGHT = 28_800n;
/** Two at home on each of two shards (docs/protocol.md 7). */
const FIDS = [1n, 3n, 2n, 42n];

const CONTEXT: PageContext = {
  shardId: SHARD_ID,
  network: FarcasterNetwork.MAINNET,
  homeShardOf: (fid) => homeShardOf(fid, 2),
  height: HEIGHT,
  at: new Date(1_700_000_000_000),
};

/** A message of a type newer than this version. */
function aNewerMessage(fid: bigint): Message {
  const message = aHashedMessage("castAdd", { fid });
  const data = MessageData.encode({ ...MessageData.decode(message.data), type: 31 as 1 }).finish();
  return withOwnHash({ ...message, data });
}

const MESSAGES: readonly Message[] = FIDS.flatMap((fid) => [
  ...KINDS.map((kind) => aHashedMessage(kind, { fid })),
  ...FIDS.map((toFid) => aHashedMessage("lendStorage", { fid, body: { toFid } })),
  aNewerMessage(fid),
]);

const LISTINGS: readonly Listing[] = [
  ...MESSAGES.map(
    (value): Listing => ({
      content: { $case: "userMessage", value },
      keys: keyTextsOfMessage(value),
    }),
  ),
  ...FIDS.map((fid): Listing => {
    const value = aSignerEvent({}, { fid });
    return { content: { $case: "onChainEvent", value }, keys: [keyTextOfEvent(value)] };
  }),
  ...FIDS.map((fid): Listing => {
    const proof = anFnameProof({ name: "alice", fid });
    const value = { id: 0n, fromFid: 0n, proof };
    return { content: { $case: "fnameTransfer", value }, keys: keyTextsOfProof(proof) };
  }),
];

const someMessage = fc.constantFrom(...MESSAGES);

/** Now and then in place of a message: one that was changed on its way. */
function arbitraryContent(content: Content): fc.Arbitrary<Content> {
  if (content.$case !== "userMessage") return fc.constant(content);
  const { value } = content;
  const contentOf = (message: Message): Content => ({ $case: "userMessage", value: message });
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(content) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        contentOf({ ...value, hashScheme: 0 }),
        contentOf({ ...value, data: new Uint8Array(), dataBytes: undefined }),
        contentOf(withOwnHash({ ...value, data: Uint8Array.of(1, 2, 3), dataBytes: undefined })),
        contentOf(withOwnHash({ ...value, dataBytes: value.data })),
      ),
    },
    { weight: 1, arbitrary: someMessage.map(({ data }) => contentOf({ ...value, data })) },
  );
}

/** Mostly a key of its own, else another's, one without room for a type, or none. */
function arbitraryKey(keys: readonly string[]): fc.Arbitrary<string> {
  const other = fc.constantFrom(...LISTINGS).map((listing) => listing.keys[0] ?? "");
  const strange = fc.oneof(other, fc.constantFrom("", "0102", `${keys[0] ?? "01".repeat(26)}00`));
  if (keys.length === 0) return strange;
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...keys) },
    { weight: 1, arbitrary: strange },
  );
}

const anyEntry: fc.Arbitrary<ShardTrieEntryWithMessage> = fc
  .constantFrom(...LISTINGS)
  .chain(({ content, keys }) => fc.tuple(arbitraryContent(content), arbitraryKey(keys)))
  .map(([trieMessage, key]) => ({ trieKey: Buffer.from(key, "hex"), trieMessage }));

const anyChecks: fc.Arbitrary<MessageChecks> = fc.constantFrom<MessageChecks>(
  { blake3, forged: NONE_FORGED },
  { blake3, forged: new Set(MESSAGES.filter((_, index) => index % 3 === 0)) },
  { blake3: undefined, forged: NONE_FORGED },
);

function processOneByOne(
  entries: readonly ShardTrieEntryWithMessage[],
  checks: MessageChecks,
): ProcessedPage {
  const place = { ...CONTEXT, eventId: lastPositionOf(HEIGHT) };
  const processed = entries.map((entry) => processCarrier({ kind: "entry", entry }, place, checks));
  const faulty = entries.filter(
    ({ trieKey }, index) => trieKey.length >= 6 && processed[index]?.quarantined.length !== 0,
  );
  return {
    changes: processed.flatMap(({ changes }) => changes),
    leaves: processed.flatMap(({ leaves }) => leaves),
    quarantined: processed.flatMap(({ quarantined }) => quarantined),
    spoiltCount: processed.reduce((sum, { spoiltCount }) => sum + spoiltCount, 0),
    faultyAccounts: new Set(faulty.map(({ trieKey }) => readTrieKeyHead(trieKey).fid)),
  };
}

describe("processPage()", () => {
  it("comes to what its entries come to one by one, whatever is wrong with them", () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 12 }), anyChecks, (entries, checks) => {
        expect(processPage(entries, CONTEXT, checks)).toEqual(processOneByOne(entries, checks));
      }),
      { numRuns: 1000 },
    );
  });

  it("makes a change of a message, and sets a message aside that is under another's key", () => {
    const message = aHashedMessage("castAdd", { fid: 1n });
    const [own] = keyTextsOfMessage(message);
    const [other] = keyTextsOfMessage(aHashedMessage("castRemove", { fid: 1n }));
    const checks = { blake3, forged: NONE_FORGED };
    const listed = (key = "") =>
      processPage(
        [
          {
            trieKey: Buffer.from(key, "hex"),
            trieMessage: { $case: "userMessage", value: message },
          },
        ],
        CONTEXT,
        checks,
      );
    const home = homeShardOf(1n, 2) === SHARD_ID;
    expect(home).toBe(true);
    expect(listed(own)).toMatchObject({ changes: [{ table: "casts" }], quarantined: [] });
    expect(listed(other)).toMatchObject({
      changes: [],
      quarantined: [{ reason: "key_mismatch" }],
      spoiltCount: 1,
    });
  });
});
