package store

import "database/sql"

// Pools returns what the database's connections are doing, by what they are for.
func (s *Store) Pools() map[string]sql.DBStats {
	pools := map[string]sql.DBStats{"read": s.read.Stats()}
	if s.write != s.read {
		pools["write"] = s.write.Stats()
	}
	return pools
}

// ReadPool returns what the connections are doing that tools and lookups read with.
func (s *Store) ReadPool() sql.DBStats { return s.read.Stats() }
