// Storage lends and gasless keys.
import type { KeyAddBody } from "@snaprag/proto";
import { MessageType, StorageUnitType } from "@snaprag/proto";
import { encodeSignedKeyRequest } from "../../engine/signed-key-request.ts";
import type { MessageSigner } from "../authoring/build-message.ts";
import { createSigner } from "../authoring/build-message.ts";
import type { User } from "../population.ts";
import { remember } from "../population.ts";
import type { MessageSubmission, Recipe, Scene } from "../scene.ts";

const SIGNATURE_BYTES = 65;
const SECONDS_PER_DAY = 86_400;
/** `KeyRemoveBody.signature_type`: signed by the custody address, or by the key itself. */
const CUSTODY_SIGNATURE = 1;
const SELF_SIGNATURE = 2;

/** What the keys may be used for. */
const SCOPES = [
  MessageType.CAST_ADD,
  MessageType.CAST_REMOVE,
  MessageType.REACTION_ADD,
  MessageType.REACTION_REMOVE,
];

/** Lends, started, changed and ended. */
export const LEND_RECIPES: readonly Recipe[] = [
  /** Two at a time, so that there are always some while others end. */
  function startLends(scene) {
    const lender = scene.prng.pick(scene.population.withRole("landlord"));
    return [1n, 2n].map((numUnits) => {
      const { fid: toFid } = scene.population.pickOrdinary(scene.prng);
      remember(lender.memory.borrowers, toFid);
      return lend(scene, lender, { toFid, numUnits });
    });
  },

  function changeLend(scene) {
    const lender = scene.prng.pick(scene.population.withRole("landlord"));
    const toFid = lender.memory.borrowers.at(-1);
    return toFid === undefined ? [] : [lend(scene, lender, { toFid, numUnits: 4n })];
  },

  function endLend(scene) {
    const lender = scene.prng.pick(scene.population.withRole("landlord"));
    const toFid = lender.memory.borrowers.shift();
    return toFid === undefined ? [] : [lend(scene, lender, { toFid, numUnits: 0n })];
  },

  /** Shard 0 turns it down; no data shard hears of it. */
  function lendMoreThanThereIs(scene) {
    const lender = scene.population.pickOrdinary(scene.prng);
    const { fid: toFid } = scene.population.whale;
    return [lend(scene, lender, { toFid, numUnits: 4_000n })];
  },
];

/** Gasless keys, added, added again, used and removed. Nobody has any unless the network allows it. */
export const GASLESS_KEY_RECIPES: readonly Recipe[] = [
  /** Two at first, so that one can be removed. */
  function addKey(scene) {
    const user = pickKeyUser(scene);
    if (user === undefined) return [];
    const keyCount = user.memory.gaslessKeys.length === 0 ? 2 : 1;
    return Array.from({ length: keyCount }, () => {
      const key = createSigner(scene.prng.bytes(32));
      remember(user.memory.gaslessKeys, key);
      return sayKeyAdd(scene, user, key);
    });
  },

  function addKeyAgain(scene) {
    const user = pickKeyUser(scene);
    const key = user?.memory.gaslessKeys.at(-1);
    return user === undefined || key === undefined ? [] : [sayKeyAdd(scene, user, key)];
  },

  function signWithKey(scene) {
    const user = pickKeyUser(scene);
    const signer = user?.memory.gaslessKeys.at(-1);
    if (user === undefined || signer === undefined) return [];
    const body = { targetHash: scene.prng.bytes(20) };
    return [scene.say(user, { type: "castRemove", body }, { signer })];
  },

  function removeKey(scene) {
    const users = scene.population.withGaslessKeys();
    const user = users.find(({ memory }) => memory.gaslessKeys.length > 1);
    const key = user?.memory.gaslessKeys.shift();
    if (user === undefined || key === undefined) return [];
    user.memory.nonce++;
    const body = {
      key: key.publicKey,
      signature: scene.prng.bytes(SIGNATURE_BYTES),
      signatureType: scene.prng.chance(0.5) ? CUSTODY_SIGNATURE : SELF_SIGNATURE,
      deadline: scene.now + SECONDS_PER_DAY,
      nonce: user.memory.nonce,
    };
    return [scene.say(user, { type: "keyRemove", body }, { signer: key })];
  },
];

function lend(
  scene: Scene,
  lender: User,
  { toFid, numUnits }: { readonly toFid: bigint; readonly numUnits: bigint },
): MessageSubmission {
  const body = { toFid, numUnits, unitType: StorageUnitType.UNIT_TYPE_2025 };
  return scene.say(lender, { type: "lendStorage", body });
}

function pickKeyUser({ population, prng }: Scene): User | undefined {
  const users = population.withGaslessKeys();
  return users.length === 0 ? undefined : prng.pick(users);
}

function sayKeyAdd(scene: Scene, user: User, key: MessageSigner): MessageSubmission {
  user.memory.nonce++;
  const deadline = scene.now + SECONDS_PER_DAY;
  const body: KeyAddBody = {
    key: key.publicKey,
    keyType: 1,
    custodySignature: scene.prng.bytes(SIGNATURE_BYTES),
    deadline,
    nonce: user.memory.nonce,
    metadata: encodeSignedKeyRequest({
      requestFid: scene.population.whale.fid,
      requestSigner: scene.population.whale.custody,
      signature: scene.prng.bytes(SIGNATURE_BYTES),
      deadline: BigInt(deadline),
    }),
    metadataType: 1,
    registrationTxHash: new Uint8Array(),
    scopes: SCOPES,
    ttl: 90 * SECONDS_PER_DAY,
  };
  return scene.say(user, { type: "keyAdd", body }, { signer: key });
}
