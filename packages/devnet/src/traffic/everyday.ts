import type { User } from "./population.ts";
import { publishCast } from "./recipes/cast-recipes.ts";
import { follow, react } from "./recipes/graph-recipes.ts";
import { setCommonField } from "./recipes/profile-recipes.ts";
import type { MessageSubmission, Scene } from "./scene.ts";

/** Nodes see messages out of order by about so many seconds. */
const MAX_DELAY_SECONDS = 60;

/** What users say on a day like any other: mostly reactions, then casts, then links. */
export function sayEverydayMessage(scene: Scene, user: User): MessageSubmission {
  const roll = scene.prng.next();
  const options = { age: scene.prng.int(MAX_DELAY_SECONDS) };
  if (roll < 0.71) return react(scene, user, options);
  if (roll < 0.86) return publishCast(scene, user, options);
  if (roll < 0.985) return follow(scene, user, options);
  return setCommonField(scene, user, options);
}
