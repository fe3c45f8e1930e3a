// Which leaves of a shard's trie come and go with an entry or an event, besides those that rows of
// the shard's own accounts stand for (docs/protocol.md 3.2, 6.8).
import type { HubEvent, Message, ShardTrieEntryWithMessage, UserNameProof } from "@snaprag/proto";
import { isSameBytes, MESSAGE_WIRE_TYPES, narrowMessage } from "@snaprag/proto";
import type { LeafChange } from "@snaprag/storage";
import {
  messageTypeByte,
  readTrieKeyHead,
  trieKeyOfUsernameProof,
  trieKeysOfMessage,
} from "@snaprag/verify";
import type { Carrier } from "../../run/quarantine/carrier.ts";

const LEND_STORAGE = messageTypeByte(MESSAGE_WIRE_TYPES.lendStorage.messageType);

/** Where an entry or event was found. */
export interface LeafPlace {
  /** The shard whose trie it is about. */
  readonly shardId: number;
  readonly homeShardOf: (fid: bigint) => number;
  /** Position. */
  readonly eventId: bigint;
}

/** A leaf by its account and key. */
interface Leaf {
  readonly fid: bigint;
  readonly trieKey: Uint8Array;
}

/** Leaves of a message that no row of the shard stands for. */
function leavesOfMessage(
  message: Message | undefined,
  { shardId, homeShardOf }: LeafPlace,
): readonly Leaf[] {
  const typed = message && narrowMessage(message);
  if (typed === undefined || typed.type === "unreadable") return [];
  // Rows of gasless keys come from shard 0, for their home shard's trie too.
  if (typed.type === "keyAdd" || typed.type === "keyRemove") return [];
  const isAtHome = homeShardOf(typed.fid) === shardId;
  // Nearly all messages: a row of an account of this shard, whose key is not needed.
  if (isAtHome && typed.type !== "lendStorage") return [];
  const fids = typed.type === "lendStorage" ? [typed.fid, typed.body.toFid] : [typed.fid];
  return trieKeysOfMessage(typed).flatMap((trieKey, index): Leaf[] => {
    const fid = fids[index] ?? typed.fid;
    return index === 0 && isAtHome ? [] : [{ fid, trieKey }];
  });
}

/** The leaf of a registry proof; names have rows of their own, which may be without a leaf. */
function leafOfProof(proof: UserNameProof | undefined): Leaf | undefined {
  // No name that is longer than a key has room for is in any trie.
  if (proof === undefined || proof.name.length > 20) return undefined;
  const trieKey = trieKeyOfUsernameProof(proof);
  return trieKey && { fid: proof.fid, trieKey };
}

interface Difference {
  readonly come: readonly Leaf[];
  readonly go: readonly Leaf[];
}

const NOTHING: Difference = { come: [], go: [] };

function leavesOfEvent({ body }: HubEvent, place: LeafPlace): Difference {
  const of = (message: Message | undefined) => leavesOfMessage(message, place);
  switch (body?.$case) {
    case "mergeMessageBody":
      return { come: of(body.value.message), go: body.value.deletedMessages.flatMap(of) };
    case "pruneMessageBody":
    case "revokeMessageBody":
      return { come: [], go: of(body.value.message) };
    case "mergeUsernameProofBody": {
      const { usernameProof, deletedUsernameProof } = body.value;
      const [comes, goes] = [leafOfProof(usernameProof), leafOfProof(deletedUsernameProof)];
      // A name proved again for the same fid loses its leaf (docs/protocol.md 2.4).
      const isLost = comes && goes && isSameBytes(comes.trieKey, goes.trieKey);
      return {
        come: [...(comes && !isLost ? [comes] : []), ...of(body.value.usernameProofMessage)],
        go: [...(goes ? [goes] : []), ...of(body.value.deletedUsernameProofMessage)],
      };
    }
    default:
      return NOTHING;
  }
}

function leavesOfEntry(entry: ShardTrieEntryWithMessage, place: LeafPlace): Difference {
  const { trieKey, trieMessage } = entry;
  // Not listed by the trie, but found beside it: it has a row and no leaf.
  if (trieKey.length < 6) return NOTHING;
  if (trieMessage?.$case === "fnameTransfer") {
    const leaf = leafOfProof(trieMessage.value.proof);
    return leaf ? { come: [leaf], go: [] } : NOTHING;
  }
  if (trieMessage?.$case !== "userMessage") return NOTHING;
  const { fid, typeByte } = readTrieKeyHead(trieKey);
  // Nearly all entries: a row of an account of this shard, and nothing to look into the message for.
  if (typeByte !== LEND_STORAGE && place.homeShardOf(fid) === place.shardId) return NOTHING;
  const leaves = leavesOfMessage(trieMessage.value, place);
  return { come: leaves.filter((leaf) => isSameBytes(leaf.trieKey, trieKey)), go: [] };
}

function differenceOf(carrier: Carrier, place: LeafPlace): Difference {
  switch (carrier.kind) {
    case "event":
      return leavesOfEvent(carrier.event, place);
    case "entry":
      return leavesOfEntry(carrier.entry, place);
    case "message":
      // Of shard 0, which has no trie, or as a row that was refused, whose leaf was not.
      return NOTHING;
    default:
      return carrier satisfies never;
  }
}

/** The leaves that come and go with what a shard says; none for shard 0. */
export function leafChangesOf(carrier: Carrier, place: LeafPlace): readonly LeafChange[] {
  const { shardId, eventId } = place;
  if (shardId === 0) return [];
  const { come, go } = differenceOf(carrier, place);
  const change = (isPresent: boolean) => (leaf: Leaf) => ({ ...leaf, shardId, eventId, isPresent });
  return [...come.map(change(true)), ...go.map(change(false))];
}
