// The README's example; the test of the READMEs runs it and holds the two together.
import { chunkText, composeText, fuseRanks } from "@snaprag/embeddings";

// A cast as it is stored: the name of whom it mentions stands nowhere in its text.
const cast = {
  text: "gm ! Every message is in a trie. The root of it is signed. So a mirror can be proved.",
  mentions: [{ fid: 3n, position: 3, username: "dwr.eth" }],
  parentText: "what is a proof?",
  quotedTexts: [],
};
const text = composeText(cast, { hasParent: true, hasQuotes: false });

const countTokens = (piece: string) => piece.trim().split(/\s+/).length; // a model has its own
for (const chunk of chunkText(text, { maxTokens: 14, overlapTokens: 2, countTokens })) {
  console.log(JSON.stringify(chunk.text));
}

const [best] = fuseRanks([
  ["cast 7", "cast 2", "cast 9"], // by vector
  ["cast 4", "cast 2"], // by words
]);
console.log(`${best?.key} is best by both`);
