// Which set is the current one, and of which casts: nobody changes that while others work for a set.
// Locks of the table and not of its rows, because they are had in the order in which they are asked
// for: however many embedders are at work, whoever takes up a set has its turn.

/**
 * For a transaction that works for a set: sets stay what they are until it is over. Before anything
 * else that it locks, as {@link CHANGE_SETS} is: those that change sets lock what is claimed as well,
 * and in another order the two would wait for each other.
 */
export const KEEP_SETS = "lock table embedding_sets in row exclusive mode";

/**
 * For a transaction that changes sets: waits for those that work for one, and those that come later
 * wait and see what it has made of them. Sets can be read meanwhile.
 */
export const CHANGE_SETS = "lock table embedding_sets in exclusive mode";
