// @snaprag/verify/node: what verifies faster where native addons can be had.
export { loadEd25519 } from "./load-ed25519.ts";
