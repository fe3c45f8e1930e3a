// Messages that a node puts into a block and then turns down, each with a MERGE_FAILURE event.
import { createSigner } from "../authoring/build-message.ts";
import type { Recipe } from "../scene.ts";
import { composeUrl } from "../text.ts";
import { publishCast } from "./cast-recipes.ts";

/** Messages that cannot be merged whatever the state. */
export const FAILURE_RECIPES: readonly Recipe[] = [
  /** Valid, and never stored. */
  function pressFrameButton(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    const body = {
      url: Buffer.from(composeUrl(scene.prng), "utf8"),
      buttonIndex: 1,
      castId: scene.pickCast(),
      inputText: Buffer.from("gm", "utf8"),
      state: new Uint8Array(),
      transactionId: new Uint8Array(),
      address: new Uint8Array(),
    };
    return [scene.say(user, { type: "frameAction", body })];
  },

  function signWithUnknownKey(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    const signer = createSigner(scene.prng.bytes(32));
    const body = { targetHash: scene.prng.bytes(20) };
    return [scene.say(user, { type: "castRemove", body }, { signer })];
  },

  function castFromTheFuture(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    return [publishCast(scene, user, { age: -3600 })];
  },
];
