// Answers a question with what was cast, and names its sources:
//
//   node answer-question.mjs "How long is a storage unit rented for?"
//
// In a fresh clone, `npm start` has to come first: it installs and builds the packages.
//
// Everything is in this process: a devnet whose users have cast a few things worth knowing, a mirror of
// it in an embedded database, vectors, search. --endpoint, --model and --chat-model name models behind
// any API like OpenAI's that wants no key, such as Ollama's; without them a small stand-in is used.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createNodeClient } from "@snaprag/client";
import { buildMessage, createDevnet } from "@snaprag/devnet";
import { createCastSearch, createEmbedder, openHttpProvider } from "@snaprag/embeddings";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { openEmbeddedDatabase } from "@snaprag/storage-postgres/embedded";
import { createEmbeddingStore } from "@snaprag/storage-postgres/embeddings";
import { createSyncer } from "@snaprag/sync";
import { serveModel } from "./serve-model.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    endpoint: { type: "string" },
    model: { type: "string", default: "stand-in" },
    "chat-model": { type: "string", default: "stand-in" },
  },
});
const [question = "How long is a storage unit rented for?"] = positionals;
const SOURCES = 3;
const WORTH_KNOWING = [
  "A storage unit is rented for one year, and can be renewed.",
  "Casts hold at most 1,024 bytes unless the account has subscribed to more.",
  "Removing a signer no longer removes what it has signed.",
];

/** Has users of the devnet cast what is worth knowing. */
function publish(devnet) {
  const fids = [...devnet.listLive()].flatMap((entry) => entry.event?.fid ?? []);
  const authors = [...new Set(fids)].filter((fid) => devnet.findSigner(fid) !== undefined);
  for (const [index, text] of WORTH_KNOWING.entries()) {
    const fid = authors[index];
    const body = {
      embedsDeprecated: [],
      mentions: [],
      text,
      mentionsPositions: [],
      embeds: [],
      type: 0,
    };
    const draft = { type: "castAdd", fid, timestamp: 180_000_000, body };
    const message = buildMessage({ ...draft, signer: devnet.findSigner(fid) });
    devnet.submit({ kind: "message", message });
  }
}

/** Asks for an answer that rests on the casts alone. */
async function ask(endpoint, hits) {
  const sources = hits.map(({ text }, index) => `[${index + 1}] ${text}`);
  const content = `Answer from these casts alone, and cite them by number.\n${sources.join("\n")}\n\n${question}`;
  const response = await fetch(`${endpoint}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: values["chat-model"],
      messages: [{ role: "user", content }],
    }),
  });
  if (!response.ok) throw new Error(`The model answered with HTTP status ${response.status}`);
  const { choices } = await response.json();
  return choices[0].message.content;
}

const folder = mkdtempSync(join(tmpdir(), "snaprag-answer-"));
const opened = [];

/** Keeps something to be closed at the end. */
function closing(resource) {
  opened.unshift(resource);
  return resource;
}

try {
  const devnet = closing(createDevnet({ users: 30, messages: 1000, blockMs: 0 }));
  await devnet.start();
  publish(devnet);
  await devnet.produceBlock();

  const database = closing(
    await openEmbeddedDatabase({ folder: join(folder, "db"), holder: "example" }),
  );
  const store = closing(createPostgresStore(database.storeOptions));
  const client = closing(createNodeClient({ endpoint: devnet.endpoint }));
  await createSyncer({ client, store, holder: "example" }).run({ untilSynced: true });

  const endpoint = values.endpoint ?? closing(await serveModel()).endpoint;
  const provider = closing(await openHttpProvider({ endpoint, model: values.model }));
  const { connection } = database.storeOptions;
  // The session of an embedded database is the store's, which has set it up.
  const vectors = closing(createEmbeddingStore({ connection, backend: "embeddedGuest" }));
  const embedder = createEmbedder({ provider, store: vectors });
  await embedder.run({ untilDone: true });

  const { search } = createCastSearch({ store: vectors, provider });
  const hits = await search({ text: question, mode: "vector", limit: SOURCES });
  const { castCount } = embedder.progress();
  console.log(`${question} (${castCount} casts)\n${await ask(endpoint, hits)}\n`);
  for (const [index, { fid, username, text }] of hits.entries()) {
    console.log(`[${index + 1}] ${username ?? fid}: ${text}`);
  }
} finally {
  for (const resource of opened) await resource[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}
