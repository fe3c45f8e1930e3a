import type { Change } from "@snaprag/processors";
import type { Store } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import type { PoolClient } from "pg";
import type { Connections } from "./connection/connections.ts";
import { createConnections } from "./connection/connections.ts";
import { isRefusal } from "./connection/postgres-errors.ts";
import type { ChangeHandler, PostgresStoreOptions } from "./connection/postgres-store-options.ts";
import { resolvePostgresStoreOptions } from "./connection/postgres-store-options.ts";
import { migrate } from "./migrations/migrate.ts";
import { reset } from "./migrations/reset.ts";
import { createMembership } from "./progress/leases.ts";
import { join } from "./progress/members.ts";
import { bindNetwork, findNetwork } from "./progress/network.ts";
import { planPartitions, selectPartitions, toPartitions } from "./progress/partitions.ts";
import {
  countFault,
  recordProof,
  SELECT_SHARDS,
  selectShard,
  startHistorical,
  startRealtime,
  toShard,
  toShards,
} from "./progress/shards.ts";
import { countRows } from "./read/count-rows.ts";
import { listQuarantined } from "./read/list-quarantined.ts";
import { listRows } from "./read/list-rows.ts";
import { openView } from "./read/open-view.ts";
import { planBlocks } from "./write/apply-blocks.ts";
import { planPage } from "./write/apply-page.ts";
import type { BatchPlan } from "./write/batch-plan.ts";
import { statementsOf } from "./write/batch-plan.ts";
import { rebuild } from "./write/derived/rebuild.ts";
import { finishLoading, prepareToFollow } from "./write/loading/finish-loading.ts";
import type { Keys } from "./write/loading/keys.ts";
import { createKeys } from "./write/loading/keys.ts";
import { runAll } from "./write/quarantine/attempt.ts";
import { writeIsolated } from "./write/quarantine/isolate-refused.ts";
import { applyReplay } from "./write/quarantine/replay.ts";
import { repairRows } from "./write/repair-rows.ts";

/** It begins with the first load, and brings nothing for relations whose keys are made behind that. */
const BLOCK_SHARD = 0;

/** Sends a batch as a whole. Nobody holds its changes while the database is at work. */
function sendBatch({ pipeline }: Connections, plan: BatchPlan): Promise<void> {
  return pipeline(statementsOf(plan, plan.listChanges()));
}

/**
 * Applies a batch in one transaction, with the handler in it when there is one. What the database
 * refuses for its content is found and set aside in a second one; what the handler throws is not.
 */
function createBatchWriter(
  connections: Connections,
  { keys, onChanges }: { readonly keys: Keys; readonly onChanges: ChangeHandler | undefined },
) {
  return async (plan: BatchPlan, signal: AbortSignal | undefined): Promise<void> => {
    const bound = connections.until(signal);
    let isHandling = false;
    const handle = async (changes: readonly Change[], client: PoolClient) => {
      isHandling = true;
      await onChanges?.(changes, client);
      isHandling = false;
    };
    try {
      if (onChanges === undefined) return await sendBatch(bound, plan);
      const changes = plan.listChanges();
      await bound.transact(async (client) => {
        await runAll(client, statementsOf(plan, changes));
        await handle(changes, client);
      });
    } catch (error) {
      if (isHandling || !(error instanceof StorageError) || !isRefusal(error)) throw error;
      // What is written in parts may be there.
      await keys.ensure(signal);
      await bound.transact(async (client) => {
        await handle(await writeIsolated(client, plan), client);
      });
    }
  };
}

/**
 * Creates the PostgreSQL store. Inert: connects with the first call.
 *
 * Every page and every block batch is one transaction of one statement for each relation, sent
 * without waiting in between. Supported servers are PostgreSQL 14 and later, and PGlite.
 *
 * @throws {TypeError} for options that no database could honour
 */
export function createPostgresStore(options: PostgresStoreOptions): Store {
  const resolved = resolvePostgresStoreOptions(options);
  const connections = createConnections(resolved.connections);
  const keys = createKeys(connections);
  const writeBatch = createBatchWriter(connections, { keys, onChanges: resolved.onChanges });
  const { until } = connections;
  const { leaseMs } = resolved;
  return {
    async migrate(signal) {
      // Where a mirror was, there may be an empty database by now.
      keys.forget();
      await migrate(until(signal), resolved.fidPartitions);
    },
    async reset(signal) {
      await reset(until(signal));
      keys.forget();
    },
    findNetwork: (signal) => findNetwork(until(signal)),
    acquireSyncLock: (holder, signal) =>
      join(connections, { holder, isAlone: true, leaseMs, signal }),
    async joinSync(holder, signal) {
      const member = await join(connections, { holder, isAlone: false, leaseMs, signal });
      return createMembership(connections, member);
    },
    bindNetwork: (identity, signal) => bindNetwork(until(signal), identity),
    listShards: async (signal) => toShards(await until(signal).query(SELECT_SHARDS)),
    findShard: async (shardId, signal) => toShard(await until(signal).query(selectShard(shardId))),
    listPartitions: async (shardId, signal) =>
      toPartitions(await until(signal).query(selectPartitions(shardId))),
    planSnapshot: (plan, signal) =>
      until(signal).pipeline([startHistorical(plan), planPartitions(plan)]),
    async applyPage(page, signal) {
      if (page.isRelisted) await keys.ensure(signal);
      await writeBatch(planPage(page, connections.backend), signal);
    },
    async startRealtime(shardId, blockNumber, signal) {
      signal?.throwIfAborted();
      if (shardId !== BLOCK_SHARD) await prepareToFollow(connections, keys, signal);
      await until(signal).pipeline(startRealtime(shardId, blockNumber));
    },
    async applyBlocks(batch, signal) {
      // Somebody may have filled the relations anew under a shard that follows blocks. Nothing is waited
      // for otherwise: what is asked next is to be answered after this.
      if (batch.shardId !== BLOCK_SHARD && !keys.areSeen()) await keys.ensure(signal);
      await writeBatch(planBlocks(batch), signal);
    },
    recordProof: (shardId, proof, signal) => until(signal).pipeline(recordProof(shardId, proof)),
    openView: (signal) => openView(connections, signal),
    async repairRows(batch, signal) {
      await keys.ensure(signal);
      await until(signal).transact((client) => repairRows(client, batch));
    },
    listQuarantined: (filter, signal) => listQuarantined(until(signal), filter),
    async applyReplay(replay, signal) {
      await keys.ensure(signal);
      return until(signal).transact((client) =>
        applyReplay(client, replay, async (changes) => resolved.onChanges?.(changes, client)),
      );
    },
    async finishLoading(signal) {
      signal?.throwIfAborted();
      await finishLoading(connections, signal);
    },
    async rebuild(signal) {
      // Accounts are gone through by the keys of their rows.
      await keys.ensure(signal);
      return rebuild(until(signal));
    },
    recordFault: (fault, signal) => until(signal).pipeline(countFault(fault)),
    countRows: (signal) => countRows(until(signal)),
    listRows: (table, signal) => listRows(until(signal), table),
    close: () => connections.close(),
    [Symbol.asyncDispose]: () => connections.close(),
  };
}
