package main

import (
	"regexp"
	"strings"
	"sync"
)

// The cluster "two" has two shards that are this one process and share one
// physical table under every Distributed table. Three things make them behave
// as two:
//
//   - each shard's part of a query sees only the rows that the Distributed
//     table's own sharding key gives it: a filter on the physical table that
//     asks shardNum(), so the true two-stage plan runs and a join that
//     crosses the key loses rows as it would on two servers;
//   - ON CLUSTER is dropped from DDL, as one run of it has changed both;
//   - the physical table cannot be read past its Distributed table: outside of
//     a shard's part shardNum() is 0 and it looks empty.
type shards struct {
	mu      sync.Mutex
	filters map[string]string // database to the value of additional_table_filters
}

var (
	onCluster = regexp.MustCompile("(?i)\\sON\\s+CLUSTER\\s+['`\"]?two['`\"]?")
	changes   = regexp.MustCompile(`(?i)^\s*(CREATE|DROP|ALTER|RENAME|EXCHANGE|DETACH|ATTACH)\s`)
)

const distributed = `SELECT extract(engine_full, '\'[^\']*\', \'([^\']*)\''), extract(engine_full, '\'[^\']*\', \'[^\']*\', \'([^\']*)\''),
	extract(engine_full, '\'[^\']*\', \'[^\']*\', \'[^\']*\', (.*)\\)')
FROM system.tables WHERE database = {db:String} AND engine = 'Distributed' AND engine_full LIKE '%(\'two\'%'`

// filter answers the setting for a query in the database, "" when it has no
// Distributed table over the cluster.
func (s *shards) filter(c *conn, database string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.filters[database]; ok {
		return f, nil
	}
	out, err := c.query(distributed, "TSVRaw", map[string]string{"db": database})
	if err != nil {
		return "", err
	}
	var parts []string
	for _, row := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if f := strings.Split(row, "\t"); len(f) == 3 {
			parts = append(parts, literal(f[0]+"."+f[1])+": "+literal("("+f[2]+") % 2 = shardNum() - 1"))
		}
	}
	filter := ""
	if len(parts) > 0 {
		filter = "{" + strings.Join(parts, ", ") + "}"
	}
	if s.filters == nil {
		s.filters = map[string]string{}
	}
	s.filters[database] = filter
	return filter, nil
}

// forget drops what is remembered when the statement may change a table.
func (s *shards) forget(statement string) {
	if changes.MatchString(statement) {
		s.mu.Lock()
		s.filters = nil
		s.mu.Unlock()
	}
}
