/**
 * The username of an account `k`: the one that its profile shows, else its name in the registry. As
 * the view `fnames` tells it, but account by account, by the index of names.
 */
export const USERNAME = `coalesce(
  (select nullif(p.username, '') from user_profiles p where p.fid = k.fid),
  (select t.name from fname_transfers t
    where t.fid = k.fid and t.deleted_at is null and not exists (
      select from fname_transfers later where later.name = t.name
        and (later.proof_timestamp, later.proof_signature) > (t.proof_timestamp, t.proof_signature)
    ) order by t.proof_timestamp desc limit 1)
)`;
