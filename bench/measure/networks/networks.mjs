// Networks to mirror: a devnet, a node that gives its answers again from memory, and a first mirror.
import { totalmem } from "node:os";
import { describeMirror } from "../databases/database.mjs";
import { runMeasured } from "../processes/run-measured.mjs";
import { messagesIn, syncArgs } from "../processes/snaprag-command.mjs";
import { startChild } from "../processes/start-child.mjs";

const MESSAGES_PER_USER = 300;
/** What a devnet holds in memory for a message, with its recorded answer and what else runs. */
const BYTES_PER_MESSAGE = 3500;
/** Below this no devnet is too large for a machine that can build the project. */
const SMALL_NETWORK_MESSAGES = 500_000;
/**
 * A devnet's young objects, in MiB a half. Of five million messages each collection of the young takes
 * half a second, whatever there is to collect, because it goes through all the old. V8 makes
 * do with half a megabyte in a process that has little to do, which then took a core of those that are measured.
 */
const DEVNET_SEMI_SPACE_MB = 64;
/**
 * V8 collects in a process that has little to do, in the hope of memory to give back. With a million
 * messages in it, that took 36 % of both cores beside the six seconds of a sync that were looked at.
 */
const NO_IDLE_COLLECTION = "--no-memory-reducer";

/** Why a network of a size cannot be made on this machine; undefined when it can. */
export function whyTooLarge(messages) {
  const gigabytes = Math.ceil((messages * BYTES_PER_MESSAGE) / 1e9);
  if (messages <= SMALL_NETWORK_MESSAGES || totalmem() >= gigabytes * 1e9) return undefined;
  return `a devnet of ${messages} messages needs ${gigabytes} GB of memory`;
}

/** Starts a devnet without gasless keys, which make pages fail for ever. */
export async function startDevnet({ messages, seed, trafficPerBlock }) {
  const users = Math.max(10, Math.ceil(messages / MESSAGES_PER_USER));
  const options = { users, messages, seed, trafficPerBlock, blockMs: 0, gaslessKeys: false };
  const megabytes = Math.floor((totalmem() / 2 ** 20) * 0.8);
  const child = await startChild("programs/node/serve-devnet.mjs", [JSON.stringify(options)], {
    nodeFlags: [
      "--expose-gc",
      NO_IDLE_COLLECTION,
      `--max-old-space-size=${megabytes}`,
      `--min-semi-space-size=${DEVNET_SEMI_SPACE_MB}`,
      `--max-semi-space-size=${DEVNET_SEMI_SPACE_MB}`,
    ],
  });
  return {
    endpoint: child.ready,
    /** Makes blocks; says when the last was sent, the heights, and CPU seconds so far. */
    produce: async (count) => JSON.parse(await child.ask(count)),
    /** Collects what is garbage, so that this is not done beside something that is measured. */
    collect: () => child.ask("collect"),
    stop: child.stop,
  };
}

/** Starts a node that gives again what another one gave. */
export async function startRecorded(upstream) {
  const child = await startChild("programs/node/serve-recorded.mjs", [upstream]);
  return {
    endpoint: child.ready,
    /** CPU seconds and calls so far. */
    cost: async () => JSON.parse(await child.ask("cost")),
    stop: child.stop,
  };
}

async function openNetwork({ database, seed, log }, messages) {
  log(`making a network of ${messages} messages, and a first mirror of it`);
  const devnet = await startDevnet({ messages, seed });
  const node = await startRecorded(devnet.endpoint);
  const mirrorUrl = await database.create();
  // Also has the node remember every page, so that the devnet behind it has nothing to do any more.
  const { output } = await runMeasured(syncArgs({ endpoint: node.endpoint, url: mirrorUrl }));
  await devnet.collect();
  await database.settle(mirrorUrl);
  return {
    asked: messages,
    messages: messagesIn(output),
    devnet,
    node,
    mirrorUrl,
    ...(await describeMirror(mirrorUrl)),
    async stop() {
      await database.drop(mirrorUrl);
      await node.stop();
      await devnet.stop();
    },
  };
}

/**
 * Networks by size. Only the last one is kept, because a large one fills the memory: whoever needs
 * several sizes asks for all of one before the next.
 */
export function createNetworks(context) {
  let current;
  async function close() {
    await current?.stop();
    current = undefined;
  }
  return {
    async of(messages) {
      if (current?.asked === messages) return current;
      await close();
      current = await openNetwork(context, messages);
      return current;
    },
    /** Stops the network that is kept: also when its devnet has moved on from what was recorded. */
    close,
  };
}
