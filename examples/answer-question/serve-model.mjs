// Stands in for a server of models, so that the example runs without one. It speaks as much of
// OpenAI's API as the example needs: texts that share words get vectors that are near each other, and
// the answer to a question is the first of the sources that came with it.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

const DIMENSION = 256;

/** A vector for each word: a few numbers that its hash chooses. */
function addWord(vector, word) {
  const bytes = createHash("sha256").update(word).digest();
  for (let index = 0; index < 8; index++) {
    vector[bytes[index]] += bytes[index + 8] % 2 === 0 ? 1 : -1;
  }
}

function embed(text) {
  const vector = new Array(DIMENSION).fill(0);
  // Words that every sentence has would make every sentence alike.
  for (const word of text.toLowerCase().match(/\p{L}{4,}/gu) ?? [text]) addWord(vector, word);
  return vector;
}

function answer({ messages }) {
  const [source] = messages.at(-1).content.match(/^\[1\] .*$/m) ?? [];
  const content =
    source === undefined ? "I do not know." : source.replace(/^\[1\] (.*)$/, "$1 [1]");
  return { choices: [{ message: { role: "assistant", content } }] };
}

function respond(url, body) {
  if (url.endsWith("/chat/completions")) return answer(body);
  const data = body.input.map((text, index) => ({ index, embedding: embed(text) }));
  return { data, usage: { prompt_tokens: body.input.join(" ").split(" ").length } };
}

/** Starts the server on a free port. */
export async function serveModel() {
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(respond(request.url, JSON.parse(Buffer.concat(chunks)))));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${server.address().port}/v1`,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(resolve)),
  };
}
