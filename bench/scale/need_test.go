package main

import (
	"strings"
	"testing"
)

func TestNeeds(t *testing.T) {
	c := cost{ServerMicros: 120, PostgresMicros: 60, RedisMicros: 6, WALBytes: 1000, StoredBytes: 300}
	m := machine{Cores: 4, Load: 0.5}
	want := need{Rate: 100_000, Servers: 6, PostgresCores: 12, RedisCores: 1.2, WALMegabytes: 100, StoredGigabytes: 2592}
	if got := m.need(c, 100_000); got != want {
		t.Errorf("need %+v, want %+v", got, want)
	}
	if got := m.wall(c); !strings.HasPrefix(got.What, "PostgreSQL") || int(got.Rate) != 33333 {
		t.Errorf("the first wall is %+v", got)
	}
	c.RedisMicros = 60
	if got := m.wall(c); got.What != "one Redis" || int(got.Rate) != 8333 {
		t.Errorf("the first wall is %+v", got)
	}
	for _, args := range [][]string{{"--rates", "many"}, {"--rates", "0"}, {"--load", "2"}, {"--cores", "-1"}} {
		if err := run(t.Context(), args, strings.NewReader(""), &strings.Builder{}); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}
