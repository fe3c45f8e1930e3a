import type { ChannelRegisterBody, OnChainEvent } from "@snaprag/proto";
import { ChannelOwnerChangeCause, ChannelRegisterEventType } from "@snaprag/proto";
import { compareBytes } from "./message-row.ts";
import { compareChainPosition } from "./on-chain-store.ts";

/** A registered channel. */
export interface Channel {
  readonly channelKey: string;
  /** keccak256 of the channel key; messages call it `channel_id`. */
  readonly label: Uint8Array;
  readonly ownerAddress: Uint8Array;
  /** Unix seconds. Nothing happens when it passes. */
  readonly expiry: bigint;
}

/** An owner that a REGISTER or TRANSFER wrote. */
export interface ChannelOwnerChange {
  readonly channel: Channel;
  readonly cause: ChannelOwnerChangeCause;
}

/** Who owns which channel, from the channel register events that a shard was shown. */
export interface ChannelRegistry {
  /**
   * Takes an event in. Events that do not come after the channel's last one on the chain change
   * nothing. Returns the change of owner, if it made one; a renewal never does.
   */
  merge(event: OnChainEvent): ChannelOwnerChange | undefined;
  find(label: Uint8Array): Channel | undefined;
  findByKey(channelKey: string): Channel | undefined;
  /** By channel key. */
  list(): readonly Channel[];
  /** By channel key. */
  listOwnedBy(address: Uint8Array): readonly Channel[];
}

interface Entry {
  readonly channel: Channel;
  readonly lastEvent: OnChainEvent;
}

/** Creates an empty registry. */
export function createChannelRegistry(): ChannelRegistry {
  const byLabel = new Map<string, Entry>();

  function list(): readonly Channel[] {
    const channels = [...byLabel.values()].map(({ channel }) => channel);
    return channels.sort((a, b) => (a.channelKey < b.channelKey ? -1 : 1));
  }

  return {
    merge(event) {
      if (event.body?.$case !== "channelRegisterEventBody") return undefined;
      const body = event.body.value;
      const known = byLabel.get(keyOf(body.label));
      if (known !== undefined && compareChainPosition(event, known.lastEvent) <= 0) {
        return undefined;
      }
      const channel = changedChannel(body, known?.channel);
      if (channel === undefined) return undefined;
      byLabel.set(keyOf(body.label), { channel, lastEvent: event });
      const cause = causeOf(body.eventType);
      return cause === undefined ? undefined : { channel, cause };
    },
    find: (label) => byLabel.get(keyOf(label))?.channel,
    findByKey: (channelKey) => list().find((channel) => channel.channelKey === channelKey),
    list,
    listOwnedBy: (address) =>
      list().filter((channel) => compareBytes(channel.ownerAddress, address) === 0),
  };
}

function keyOf(label: Uint8Array): string {
  return Buffer.from(label).toString("hex");
}

function changedChannel(
  body: ChannelRegisterBody,
  known: Channel | undefined,
): Channel | undefined {
  const { channelKey, label, ownerAddress, expiry } = body;
  if (body.eventType === ChannelRegisterEventType.REGISTER) {
    return { channelKey, label, ownerAddress, expiry };
  }
  if (known === undefined) return undefined;
  if (body.eventType === ChannelRegisterEventType.RENEW) return { ...known, expiry };
  if (body.eventType === ChannelRegisterEventType.TRANSFER) return { ...known, ownerAddress };
  return undefined;
}

function causeOf(eventType: ChannelRegisterEventType): ChannelOwnerChangeCause | undefined {
  if (eventType === ChannelRegisterEventType.REGISTER) return ChannelOwnerChangeCause.REGISTER;
  if (eventType === ChannelRegisterEventType.TRANSFER) return ChannelOwnerChangeCause.TRANSFER;
  return undefined;
}
