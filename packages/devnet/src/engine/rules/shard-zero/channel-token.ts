import { hex } from "../verdict.ts";

/** Where channel tokens would live if devnet had a chain. */
const REGISTRY_ADDRESS = "0x00000000000000000000000000000000000c4a11";

/**
 * The CAIP-19 name of a channel's token. A like of exactly this URL follows the channel
 * (docs/protocol.md 6.9).
 */
export function channelTokenUrl(label: Uint8Array): string {
  return `eip155:8453/erc721:${REGISTRY_ADDRESS}/${BigInt(`0x${hex(label)}`)}`;
}
