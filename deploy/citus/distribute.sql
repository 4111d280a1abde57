-- Distributes the tables of a migrated database over the nodes of Citus, while no server runs: docs/SCALING.md, "Citus".
-- Run it once, at the coordinator, with psql -v ON_ERROR_STOP=1 -f.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL citus.multi_shard_modify_mode = 'sequential'; -- as foreign keys to a reference table want it

-- A distributed table has no key without the column that it is distributed by.
ALTER TABLE activity_sources DROP CONSTRAINT activity_sources_activity_id_fkey;
ALTER TABLE activity_digests DROP CONSTRAINT activity_digests_activity_id_fkey, DROP CONSTRAINT activity_digests_pkey;
ALTER TABLE activities DROP CONSTRAINT activities_pkey;
ALTER TABLE activities ADD PRIMARY KEY (user_id, id);
ALTER TABLE activity_digests ADD PRIMARY KEY (user_id, activity_id);

-- Each node has all users: what is a person's refers to them, and goes with them.
SELECT create_reference_table('users');
SELECT create_distributed_table('activities', 'user_id');
SELECT create_distributed_table(name, 'user_id', colocate_with => 'activities') FROM unnest(ARRAY[
    'activity_sources', 'activity_digests', 'activity_states', 'activity_sums', 'gear_sums', 'gear_products', 'profiles', 'profile_values',
    'goals', 'wellness', 'workouts', 'deleted_recordings', 'originals']) AS name;
ALTER TABLE activity_sources ADD FOREIGN KEY (user_id, activity_id) REFERENCES activities (user_id, id) ON DELETE CASCADE;
ALTER TABLE activity_digests ADD FOREIGN KEY (user_id, activity_id) REFERENCES activities (user_id, id) ON DELETE CASCADE;

SELECT create_distributed_table('calls', 'key_id', colocate_with => 'none');

-- These are written together with calls. Citus commits both or none only where it knows the table.
SELECT citus_add_local_table_to_metadata(name::regclass) FROM unnest(ARRAY['usage_batches', 'usage_deltas', 'quota_deltas']) AS name;
COMMIT;

-- Migrations change distributed tables and make tables that refer to users in one transaction.
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET citus.multi_shard_modify_mode = sequential', current_database()); END $$;
