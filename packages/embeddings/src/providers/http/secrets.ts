// Keeps keys out of messages, whoever wrote them.

/** Longest quotation of an answer, in characters. */
const MAX_QUOTED_CHARACTERS = 200;

/** What must stand in no message. */
export type Secrets = readonly string[];

/** The key and, where the endpoint holds credentials, those in every form in which they are sent. */
export function listSecrets(apiKey: string | undefined, endpoint: URL): Secrets {
  const { username, password } = endpoint;
  const all = [apiKey, password, decode(password), basicCredentials(endpoint)];
  const found = all.filter((secret) => secret !== undefined && secret !== "") as string[];
  // A user's name alone is often a key, too.
  if (username !== "" && password === "") found.push(username, decode(username));
  // Longest first: a secret may be part of another.
  return found.sort((a, b) => b.length - a.length);
}

/** What `authorization: Basic` takes; undefined when the URL holds no credentials. */
export function basicCredentials({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  const pair = `${decode(username)}:${decode(password)}`;
  return Buffer.from(pair).toString("base64");
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A lone per cent sign, which the URL took as it is.
    return part;
  }
}

/** The address for messages: without credentials, and without a query, which may hold some. */
export function toShownUrl(url: URL): string {
  const credentials = url.username === "" && url.password === "" ? "" : "***@";
  return `${url.protocol}//${credentials}${url.host}${url.pathname}`;
}

/** A text of others for a message: on one line, without secrets, and cut. */
export function quote(text: string, secrets: Secrets): string {
  // Before the cut, which could leave half a secret.
  const masked = secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
  const line = masked.replace(/\s+/g, " ").trim();
  return line.length <= MAX_QUOTED_CHARACTERS ? line : `${line.slice(0, MAX_QUOTED_CHARACTERS)}…`;
}
