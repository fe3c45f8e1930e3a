// Vectors of casts: the sets they belong to, the casts to be looked at, and what was refused.

/** Creates the relations of embeddings, and how alike two vectors in plain arrays are. */
export const EMBEDDINGS_SQL = `
create table embedding_sets (
  set_id int generated always as identity primary key,
  dimension int not null,
  is_current boolean not null,
  has_parent boolean not null,
  has_quotes boolean not null,
  -- How far the walk over the casts that were there before has come, and when it ended.
  cursor_fid bigint,
  walked_at timestamptz,
  cast_count bigint not null default 0,
  text_count bigint not null default 0,
  token_count bigint not null default 0,
  error_count bigint not null default 0,
  last_error_at timestamptz,
  -- Casts finished since, and how many a second in the window before.
  window_started_at timestamptz not null default clock_timestamp(),
  window_casts bigint not null default 0,
  last_rate real,
  created_at timestamptz not null default now(),
  state text not null default 'building' check (state in ('building', 'serving', 'retired')),
  model text not null,
  version text not null,
  recipe text not null,
  cursor_hash bytea,
  selection jsonb not null,
  last_error text
);
comment on table embedding_sets is
  'Vectors that can be compared with each other: of one model, in one version, of texts made by one recipe. The current one is kept up to date; the serving one is searched.';

create table cast_embeddings (
  fid bigint not null,
  set_id int not null,
  chunk int not null,
  hash bytea not null,
  content_hash bytea not null,
  -- halfvec or vector where pgvector is used.
  embedding real[] not null,
  primary key (fid, hash, set_id, chunk)
);
-- Numbers of a vector do not compress.
alter table cast_embeddings alter column embedding set storage external;
create index cast_embeddings_by_content on cast_embeddings (content_hash, set_id);
comment on table cast_embeddings is
  'Vectors of casts, one for each part of a text that is longer than its model takes. Those of a cast that ended are there until it was looked at: join casts, and ask for live ones.';

create table embedding_queue (
  fid bigint not null,
  noted_at timestamptz not null default now(),
  lease_expires_at timestamptz,
  -- Counts the changes of the cast since it was noted.
  version int not null default 0,
  hash bytea not null,
  lease_id text,
  primary key (fid, hash)
);
create index embedding_queue_by_time on embedding_queue (noted_at);
create index embedding_queue_by_lease on embedding_queue (lease_id) where lease_id is not null;
comment on table embedding_queue is
  'Casts that came, ended or changed, and some at a time of those that were there before: they are to be looked at by whoever embeds.';

create table embedding_refusals (
  fid bigint not null,
  refused_at timestamptz not null default now(),
  set_id int not null,
  hash bytea not null,
  -- SHA-256 of the cast's text: another text is another question.
  text_hash bytea not null,
  reason text not null,
  primary key (fid, hash, set_id)
);
comment on table embedding_refusals is
  'Casts whose text the provider of a set does not take, and why.';

create function embedding_similarity(a real[], b real[]) returns double precision
language sql immutable parallel safe as $$
  select coalesce(nullif(
    sum(x::float8 * y) / nullif(sqrt(sum(x::float8 * x) * sum(y::float8 * y)), 0), 'NaN'), 0)
  from unnest(a, b) as pairs (x, y)
$$;
comment on function embedding_similarity is
  'Cosine similarity of two vectors, -1 to 1; 0 where one of them has no direction.';
`;
