import { malformedResponse } from "../errors/classify-failure.ts";
import type { NodeClientErrorContext } from "../errors/node-client-error.ts";

/** Remembers the page tokens of one walk, so that a node cannot lead it in a circle. */
export interface TokenGuard {
  /**
   * @throws {NodeClientError} `malformed_response` when the token was seen before
   */
  pass(pageToken: string | Uint8Array): void;
}

/** Starts a walk at the given token, if any. */
export function createTokenGuard(
  site: NodeClientErrorContext,
  startToken: string | Uint8Array | undefined,
): TokenGuard {
  const seenTokens = new Set<string>();
  if (startToken !== undefined) seenTokens.add(toKey(startToken));
  return {
    pass(pageToken) {
      const key = toKey(pageToken);
      if (seenTokens.has(key)) {
        throw malformedResponse(site, `page token ${JSON.stringify(key)} came a second time`);
      }
      seenTokens.add(key);
    },
  };
}

function toKey(pageToken: string | Uint8Array): string {
  return typeof pageToken === "string" ? pageToken : Buffer.from(pageToken).toString("base64");
}
