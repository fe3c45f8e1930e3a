/** What a password is shown as. */
const MASK = "***";

/**
 * The same text without the passwords of the URLs in it, for screens and logs.
 *
 * Works on any text: what cannot be read as a URL may hold a password all the same.
 */
export function maskPassword(text: string): string {
  return (
    text
      // Up to the last @: a password that should have been percent-encoded may hold one itself.
      .replace(/:\/\/([^/\s:@]*):\S*@/g, `://$1:${MASK}@`)
      .replace(/([?&](?:ssl)?password=)[^&\s"]*/gi, `$1${MASK}`)
  );
}
