/** What a password is shown as. */
const MASK = "***";

/**
 * The same value without the passwords in it, for screens and logs: of a URL, of its query, or of a
 * list of `key=value`.
 *
 * Works on any text, and hides too much rather than too little: what cannot be read as a URL may hold
 * a password all the same.
 */
export function maskPassword(text: string): string {
  return (
    text
      // From the first colon to the last @: a password that should have been percent-encoded may hold
      // either, and spaces; a user may be named after a server, as in `ada@server`.
      .replace(/:\/\/([^/:]*):.*@/gs, `://$1:${MASK}@`)
      .replace(/([?&](?:ssl)?password=)[^&"]*/gi, `$1${MASK}`)
      .replace(/(^|[\s"'])((?:ssl)?password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s"]*)/gi, `$1$2${MASK}`)
  );
}
