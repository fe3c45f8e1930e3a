/**
 * The same URL without what may be a key in it, for screens and logs: whoever logs in, with or without a
 * password, and every value of the query.
 *
 * Works on any text, and hides too much rather than too little, as `maskPassword` does: here a name alone
 * lets somebody in.
 */
export function maskEndpoint(text: string): string {
  return (
    text
      // A key that should have been percent-encoded may hold any character: where an @ comes after a
      // question mark, either may be part of one.
      .replace(/^([["]*(?:[a-z][a-z\d+.-]*:\/+)?).*\?.*@.*$/is, "$1***")
      .replace(/^([["]*(?:[a-z][a-z\d+.-]*:\/+)?).*@/is, "$1***@")
      .replace(/([?&](?:[^=&#]*=)?)[^&#]+/g, "$1***")
  );
}
