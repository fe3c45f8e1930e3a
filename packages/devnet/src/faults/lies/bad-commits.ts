import type {
  Commits,
  GetShardSnapshotMetadataResponse,
  ShardChunk,
  ShardChunksResponse,
} from "@snaprag/proto";
import { isSameBytes } from "@snaprag/proto";
import type { Network } from "../../engine/network.ts";
import type { Faults } from "../create-faults.ts";
import type { CommitLieKind } from "./lie-plan.ts";
import type { ToldSnapshots } from "./tell-snapshots.ts";

const ROOT_BYTES = 20;

/** What makes chunks look as if their validators had not committed them like that. */
export interface BadCommits {
  /** An answer with bad commits in its chunks. */
  apply(method: string, response: unknown): unknown;
}

/** What bad commits are made from. */
export interface BadCommitsOptions {
  readonly network: Network;
  readonly faults: Faults;
  readonly snapshots: ToldSnapshots;
}

/** Creates what spoils the commits of chunks. */
export function createBadCommits({ network, faults, snapshots }: BadCommitsOptions): BadCommits {
  function spoil(chunk: ShardChunk): ShardChunk {
    const lie = faults.findLie("badCommit");
    const height = chunk.header?.height;
    if (lie === undefined || height === undefined) return chunk;
    const { shardIndex: shardId, blockNumber } = height;
    if ((lie.shardId ?? shardId) !== shardId) return chunk;
    const shard = network.dataShards.get(shardId);
    const other = shard?.findChunk(blockNumber - 1n) ?? shard?.findChunk(blockNumber + 1n);
    const pageRoot = snapshots.findPageRoot(shardId, blockNumber);
    const spoilt = spoilCommits(chunk, lie.kind, { otherCommits: other?.commits, pageRoot });
    if (spoilt !== chunk) faults.count("badCommit");
    return spoilt;
  }

  return {
    apply(method, response) {
      if (!faults.isPlanned("badCommit")) return response;
      // Safety: here and below, a call is answered with its own type.
      if (method === "GetShardChunks") {
        const { shardChunks } = response as ShardChunksResponse;
        return { shardChunks: shardChunks.map(spoil) };
      }
      if (method !== "GetShardSnapshotMetadata") return response;
      const metadata = response as GetShardSnapshotMetadataResponse;
      return {
        snapshots: metadata.snapshots.map(({ shardChunk, ...snapshot }) => ({
          ...snapshot,
          shardChunk: shardChunk === undefined ? undefined : spoil(shardChunk),
        })),
      };
    },
  };
}

/** What a chunk is lied about with. */
interface CommitLieMaterial {
  /** The commits of another block of the shard; absent where there is none. */
  readonly otherCommits: Commits | undefined;
  /** The root that the pages of the chunk's height have, true or not; absent without a snapshot. */
  readonly pageRoot: Uint8Array | undefined;
}

/** A chunk that its validators have not committed like this; the same one if it cannot be told. */
function spoilCommits(
  chunk: ShardChunk,
  kind: CommitLieKind,
  { otherCommits, pageRoot }: CommitLieMaterial,
): ShardChunk {
  const { header, commits } = chunk;
  if (header === undefined || commits === undefined) return chunk;
  const [first, ...others] = commits.signatures;
  switch (kind) {
    case "signature": {
      if (first === undefined) return chunk;
      const spoilt = { ...first, signature: flipFirstBit(first.signature) };
      return { ...chunk, commits: { ...commits, signatures: [spoilt, ...others] } };
    }
    case "quorum":
      return { ...chunk, commits: { ...commits, signatures: others } };
    case "value": {
      if (otherCommits === undefined) return chunk;
      const { height, round } = commits;
      return { ...chunk, commits: { ...otherCommits, height, round } };
    }
    case "block":
      return otherCommits === undefined ? chunk : { ...chunk, commits: otherCommits };
    case "header": {
      const { shardRoot } = header;
      const isTrue = pageRoot === undefined || isSameBytes(pageRoot, shardRoot);
      const toldRoot = isTrue ? anotherRoot(shardRoot) : pageRoot;
      return { ...chunk, header: { ...header, shardRoot: toldRoot } };
    }
    default:
      kind satisfies never;
      return chunk;
  }
}

/** The first chunks may have an empty root: nothing is in the shard. */
function anotherRoot(root: Uint8Array): Uint8Array {
  return root.length === 0 ? new Uint8Array(ROOT_BYTES) : flipFirstBit(root);
}

function flipFirstBit(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes, (byte, index) => (index === 0 ? byte ^ 1 : byte));
}
