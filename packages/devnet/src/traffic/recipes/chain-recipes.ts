// What happens on the chains: fids, signers, storage, pro subscriptions.
import { IdRegisterEventType, SignerEventType, TierType } from "@snaprag/proto";
import { toUnixSeconds } from "../../engine/farcaster-time.ts";
import type { Submission } from "../../engine/mempool.ts";
import { createSigner } from "../authoring/build-message.ts";
import { signerBody } from "../authoring/on-chain-events.ts";
import type { User } from "../population.ts";
import { remember } from "../population.ts";
import type { Recipe, Scene } from "../scene.ts";
import { pickUserWith } from "../scene.ts";
import { registerFname } from "./name-recipes.ts";

const SECONDS_PER_YEAR = 365n * 86_400n;
const NO_FID = 0n;

/** Registers a fid with its signer and its storage. */
export function registerUser(
  scene: Scene,
  user: User,
  rent: { readonly units: number; readonly unixSeconds: bigint },
): readonly Submission[] {
  const { units, unixSeconds } = rent;
  return [
    changeId(scene, user, { eventType: IdRegisterEventType.REGISTER, unixSeconds }),
    scene.happen(user.fid, signerBody(user.signer.publicKey, SignerEventType.ADD), unixSeconds),
    rentStorage(scene, user, { units, unixSeconds }),
  ];
}

/** Rents storage units for a user. */
function rentStorage(
  scene: Scene,
  user: User,
  { units, unixSeconds }: { readonly units: number; readonly unixSeconds: bigint },
): Submission {
  const expiry = Number(unixSeconds + SECONDS_PER_YEAR);
  const value = { payer: user.custody, units, expiry };
  return scene.happen(user.fid, { $case: "storageRentEventBody", value }, unixSeconds);
}

/** Makes a user a pro for some days. */
export function buyPro(scene: Scene, user: User, forDays: bigint): Submission {
  const value = { tierType: TierType.Pro, forDays, payer: user.custody };
  return scene.happen(user.fid, { $case: "tierPurchaseEventBody", value });
}

/** On-chain events of every type but channels. */
export const CHAIN_RECIPES: readonly Recipe[] = [
  function joinNetwork(scene) {
    const user = scene.population.join();
    const unixSeconds = toUnixSeconds(BigInt(scene.now));
    return [...registerUser(scene, user, { units: 1, unixSeconds }), ...registerFname(scene, user)];
  },

  function rentMore(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    return [rentStorage(scene, user, { units: 1, unixSeconds: toUnixSeconds(BigInt(scene.now)) })];
  },

  function replaceSigner(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    remember(user.memory.removedSigners, user.signer);
    const removal = signerBody(user.signer.publicKey, SignerEventType.REMOVE);
    user.signer = createSigner(scene.prng.bytes(32));
    return [
      scene.happen(user.fid, signerBody(user.signer.publicKey, SignerEventType.ADD)),
      scene.happen(user.fid, removal),
    ];
  },

  /** The key is active again. */
  function resetSigner(scene) {
    const user = pickUserWith(scene, ({ removedSigners }) => removedSigners.length > 0);
    const signer = user?.memory.removedSigners.pop();
    if (user === undefined || signer === undefined) return [];
    return [scene.happen(user.fid, signerBody(signer.publicKey, SignerEventType.ADMIN_RESET))];
  },

  function signWithRemovedKey(scene) {
    const user = pickUserWith(scene, ({ removedSigners }) => removedSigners.length > 0);
    const signer = user?.memory.removedSigners.at(-1);
    if (user === undefined || signer === undefined) return [];
    const body = { targetHash: scene.prng.bytes(20) };
    return [scene.say(user, { type: "castRemove", body }, { signer })];
  },

  function migrateSigners(scene) {
    const migratedAt = Number(toUnixSeconds(BigInt(scene.now)));
    return [scene.happen(NO_FID, { $case: "signerMigratedEventBody", value: { migratedAt } })];
  },

  function transferFid(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    const from = user.custody;
    user.custody = scene.prng.bytes(20);
    return [changeId(scene, user, { eventType: IdRegisterEventType.TRANSFER, from })];
  },

  function changeRecovery(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    return [changeId(scene, user, { eventType: IdRegisterEventType.CHANGE_RECOVERY })];
  },

  function buyProForAMonth(scene) {
    return [buyPro(scene, scene.population.pickOrdinary(scene.prng), 30n)];
  },

  /** Merged once more, which is announced again and changes nothing. */
  function repeatEvent(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    const event = rentStorage(scene, user, {
      units: 1,
      unixSeconds: toUnixSeconds(BigInt(scene.now)),
    });
    return [event, event];
  },
];

function changeId(
  scene: Scene,
  user: User,
  change: {
    readonly eventType: IdRegisterEventType;
    readonly from?: Uint8Array;
    readonly unixSeconds?: bigint;
  },
): Submission {
  const { eventType, from = new Uint8Array(), unixSeconds } = change;
  const isOwnerChange = eventType !== IdRegisterEventType.CHANGE_RECOVERY;
  const to = isOwnerChange ? user.custody : new Uint8Array();
  const value = { to, eventType, from, recoveryAddress: scene.prng.bytes(20) };
  return scene.happen(user.fid, { $case: "idRegisterEventBody", value }, unixSeconds);
}
