import type { TypedMessageOf, UserNameProof } from "@snaprag/proto";
import { Protocol, UserDataType, UserNameType } from "@snaprag/proto";
import { readRow } from "../state/message-row.ts";
import type { ShardState } from "../state/shard-state.ts";
import { toAddressText } from "./address-text.ts";
import type { MergeContext, Verdict } from "./verdict.ts";
import { hex, invalid, latestWins } from "./verdict.ts";

/** One slot for each profile field; an empty value clears it. */
export function mergeUserData(
  message: TypedMessageOf<"userDataAdd">,
  { state }: MergeContext,
): Verdict {
  const { type, value } = message.body;
  if (value !== "" && !isEntitled(message, state)) {
    return invalid(`fid ${message.fid} does not hold ${value}`);
  }
  const slot = userDataSlot(type);
  return latestWins(message, slot, state.stores.userData.find(message.fid, slot));
}

/** One slot for each name on the shard: it may take the name from another fid. */
export function mergeUsernameProof(
  message: TypedMessageOf<"usernameProof">,
  { state }: MergeContext,
): Verdict {
  const { fid, name, type } = message.body;
  if (type === UserNameType.USERNAME_TYPE_FNAME) return invalid("fnames come from the registry");
  if (fid !== message.fid) return invalid(`proof of fid ${fid} in a message of ${message.fid}`);
  const slot = hex(name);
  return latestWins(message, slot, state.stores.usernameProofs.find(message.fid, slot));
}

/** The slot of a profile field. */
export function userDataSlot(type: UserDataType): string {
  return String(type);
}

/** Profile fields that name something the fid must hold: a username, a verified address. */
function isEntitled({ fid, body }: TypedMessageOf<"userDataAdd">, state: ShardState): boolean {
  switch (body.type) {
    case UserDataType.USERNAME:
      return holdsName(state, fid, Buffer.from(body.value, "utf8"));
    case UserDataType.USER_DATA_PRIMARY_ADDRESS_ETHEREUM:
      return hasVerified(state, fid, { protocol: Protocol.ETHEREUM, text: body.value });
    case UserDataType.USER_DATA_PRIMARY_ADDRESS_SOLANA:
      return hasVerified(state, fid, { protocol: Protocol.SOLANA, text: body.value });
    default:
      return true;
  }
}

function holdsName(state: ShardState, fid: bigint, name: Uint8Array): boolean {
  const fname: UserNameProof | undefined = state.fnames.find(name);
  if (fname?.fid === fid) return true;
  return state.stores.usernameProofs.find(fid, hex(name))?.fid === fid;
}

function hasVerified(
  state: ShardState,
  fid: bigint,
  address: { readonly protocol: Protocol; readonly text: string },
): boolean {
  return state.stores.verifications.list(fid).some((row) => {
    const { type, body } = readRow(row);
    return (
      type === "verificationAdd" &&
      body.protocol === address.protocol &&
      toAddressText(body.address, body.protocol) === address.text
    );
  });
}
