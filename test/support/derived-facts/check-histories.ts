// What histories must satisfy that no node can be asked about.
import type { Select } from "./facts-of-mirror.ts";

/** What must hold, and a query that finds what breaks it. */
const RULES: readonly (readonly [rule: string, violations: string])[] = [
  [
    "each change of user data is one revision of the profile",
    `select fid from user_data_changes c full join (
      select fid, hash from user_profile_snapshots where change = 'set'
    ) s using (fid, hash) group by fid
    having count(c.fid) <> count(*) or count(s.fid) <> count(*)`,
  ],
  [
    "revisions count from 1, in the order of time",
    `select fid from (
      select fid, revision, changed_at,
        row_number() over w as place, lag(changed_at) over w as changed_before
      from user_profile_snapshots window w as (partition by fid order by revision)
    ) revisions where revision <> place or changed_at < changed_before`,
  ],
  [
    "messages are in the order of timestamp and hash",
    `select fid from (
      select s.fid, c."timestamp", s.hash,
        lag(c."timestamp") over w as time_before, lag(s.hash) over w as hash_before
      from user_profile_snapshots s join user_data_changes c using (fid, hash)
      where change = 'set' window w as (partition by s.fid order by revision)
    ) sets where ("timestamp", hash) <= (time_before, hash_before)`,
  ],
  [
    "the last revision is the profile",
    `select fid from (
      select fid, to_jsonb(s) - '{fid,revision,changed_at,change,hash,user_data_type}'::text[] as fields
      from (select distinct on (fid) * from user_profile_snapshots order by fid, revision desc) s
    ) last full join (
      select fid, to_jsonb(p) - '{fid,updated_at}'::text[] as fields from user_profiles p
    ) profile using (fid) where last.fields is distinct from profile.fields`,
  ],
  [
    "who holds a name without an end holds it now",
    `select fid from (select name, name_type, fid from username_history where held_until is null) open
    full join usernames now using (name, name_type, fid)
    where open.name is null or now.name is null`,
  ],
  [
    "a registry name has one holder at a time",
    `with held as (
      select name, fid, tstzrange(held_from, held_until) as period, row_number() over () as place
      from username_history where name_type = 1
    ) select a.fid from held a join held b using (name) where a.place < b.place and a.period && b.period`,
  ],
  [
    "nobody holds a name backwards in time",
    "select fid from username_history where held_until < held_from",
  ],
  [
    "tier periods of an account do not overlap",
    `with periods as (
      select fid, tier_type, tstzrange(starts_at, expires_at) as period, row_number() over () as place
      from tier_periods
    ) select a.fid from periods a join periods b using (fid, tier_type)
    where a.place < b.place and a.period && b.period`,
  ],
];

/** One line for each rule that is broken, with some of the accounts concerned. */
export async function checkHistories(select: Select): Promise<readonly string[]> {
  const broken: string[] = [];
  for (const [rule, violations] of RULES) {
    const rows = await select(violations);
    const fids = rows.slice(0, 5).map(({ fid }) => fid);
    if (rows.length > 0)
      broken.push(`not so for ${rows.length} (fids ${fids.join(", ")}): ${rule}`);
  }
  return broken;
}
