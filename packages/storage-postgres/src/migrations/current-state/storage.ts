// Storage units: rented, lent and usable (docs/protocol.md 6.8, 6.10).

/**
 * Creates the relations of storage.
 *
 * Validity counts from the time of rent, by a rule that changed with it and, for what was rented
 * before, once more with engine version 18. Years are of 365 days, and spelled in hours because a
 * day of the session's time zone may have 23.
 */
export const STORAGE_SQL = `
create view storage_units as
select fid, transaction_hash, log_index, payer, units, rented_at, unit_type,
  rented_at + interval '8760 hours' * (years + extension) as expires_at,
  rented_at + interval '8760 hours' * (
    -- Networks that are neither mainnet nor testnet run every version from the beginning.
    years + case when network in (1, 2) then 0 else extension end
  ) as expires_at_before_v18
from (
  select e.fid, e.transaction_hash, e.log_index, e.payer, e.units, e.block_timestamp as rented_at,
    n.network,
    case
      when e.block_timestamp < to_timestamp(1724889600) then 0
      when e.block_timestamp
        < to_timestamp(case n.network when 1 then 1752685200 else 1752426000 end) then 1
      else 2
    end as unit_type,
    case
      when e.block_timestamp < to_timestamp(1724889600) then 3
      when e.block_timestamp
        < to_timestamp(case n.network when 1 then 1752685200 else 1752426000 end) then 2
      else 1
    end as years,
    case
      when e.block_timestamp
        < to_timestamp(case n.network when 1 then 1782147600 else 1781283600 end) then 1
      else 0
    end as extension
  from onchain_events e cross join sync_network n
  where e.type = 4
) rents;
comment on view storage_units is
  'Every rent of storage: the type of its units (0 legacy, 1 of 2024, 2 of 2025) and when they expire, by the time of rent. Engine version 18 gave what was rented before it one year more; for moments before its activation, expires_at_before_v18 holds.';

create function storage_allowances_at(instant timestamptz)
returns table (
  fid bigint,
  unit_type int,
  rented_units bigint,
  lent_units bigint,
  borrowed_units bigint,
  usable_units bigint
)
language sql stable parallel safe
begin atomic
  select granted.fid, granted.unit_type, sum(granted.rented)::bigint, sum(granted.lent)::bigint,
    sum(granted.borrowed)::bigint,
    (greatest(sum(granted.rented) - sum(granted.lent), 0) + sum(granted.borrowed))::bigint
  from (
    select u.fid, u.unit_type, u.units as rented, 0::bigint as lent, 0::bigint as borrowed
    from storage_units u cross join sync_network n
    where instant < case
      when instant < to_timestamp(case n.network when 1 then 1782147600 else 1781283600 end)
        then u.expires_at_before_v18
      else u.expires_at
    end
    union all
    select l.fid, l.unit_type, 0, l.num_units, 0 from storage_lends l where l.deleted_at is null
    union all
    select l.to_fid, l.unit_type, 0, 0, l.num_units from storage_lends l where l.deleted_at is null
  ) granted
  group by granted.fid, granted.unit_type;
end;
comment on function storage_allowances_at is
  'storage_allowances at another time: rents as they are valid then, lends as they are now.';

create view storage_allowances as select * from storage_allowances_at(now());
comment on view storage_allowances is
  'Storage units of an account by type: rented and not expired, lent to others, borrowed, and what it may use of all that. Rents expire by the clock, lends when their lender ends them. Lends count where the lender''s shard is mirrored.';
`;
