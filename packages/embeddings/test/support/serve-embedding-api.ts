// An embeddings API as a program of its own: prints its endpoint on the first line, takes its
// options as JSON, answers GET /counts and POST /faults, and ends with its standard input.
//
//   node --conditions snaprag-source --import tsx serve-embedding-api.ts '{"dimension":64}'
import { once } from "node:events";
import type { EmbeddingApiOptions } from "./embedding-api.ts";
import { startEmbeddingApi } from "./embedding-api.ts";

const options = JSON.parse(process.argv[2] ?? "{}") as EmbeddingApiOptions;
await using api = await startEmbeddingApi(options);
console.log(api.endpoint);
process.stdin.resume();
await once(process.stdin, "close");
