// Registry usernames, ENS names and basenames.
import { UserDataType, UserNameType } from "@snaprag/proto";
import { toUnixSeconds } from "../../engine/farcaster-time.ts";
import type { Submission } from "../../engine/mempool.ts";
import type { User } from "../population.ts";
import { remember } from "../population.ts";
import type { MessageSubmission, Recipe, Scene } from "../scene.ts";
import { pickUserWith } from "../scene.ts";
import { composeName } from "../text.ts";

/** Registers a username for a user who has none, and sets it as the profile's. */
export function registerFname(scene: Scene, user: User): readonly Submission[] {
  const name = composeName(scene.prng, user.fid);
  user.memory.fname = name;
  return [
    scene.transferFname({ name, fid: user.fid, fromFid: 0n, owner: user.custody }),
    setUsername(scene, user, name),
  ];
}

/** Names, registered, passed on, given up and proved again. */
export const NAME_RECIPES: readonly Recipe[] = [
  function registerName(scene) {
    const user = pickUserWith(scene, ({ fname }) => fname === undefined);
    return user === undefined ? [] : registerFname(scene, user);
  },

  /** The giver's username field is revoked. */
  function passNameOn(scene) {
    const giver = pickUserWith(scene, ({ fname }) => fname !== undefined);
    const taker = pickUserWith(scene, ({ fname }) => fname === undefined);
    const name = giver?.memory.fname;
    if (giver === undefined || taker === undefined || name === undefined) return [];
    giver.memory.fname = undefined;
    taker.memory.fname = name;
    const { fid, custody: owner } = taker;
    return [
      scene.transferFname({ name, fid, fromFid: giver.fid, owner }),
      setUsername(scene, taker, name),
    ];
  },

  function giveNameUp(scene) {
    const user = pickUserWith(scene, ({ fname }) => fname !== undefined);
    const name = user?.memory.fname;
    if (user === undefined || name === undefined) return [];
    user.memory.fname = undefined;
    return [scene.transferFname({ name, fid: 0n, fromFid: user.fid, owner: new Uint8Array(20) })];
  },

  /** The same fid: its trie key is inserted and then deleted. */
  function proveNameAgain(scene) {
    const user = pickUserWith(scene, ({ fname }) => fname !== undefined);
    const name = user?.memory.fname;
    if (user === undefined || name === undefined) return [];
    return [scene.transferFname({ name, fid: user.fid, fromFid: 0n, owner: user.custody })];
  },

  /** An old transfer that changes nothing. */
  function transferTooLate(scene) {
    const user = pickUserWith(scene, ({ fname }) => fname !== undefined);
    const name = user?.memory.fname;
    if (user === undefined || name === undefined) return [];
    const { fid, custody: owner } = scene.population.pickOrdinary(scene.prng);
    return [scene.transferFname({ name, fid, fromFid: 0n, owner, age: 100_000_000 })];
  },

  function claimNameOfAnother(scene) {
    const holder = pickUserWith(scene, ({ fname }) => fname !== undefined);
    const name = holder?.memory.fname;
    const user = scene.population.pickOrdinary(scene.prng);
    if (name === undefined || user === holder) return [];
    return [setUsername(scene, user, name)];
  },

  function proveEnsName(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    const name = `${composeName(scene.prng, BigInt(scene.nextNumber()))}.eth`;
    return [proveName(scene, user, name), setUsername(scene, user, name)];
  },

  function proveBasename(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    return [proveName(scene, user, `${composeName(scene.prng, user.fid)}.base.eth`)];
  },

  function proveEnsNameAgain(scene) {
    const user = pickUserWith(scene, ({ ensNames }) => ensNames.length > 0);
    const name = user?.memory.ensNames.at(-1);
    return user === undefined || name === undefined ? [] : [proveName(scene, user, name)];
  },

  /** Another fid of the same shard proves the name, which it then takes. */
  function takeEnsName(scene) {
    const holder = pickUserWith(scene, ({ ensNames }) => ensNames.length > 0);
    const name = holder?.memory.ensNames.shift();
    const taker = scene.population.pickOrdinary(scene.prng);
    if (name === undefined || taker.homeShardId !== holder?.homeShardId) return [];
    return [proveName(scene, taker, name)];
  },

  /** One unit holds two of them. */
  function proveNamesBeyondTheLimit(scene) {
    return scene.population.withRole("fullCasts").map((user) => {
      const name = `${composeName(scene.prng, BigInt(scene.nextNumber()))}.eth`;
      return proveName(scene, user, name);
    });
  },
];

function setUsername(scene: Scene, user: User, value: string): MessageSubmission {
  return scene.say(user, { type: "userDataAdd", body: { type: UserDataType.USERNAME, value } });
}

function proveName(scene: Scene, user: User, name: string): MessageSubmission {
  remember(user.memory.ensNames, name);
  const body = {
    // The message's own time, as receivers insist.
    timestamp: toUnixSeconds(BigInt(scene.now)),
    name: Buffer.from(name, "utf8"),
    owner: user.custody,
    signature: scene.prng.bytes(65),
    fid: user.fid,
    type: name.endsWith(".base.eth")
      ? UserNameType.USERNAME_TYPE_BASENAME
      : UserNameType.USERNAME_TYPE_ENS_L1,
  };
  return scene.say(user, { type: "usernameProof", body });
}
