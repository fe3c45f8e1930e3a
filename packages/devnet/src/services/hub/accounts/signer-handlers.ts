// Keys that may sign for a fid: on-chain signers and gasless keys.
import type { OnChainEvent, Signer, SignersByFidRequest, TypedMessageOf } from "@snaprag/proto";
import { SignerSource } from "@snaprag/proto";
import { toFarcasterSeconds, toUnixSeconds } from "../../../engine/farcaster-time.ts";
import { findGaslessKey } from "../../../engine/rules/check-author.ts";
import { MAX_GASLESS_KEYS } from "../../../engine/rules/shard-zero/gasless-key-rules.ts";
import { readRequestFid } from "../../../engine/signed-key-request.ts";
import { readRow } from "../../../engine/state/message-row.ts";
import { signerKey } from "../../../engine/state/on-chain-store.ts";
import type { ShardState } from "../../../engine/state/shard-state.ts";
import type { NodeContext } from "../../node-context.ts";
import { homeShard } from "../../node-context.ts";
import { cutPage } from "../../paging.ts";
import { notFound } from "../../rpc-error.ts";
import type { HubHandlers } from "../hub-methods.ts";

const DEFAULT_PAGE_SIZE = 1000;

type KeyAdd = TypedMessageOf<"keyAdd">;

/** Creates the handlers. */
export function createSignerHandlers(
  context: NodeContext,
): Pick<HubHandlers, "getSigner" | "getSignersByFid"> {
  return {
    getSigner({ fid, signer }) {
      const { state } = homeShard(context, fid);
      const event = state.onChain.findSigner(fid, signer);
      if (event !== undefined) return { signer: describeOnChainSigner(event) };
      const blockTimestamp = toFarcasterSeconds(context.nowSeconds());
      const key = findGaslessKey(fid, signer, { state, blockNumber: 0n, blockTimestamp });
      if (key === undefined) throw notFound("signer");
      return { signer: describeGaslessKey(key, state) };
    },
    getSignersByFid(request) {
      const { fid } = request;
      const { state } = homeShard(context, fid);
      const gaslessKeys = listKeyAdds(fid, state);
      const items = [
        ...state.onChain.listSigners(fid).map(describeOnChainSigner),
        ...gaslessKeys.map((key) => describeGaslessKey(key, state)),
      ].sort((a, b) => Buffer.compare(a.key, b.key));
      const source = { items, keyOf: keyOfSigner, defaultPageSize: DEFAULT_PAGE_SIZE };
      const { items: signers, nextPageToken } = cutPage(source, request);
      return {
        signers: [...signers],
        nextPageToken,
        gaslessSignerCount: gaslessKeys.length,
        gaslessSignerLimit: MAX_GASLESS_KEYS,
        currentUserNonce: state.gaslessKeys.nonceOf(fid),
        requesterFidNonces: listRequesterNonces(request, gaslessKeys),
      };
    },
  };
}

function describeOnChainSigner(event: OnChainEvent): Signer {
  return {
    source: SignerSource.ONCHAIN,
    key: signerKey(event),
    keyType: event.body?.$case === "signerEventBody" ? event.body.value.keyType : 0,
    fid: event.fid,
    addedAt: event.blockTimestamp,
    lastUsedAt: undefined,
    ttl: undefined,
    expiresAt: undefined,
    scopes: [],
    requestFid: undefined,
    nonce: undefined,
    onchainEvent: event,
  };
}

/** Its time to live counts from its last use. */
function describeGaslessKey({ fid, timestamp, body }: KeyAdd, state: ShardState): Signer {
  const lastUsedAt = state.gaslessKeys.lastUsedAt(fid, body.key) ?? timestamp;
  return {
    source: SignerSource.OFFCHAIN,
    key: body.key,
    keyType: body.keyType,
    fid,
    addedAt: toUnixSeconds(BigInt(timestamp)),
    lastUsedAt: toUnixSeconds(BigInt(lastUsedAt)),
    ttl: body.ttl,
    expiresAt: toUnixSeconds(BigInt(lastUsedAt + body.ttl)),
    scopes: [...body.scopes],
    requestFid: readRequestFid(body.metadata),
    nonce: body.nonce,
    onchainEvent: undefined,
  };
}

function listKeyAdds(fid: bigint, state: ShardState): readonly KeyAdd[] {
  return state.stores.keys.list(fid).flatMap((row) => {
    const message = readRow(row);
    return message.type === "keyAdd" ? [message] : [];
  });
}

function listRequesterNonces(
  { requesterFids }: SignersByFidRequest,
  keys: readonly KeyAdd[],
): Map<bigint, number> {
  const nonces = requesterFids.map((requesterFid): [bigint, number] => {
    const own = keys.filter(({ body }) => readRequestFid(body.metadata) === requesterFid);
    return [requesterFid, Math.max(0, ...own.map(({ body }) => body.nonce))];
  });
  return new Map(nonces);
}

function keyOfSigner({ key }: Signer): Uint8Array {
  return key;
}
