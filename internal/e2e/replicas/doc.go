// Package replicas holds tests of several servers that share a PostgreSQL database and a Redis, with real processes and
// real signals: what is restarted and what is killed must cost no answered call. Run them with -tags e2e.
package replicas
