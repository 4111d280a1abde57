package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"
)

// A machine is what servers, PostgreSQL and Redis run on.
type machine struct {
	Cores float64 `json:"cores"`
	Load  float64 `json:"load"` // how much of its processors it should use
}

// A need is what a rate of calls takes.
type need struct {
	Rate            float64 `json:"calls_per_second"`
	Servers         float64 `json:"servers"`
	PostgresCores   float64 `json:"postgres_cores"`
	RedisCores      float64 `json:"redis_cores"` // a Redis uses one; a cluster has several
	WALMegabytes    float64 `json:"postgres_wal_mb_per_second"`
	StoredGigabytes float64 `json:"postgres_stored_gb_per_day"`
}

const (
	micros   = 1e6
	megabyte = 1e6
	gigabyte = 1e9
	day      = 86400
)

func (m machine) need(c cost, rate float64) need {
	cores := func(us float64) float64 { return rate * us / micros / m.Load }
	return need{
		Rate: rate, Servers: math.Ceil(cores(c.ServerMicros) / m.Cores), PostgresCores: cores(c.PostgresMicros), RedisCores: cores(c.RedisMicros),
		WALMegabytes: rate * c.WALBytes / megabyte, StoredGigabytes: rate * day * c.StoredBytes / gigabyte,
	}
}

// A wall is what cannot be had more of by adding servers.
type wall struct {
	What string  `json:"what"`
	Rate float64 `json:"calls_per_second"` // at which it is reached
}

// wall returns the first wall: PostgreSQL on one machine, or the one processor that a Redis uses.
func (m machine) wall(c cost) wall {
	postgres := wall{fmt.Sprintf("PostgreSQL on %.0f processors", m.Cores), m.Cores * m.Load * micros / c.PostgresMicros}
	redis := wall{"one Redis", m.Load * micros / c.RedisMicros}
	if redis.Rate < postgres.Rate {
		return redis
	}
	return postgres
}

type report struct {
	Cost    cost    `json:"cost_per_call"`
	Machine machine `json:"machine"`
	Needs   []need  `json:"needs"`
	Wall    wall    `json:"first_wall"`
}

func (r report) print(out io.Writer) error {
	c := r.Cost
	fmt.Fprintf(out, "One call costs the server %.0f µs of processor time, PostgreSQL %.0f, Redis %.0f; %.3f commits, %.0f bytes of write-ahead log,\n"+
		"%.0f bytes that stay, %.3f commands of Redis (measured over %d calls).\n\n",
		c.ServerMicros, c.PostgresMicros, c.RedisMicros, c.Commits, c.WALBytes, c.StoredBytes, c.RedisCommands, c.Calls)
	t := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	fmt.Fprintf(t, "| calls per second\t| servers of %.0f processors\t| processors of PostgreSQL\t| of Redis\t| write-ahead log\t| rows\t|\n", r.Machine.Cores)
	fmt.Fprintf(t, "|---\t|---\t|---\t|---\t|---\t|---\t|\n")
	for _, n := range r.Needs {
		fmt.Fprintf(t, "| %.0f\t| %.0f\t| %.1f\t| %.1f\t| %.1f MB/s\t| %.0f GB a day\t|\n",
			n.Rate, n.Servers, n.PostgresCores, n.RedisCores, n.WALMegabytes, n.StoredGigabytes)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nThe first wall: %s, at %.0f calls per second (machines at %.0f %% of their processors).\n", r.Wall.What, r.Wall.Rate, 100*r.Machine.Load)
	return err
}
