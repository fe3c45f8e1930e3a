import type { UserDataBody } from "@snaprag/proto";
import { UserDataType } from "@snaprag/proto";
import { toChecksumAddress } from "../../engine/rules/address-text.ts";
import type { Prng } from "../authoring/prng.ts";
import type { User } from "../population.ts";
import type { MessageSubmission, Recipe, SayOptions, Scene } from "../scene.ts";
import { composeName, composeText, composeUrl } from "../text.ts";

type FreeField = (prng: Prng, user: User) => string;

/** Values of the fields that anyone may set to anything of the right form. */
const FREE_FIELDS: ReadonlyMap<UserDataType, FreeField> = new Map<UserDataType, FreeField>([
  [UserDataType.PFP, (prng) => `${composeUrl(prng)}.png`],
  [UserDataType.DISPLAY, (prng) => composeText(prng, 32)],
  [UserDataType.BIO, (prng) => composeText(prng, 256)],
  [UserDataType.URL, composeUrl],
  [UserDataType.LOCATION, composeLocation],
  [UserDataType.TWITTER, (prng, { fid }) => composeName(prng, fid)],
  [UserDataType.GITHUB, (prng, { fid }) => composeName(prng, fid)],
  [UserDataType.BANNER, (prng) => `${composeUrl(prng)}.jpg`],
  [UserDataType.PROFILE_TOKEN, composeToken],
  [UserDataType.LIVE_AT, composeUrl],
]);

const COMMON_FIELDS = [UserDataType.PFP, UserDataType.DISPLAY, UserDataType.BIO] as const;

/** Sets one of the fields that most users have. */
export function setCommonField(
  scene: Scene,
  user: User,
  options: SayOptions = {},
): MessageSubmission {
  return setField(scene, user, { type: scene.prng.pick(COMMON_FIELDS), ...options });
}

/** Profile fields, filled, changed and cleared. */
export const PROFILE_RECIPES: readonly Recipe[] = [
  function fillProfile(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    return [...FREE_FIELDS.keys()].map((type) => setField(scene, user, { type }));
  },

  function changeField(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    return [setField(scene, user, { type: scene.prng.pick([...FREE_FIELDS.keys()]) })];
  },

  function clearField(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    const body: UserDataBody = { type: scene.prng.pick(COMMON_FIELDS), value: "" };
    return [scene.say(user, { type: "userDataAdd", body })];
  },

  /** The older of two changes comes second and is turned down. */
  function changeFieldTooLate(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    return [setField(scene, user, { type: UserDataType.BIO, age: 500 })];
  },
];

function setField(
  scene: Scene,
  user: User,
  { type, ...options }: SayOptions & { readonly type: UserDataType },
): MessageSubmission {
  const value = FREE_FIELDS.get(type)?.(scene.prng, user) ?? "";
  return scene.say(user, { type: "userDataAdd", body: { type, value } }, options);
}

function composeLocation(prng: Prng): string {
  const latitude = (prng.next() * 178 - 89).toFixed(2);
  const longitude = (prng.next() * 358 - 179).toFixed(2);
  return `geo:${latitude},${longitude}`;
}

function composeToken(prng: Prng): string {
  return `eip155:8453/erc20:${toChecksumAddress(prng.bytes(20))}`;
}
