import type { Submission } from "../engine/mempool.ts";
import { CAST_RECIPES } from "./recipes/cast-recipes.ts";
import { CHAIN_RECIPES } from "./recipes/chain-recipes.ts";
import { CHANNEL_RECIPES } from "./recipes/channel-recipes.ts";
import { FAILURE_RECIPES } from "./recipes/failure-recipes.ts";
import { GRAPH_RECIPES } from "./recipes/graph-recipes.ts";
import { GASLESS_KEY_RECIPES, LEND_RECIPES } from "./recipes/lend-and-key-recipes.ts";
import { NAME_RECIPES } from "./recipes/name-recipes.ts";
import { PROFILE_RECIPES } from "./recipes/profile-recipes.ts";
import { VERIFICATION_RECIPES } from "./recipes/verification-recipes.ts";
import type { Recipe, Scene } from "./scene.ts";

/** In an order in which each can build on those before it. */
const RECIPES: readonly Recipe[] = [
  ...CHAIN_RECIPES,
  ...NAME_RECIPES,
  ...VERIFICATION_RECIPES,
  ...CHANNEL_RECIPES,
  ...LEND_RECIPES,
  ...GASLESS_KEY_RECIPES,
  ...CAST_RECIPES,
  ...GRAPH_RECIPES,
  ...PROFILE_RECIPES,
  ...FAILURE_RECIPES,
];

/** Everything that happens less often, dealt like cards: nothing twice before all came up once. */
export interface RecipeDeck {
  /** Number of recipes in the deck. */
  readonly size: number;
  /** What the next recipe submits. */
  deal(): readonly Submission[];
}

/** Creates a deck in its first order; it is shuffled each time it runs out. */
export function createRecipeDeck(scene: Scene): RecipeDeck {
  let cards = [...RECIPES];

  function shuffled(): Recipe[] {
    return RECIPES.map((recipe) => ({ recipe, place: scene.prng.next() }))
      .sort((a, b) => a.place - b.place)
      .map(({ recipe }) => recipe);
  }

  return {
    size: RECIPES.length,
    deal() {
      if (cards.length === 0) cards = shuffled();
      return cards.shift()?.(scene) ?? [];
    },
  };
}
