/**
 * What verifies faster where native addons can be had.
 *
 * @module @snaprag/verify/node
 */

export { loadEd25519 } from "./load-ed25519.ts";
