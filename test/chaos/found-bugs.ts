/** Seeds of scenarios that once found a bug. Every run plays them first. */
export const FOUND_BUGS: readonly number[] = [1006, 10009, 50119, 200321];
