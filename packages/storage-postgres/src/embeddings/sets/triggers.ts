// What notes casts that come, end or change.
import type { PoolClient } from "pg";
import type { Queryable } from "../extensions.ts";

/** Longest time that writers of casts are held up for the triggers' sake, in milliseconds. */
const LOCK_TIMEOUT_MS = 1500;

/**
 * For what waits for a lock on casts. Writers that come meanwhile wait behind it, so it must not take
 * long; yet longer than the second after which an automatic vacuum makes way.
 */
export const LIMIT_LOCK_WAIT: string = `set local lock_timeout to ${LOCK_TIMEOUT_MS}`;

const TRIGGERS = `
select count(*)::int as count from pg_trigger
where tgrelid = 'casts'::regclass and tgname in ('casts_note_added', 'casts_note_changed')`;

/**
 * Names come with their schema: whoever writes may have another search path. Rows go in the order of
 * their key, so that two that note the same casts wait for each other and do not lock each other out. A
 * cast may be there twice, as a node that repeats itself lists it, until keys are (`write/loading`).
 */
function functionSql(schema: string): string {
  const note = (selected: string) => `
    insert into "${schema}".embedding_queue as q (fid, hash)
    ${selected}
    order by 1, 2
    on conflict (fid, hash) do update set version = q.version + 1, lease_id = null;`;
  return `
create or replace function "${schema}".note_casts_to_embed() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then ${note("select distinct fid, hash from new_casts where deleted_at is null")}
  else ${note(`select distinct n.fid, n.hash from new_casts n join old_casts o using (fid, hash)
    where (n.deleted_at is null) <> (o.deleted_at is null) or n.text <> o.text`)}
  end if;
  return null;
end $$`;
}

function triggersSql(schema: string): readonly string[] {
  const call = `for each statement execute function "${schema}".note_casts_to_embed()`;
  return [
    `create trigger casts_note_added after insert on "${schema}".casts
      referencing new table as new_casts ${call}`,
    `create trigger casts_note_changed after update on "${schema}".casts
      referencing old table as old_casts new table as new_casts ${call}`,
  ];
}

/** Whether changes of casts are being noted. */
async function hasTriggers(session: Queryable): Promise<boolean> {
  return (await session.query(TRIGGERS)).rows[0]?.count === 2;
}

/**
 * Has every change of a cast noted from now on; returns whether that is new. In a transaction of a
 * limited wait for locks.
 *
 * Making a trigger waits for every transaction that has written to casts, and keeps others from it
 * until this one is over. So a cast is either committed before, and a walk that begins afterwards
 * sees it, or it is noted: there is no third way, and no cast is lost.
 */
export async function installTriggers(client: PoolClient, schema: string): Promise<boolean> {
  await client.query(functionSql(schema));
  if (await hasTriggers(client)) return false;
  await client.query(`drop trigger if exists casts_note_added on "${schema}".casts`);
  await client.query(`drop trigger if exists casts_note_changed on "${schema}".casts`);
  for (const text of triggersSql(schema)) await client.query(text);
  return true;
}

/** Has changes noted no longer. In a transaction of a limited wait for locks. */
export async function removeTriggers(client: PoolClient): Promise<void> {
  await client.query("drop trigger if exists casts_note_added on casts");
  await client.query("drop trigger if exists casts_note_changed on casts");
  await client.query("drop function if exists note_casts_to_embed()");
}
