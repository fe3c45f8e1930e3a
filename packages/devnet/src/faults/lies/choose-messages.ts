// Which messages a lie is about.
import type { Message } from "@snaprag/proto";
import { MessageType } from "@snaprag/proto";
import type { LiveEntry, Network } from "../../engine/network.ts";
import { hex } from "../../engine/rules/verdict.ts";
import type { Prng } from "../../traffic/authoring/prng.ts";
import type { Faults } from "../create-faults.ts";
import type { FaultOf } from "../fault-plan.ts";
import type { LieName, MessageLie, SwapLie } from "./lie-plan.ts";

type LiveMessage = Extract<LiveEntry, { readonly kind: "message" }>;

/** No page can hold them (docs/protocol.md 2.5). */
const GASLESS_KEYS: readonly number[] = [MessageType.KEY_ADD, MessageType.KEY_REMOVE];

/** What follows from a lie of the plan: computed when first asked for, and kept with the plan. */
export function oncePerPlan<Name extends LieName, Value>(
  name: Name,
  faults: Faults,
  compute: (lie: FaultOf<Name>) => Value,
): () => Value | undefined {
  let known: { readonly lie: FaultOf<Name>; readonly value: Value } | undefined;
  return () => {
    const lie = faults.findLie(name);
    if (lie === undefined) return undefined;
    if (known?.lie !== lie) known = { lie, value: compute(lie) };
    return known.value;
  };
}

/** Hashes in hex: those that the lie names, and as many live ones as it wants. */
export function chooseHashes(
  { hashes = [], count = hashes.length > 0 ? 0 : 1 }: MessageLie,
  network: Network,
  prng: Prng,
): ReadonlySet<string> {
  const named = hashes.map((hash) => hash.toLowerCase());
  if (count === 0) return new Set(named);
  const others = listMessages(network).filter(({ hash }) => !named.includes(hex(hash)));
  return new Set([...named, ...draw(others, count, prng).map(({ hash }) => hex(hash))]);
}

/** For each message of a pair, by its hash in hex, the other one. */
export function choosePairs(
  { pairs = 1 }: SwapLie,
  network: Network,
  prng: Prng,
): ReadonlyMap<string, Message> {
  const groups = new Map<string, LiveMessage[]>();
  for (const message of listMessages(network)) {
    const { fid, messageType } = message;
    // A lend has two keys, in two accounts.
    if (messageType === MessageType.LEND_STORAGE) continue;
    const name = `${fid}/${messageType}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [message]);
    else group.push(message);
  }
  const couples = [...groups.values()].flatMap(toCouples);
  return new Map(
    draw(couples, pairs, prng).flatMap(([one, other]) => [
      [hex(one.hash), other.message],
      [hex(other.hash), one.message],
    ]),
  );
}

function listMessages(network: Network): readonly LiveMessage[] {
  const messages: LiveMessage[] = [];
  for (const entry of network.listLive()) {
    if (entry.kind !== "message" || GASLESS_KEYS.includes(entry.messageType)) continue;
    messages.push(entry);
  }
  return messages;
}

/** Two by two, in the order of their hashes, which is an order of chance. */
function toCouples<Item>(group: readonly Item[]): (readonly [Item, Item])[] {
  return group.flatMap((item, index) => {
    const next = group[index + 1];
    return index % 2 === 0 && next !== undefined ? [[item, next] as const] : [];
  });
}

/** Some of the items, none twice; all of them when there are no more. */
function draw<Item>(items: readonly Item[], count: number, prng: Prng): readonly Item[] {
  const drawn = [...items];
  const length = Math.min(count, drawn.length);
  for (let index = 0; index < length; index++) {
    const other = index + prng.int(drawn.length - index);
    // Safety: both indexes are below the length.
    const [item, chosen] = [drawn[index] as Item, drawn[other] as Item];
    drawn[index] = chosen;
    drawn[other] = item;
  }
  return drawn.slice(0, length);
}
