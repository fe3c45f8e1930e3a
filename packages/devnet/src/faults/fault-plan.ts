import type { HubServiceDefinition, ReplicationServiceDefinition } from "@snaprag/proto";
import type { LiePlan } from "./lies/lie-plan.ts";

/** The generated definition of a call, of either service. */
export type RpcDefinition =
  | (typeof HubServiceDefinition)["methods"][keyof (typeof HubServiceDefinition)["methods"]]
  | (typeof ReplicationServiceDefinition)["methods"][keyof (typeof ReplicationServiceDefinition)["methods"]];

/** A call of a node by its name on the wire, such as `GetEvents`. */
export type RpcMethod = RpcDefinition["name"];

/** A call that is answered by a stream. */
export type StreamMethod = Extract<RpcDefinition, { readonly responseStream: true }>["name"];

/**
 * When a fault strikes: `{}` is always, `{ times: 1 }` once, `{ after: 5, times: 1 }` at the sixth
 * occasion and no other. Occasions are counted from the moment the plan is set, over all calls and
 * streams of the node.
 */
export interface Fault {
  /**
   * Share of its occasions at which it strikes, from 0 to 1.
   *
   * @default 1
   */
  readonly chance?: number | undefined;
  /**
   * Occasions that pass before the first at which it may strike.
   *
   * @default 0
   */
  readonly after?: number | undefined;
  /**
   * How often it strikes at most.
   *
   * @default Infinity
   */
  readonly times?: number | undefined;
}

/** Takes up to `maxMs` milliseconds longer; how long is random. */
export interface DelayFault extends Fault {
  readonly maxMs: number;
}

/** Loses `events` events in a row. */
export interface LossFault extends Fault {
  readonly events: number;
}

/** Strikes a server stream just before one of its messages. Each message is an occasion. */
export interface StreamFault extends Fault {
  /**
   * Streams of this call only.
   *
   * @default any
   */
  readonly method?: StreamMethod | undefined;
}

/** Ends a server stream with a status. */
export interface StreamErrorFault extends StreamFault {
  /** gRPC status, 1 to 16. */
  readonly code: number;
  /** @default "injected fault" */
  readonly message?: string | undefined;
}

/** Answers a call with a status instead. */
export interface RpcErrorFault extends Fault {
  readonly method: RpcMethod;
  /** gRPC status, 1 to 16. */
  readonly code: number;
  /** @default "injected fault" */
  readonly message?: string | undefined;
}

/** Answers a call, or starts its stream, later. */
export interface SlowRpcFault extends Fault {
  /**
   * This call only.
   *
   * @default any
   */
  readonly method?: RpcMethod | undefined;
  /** Milliseconds. */
  readonly delayMs: number;
}

/** Labels a snapshot with an earlier block than the one it was opened after. */
export interface LabelFault extends Fault {
  /**
   * How many blocks earlier.
   *
   * @default 1
   */
  readonly blocks?: number | undefined;
}

/** Virtual shards with a page that cannot be served. The same ones for as long as the plan is. */
export interface UnpageableFault {
  /**
   * Which virtual shards, 0 to 255.
   *
   * @default all
   */
  readonly virtualShards?: readonly number[] | undefined;
  /**
   * Of which data shard.
   *
   * @default all
   */
  readonly shardId?: number | undefined;
  /**
   * Share of them that is struck, from 0 to 1; the seed decides which.
   *
   * @default 1
   */
  readonly chance?: number | undefined;
}

/** Messages that the node has stored wrongly. The same ones for as long as the plan is. */
export interface StoredCorruption {
  /**
   * Share of all messages, from 0 to 1; seed and message hash decide which.
   *
   * @default 1
   */
  readonly chance?: number | undefined;
}

/**
 * What goes wrong on a node. Everything is optional and follows from the devnet's seed and the
 * order of calls; what is not named does not happen. A node's usual traps are no faults and need no
 * plan: pages that gasless keys break, the window between replay and live, and so on.
 */
export interface FaultPlan extends LiePlan {
  /** A live event is not sent. Each live event of each `Subscribe` is an occasion. */
  readonly drop?: Fault | undefined;
  /** A live event is late, and those behind it with it. */
  readonly delay?: DelayFault | undefined;
  /** A live event is sent twice. */
  readonly duplicate?: Fault | undefined;
  /** A live event changes places with the next one, whenever that comes. */
  readonly reorder?: Fault | undefined;
  /**
   * Live events are skipped as when the node's broadcast ring overran (docs/protocol.md 1.3): those
   * the stream would be sent, from the one that is the occasion on.
   */
  readonly ringLoss?: LossFault | undefined;
  /**
   * The first live events after a replay are lost, as if committed between its last read and the
   * start of listening (1.3). Each `Subscribe` with `from_id` is an occasion, once for each shard.
   */
  readonly replayGap?: LossFault | undefined;
  /** A stream ends as if that were all. */
  readonly endStream?: StreamFault | undefined;
  /** A stream fails. */
  readonly failStream?: StreamErrorFault | undefined;
  /** A stream stays open and sends nothing more, for ever, whatever plan comes next. */
  readonly stallStream?: StreamFault | undefined;
  /** Calls that fail. Each call of the method is an occasion; the first entry that strikes wins. */
  readonly rpcErrors?: readonly RpcErrorFault[] | undefined;
  /** Calls that take time. */
  readonly slowRpcs?: readonly SlowRpcFault[] | undefined;
  /**
   * Snapshot pages that fail for ever as gasless keys make them (2.5), also without gasless keys: a
   * KeyAdd leaf seems to stand at the first fid of the virtual shard, and nothing else knows of it.
   * Empty virtual shards have no such page. Each answer that fails counts.
   */
  readonly unpageable?: UnpageableFault | undefined;
  /** The snapshot that is being read is dropped just then (2.2). Each page is an occasion. */
  readonly loseSnapshot?: Fault | undefined;
  /** A snapshot's content is newer than its label (2.2). Each snapshot taken is an occasion. */
  readonly labelLate?: LabelFault | undefined;
  /** Snapshots are listed in an order of chance. Each listing is an occasion. */
  readonly unorderedSnapshots?: Fault | undefined;
  /**
   * One bit of one message is wrong, this time only: reading it again gives the right bytes. Each
   * answer that holds messages is an occasion, and each message of a stream.
   */
  readonly corrupt?: Fault | undefined;
  /** Messages with one wrong bit in what their hash covers, the same in every answer of any call. */
  readonly corruptMessages?: StoredCorruption | undefined;
}

/** A fault by its name in the plan. */
export type FaultName = keyof FaultPlan;

/** What an entry of the plan says. */
export type FaultOf<Name extends FaultName> =
  NonNullable<FaultPlan[Name]> extends readonly (infer Entry)[]
    ? Entry
    : NonNullable<FaultPlan[Name]>;
