import type { CastAddBody } from "@snaprag/proto";
import { CastType } from "@snaprag/proto";
import type { User } from "../population.ts";
import { remember } from "../population.ts";
import type { MessageSubmission, Recipe, SayOptions, Scene } from "../scene.ts";
import { pickUserWith } from "../scene.ts";
import { composeLongText, composeText, composeUrl } from "../text.ts";

const MAX_CAST_BYTES = 320;
const MAX_LONG_CAST_BYTES = 1024;

/** Publishes a cast of a user: some with mentions, some with embeds, some in answer to another. */
export function publishCast(scene: Scene, user: User, options: SayOptions = {}): MessageSubmission {
  const { prng } = scene;
  const body: CastAddBody = {
    ...emptyCast(),
    ...composeMentions(scene),
    parent: pickParent(scene),
    embeds: prng.chance(0.15) ? [pickEmbed(scene)] : [],
  };
  return note(scene, user, scene.say(user, { type: "castAdd", body }, options));
}

/** Casts and their removals, in every order. */
export const CAST_RECIPES: readonly Recipe[] = [
  function removeCast(scene) {
    const user = pickUserWith(scene, ({ casts }) => casts.length > 1);
    const cast = user?.memory.casts.shift();
    if (user === undefined || cast === undefined) return [];
    return [scene.say(user, { type: "castRemove", body: { targetHash: cast.hash } })];
  },

  function removeUnknownCast(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    return [scene.say(user, { type: "castRemove", body: { targetHash: scene.prng.bytes(20) } })];
  },

  /** Removes it twice; the later removal takes the earlier one's place. */
  function removeTwice(scene) {
    const user = pickUserWith(scene, ({ casts }) => casts.length > 1);
    const cast = user?.memory.casts.shift();
    if (user === undefined || cast === undefined) return [];
    const draft = { type: "castRemove", body: { targetHash: cast.hash } } as const;
    return [scene.say(user, draft, { age: 3 }), scene.say(user, draft, { age: 1 })];
  },

  /** The removal is the older message, and wins. */
  function castAfterItsRemoval(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    const body = { ...emptyCast(), text: composeText(scene.prng, MAX_CAST_BYTES) };
    const cast = scene.say(user, { type: "castAdd", body });
    const removal = { type: "castRemove", body: { targetHash: cast.message.hash } } as const;
    return [scene.say(user, removal, { age: 2 }), cast];
  },

  function castAgain(scene) {
    const user = pickUserWith(scene, ({ messages }) => messages.length > 0);
    const message = user?.memory.messages.at(-1);
    return message === undefined ? [] : [scene.repeat(message)];
  },

  function longCast(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    const text = composeLongText(scene.prng, MAX_CAST_BYTES + 80);
    const body = { ...emptyCast(), text, type: CastType.LONG_CAST };
    return [note(scene, user, scene.say(user, { type: "castAdd", body }))];
  },

  /** Landlords are pro users. */
  function tenThousandCast(scene) {
    const user = scene.prng.pick(scene.population.withRole("landlord"));
    const text = composeLongText(scene.prng, MAX_LONG_CAST_BYTES + 80);
    const body = { ...emptyCast(), text, type: CastType.TEN_K_CAST };
    return [note(scene, user, scene.say(user, { type: "castAdd", body }))];
  },

  function castBeyondTheLimit(scene) {
    return scene.population.withRole("fullCasts").map((user) => publishCast(scene, user));
  },

  function castOfExpiringUser(scene) {
    return scene.population.withRole("expiring").map((user) => publishCast(scene, user));
  },
];

function emptyCast(): CastAddBody {
  return {
    embedsDeprecated: [],
    mentions: [],
    parent: undefined,
    text: "",
    mentionsPositions: [],
    embeds: [],
    type: CastType.CAST,
  };
}

function note(scene: Scene, user: User, submission: MessageSubmission): MessageSubmission {
  const cast = { fid: user.fid, hash: submission.message.hash };
  scene.noteCast(cast);
  remember(user.memory.casts, cast);
  return submission;
}

/** Text whose mentions stand at byte offsets, also behind characters of several bytes. */
function composeMentions({
  prng,
  population,
}: Scene): Pick<CastAddBody, "text" | "mentions" | "mentionsPositions"> {
  const text = composeText(prng, MAX_CAST_BYTES / 2);
  if (!prng.chance(0.1)) return { text, mentions: [], mentionsPositions: [] };
  const mentions = Array.from({ length: 1 + prng.int(3) }, () => prng.pick(population.users).fid);
  let whole = text;
  const mentionsPositions = mentions.map(() => {
    whole = `${whole} `;
    const position = Buffer.byteLength(whole);
    whole = `${whole} ${composeText(prng, MAX_CAST_BYTES / 10)}`;
    return position;
  });
  return { text: whole, mentions, mentionsPositions };
}

function pickParent(scene: Scene): CastAddBody["parent"] {
  const cast = scene.pickCast();
  if (cast !== undefined && scene.prng.chance(0.3)) return { $case: "parentCastId", value: cast };
  if (!scene.prng.chance(0.1)) return undefined;
  return { $case: "parentUrl", value: composeUrl(scene.prng) };
}

function pickEmbed(scene: Scene): CastAddBody["embeds"][number] {
  const cast = scene.prng.chance(0.3) ? scene.pickCast() : undefined;
  if (cast !== undefined) return { embed: { $case: "castId", value: cast } };
  return { embed: { $case: "url", value: composeUrl(scene.prng) } };
}
