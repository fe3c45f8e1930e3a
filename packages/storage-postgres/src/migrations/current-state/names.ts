// Who holds a name, and who held it when (docs/protocol.md 6.6).

/** Creates the relations of names. */
export const NAMES_SQL = `
create view fnames as
select name, fid, owner, proof_timestamp
from (
  -- Of all proofs, not of the live ones: accounts of two shards hold a name one after the other,
  -- and one shard may be further than the other.
  select distinct on (name) name, fid, owner, proof_timestamp, deleted_at
  from fname_transfers
  order by name, proof_timestamp desc, proof_signature desc
) latest
where deleted_at is null and fid <> 0;
comment on view fnames is
  'Who holds a name of the registry now: the proof with the greatest timestamp, then the greatest signature. A proof for fid 0 unregisters the name.';

create view usernames as
select name, 1 as name_type, fid, owner, proof_timestamp as proved_at from fnames
union all
select name, name_type, fid, owner, "timestamp" from username_proofs where deleted_at is null;
comment on view usernames is
  'Who holds a name now, of every type: 1 registry (fnames), 2 ENS, 3 basename. ENS names and basenames are proved by messages, of which each shard keeps the newest for a name: accounts of two shards may hold the same one. Live proofs count, whether or not the name is the username of the profile.';

create view username_history as
select name, name_type, fid, owner, held_from,
  case when ended_at is not null then greatest(ended_at, held_from) end as held_until
from (
  select name, name_type, fid, owner, proof_timestamp as held_from,
    least(
      lead(proof_timestamp) over (partition by name order by proof_timestamp, proof_signature),
      deleted_at
    ) as ended_at
  from fname_transfers
  union all
  select p.name, p.name_type, p.fid, p.owner, p."timestamp",
    case when p.deleted_at is not null then least(
      lead(p."timestamp") over (partition by p.name, f.shard_id order by p."timestamp", p.hash),
      p.deleted_at
    ) end
  from username_proofs p left join fids f on f.fid = p.fid
) proofs
where fid <> 0;
comment on view username_history is
  'Who held a name when, one row for each proof; held_until is null for those who hold it now. Registry names go by the registry''s time, ENS names and basenames by that of their messages; a name that ended without a known successor ended with the block that said so. A name proved again by its holder has one row for each proof.';
`;
