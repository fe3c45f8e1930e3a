// One sync as a library, from start to the node's newest block: its seconds and CPU seconds as JSON.
import { createNodeClient } from "@snaprag/client";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { createSyncer } from "@snaprag/sync";

const [endpoint, connectionString, verification] = process.argv.slice(2);
const client = createNodeClient({ endpoint });
const store = createPostgresStore({ connectionString });
const syncer = createSyncer({ client, store, verification, holder: "the benchmark" });
const startedAt = process.hrtime.bigint();
await syncer.run({ untilSynced: true });
const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
const messages = syncer.progress().reduce((sum, { messageCount }) => sum + messageCount, 0);
const { user, system } = process.cpuUsage();
const proofs = (await store.listShards()).map(({ proof }) => proof?.status ?? "none");
console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, messages, proofs }));
await store.close();
await client.close();
