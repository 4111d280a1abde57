// Package redisconn opens Redis by its URL: one server, a cluster, or the master that sentinels name. What is kept in Redis
// is package limit's and package bus's.
package redisconn

import (
	"errors"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// Redis answers in less than a millisecond; one that does not in this time is as good as away.
const timeout = 500 * time.Millisecond

// Open returns a client for the URL. It connects when it is first used, and tries nothing twice by itself.
//
//	redis://USER:PASSWORD@HOST:6379/0    one server; rediss:// with TLS
//	unix:///run/redis.sock?db=0          the same on this machine
//	redis://HOST:6379?addr=HOST2:6379    a cluster
//	redis://HOST:26379?master_name=NAME  the master of that name; more sentinels as addr=
//
// An error never repeats the URL, because it may hold a password.
func Open(text string) (redis.UniversalClient, error) {
	logging.Disable() // errors are returned, and logged by who knows what they mean
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" && u.Scheme != "unix" {
		return nil, errURL
	}
	switch query := u.Query(); {
	case query.Has("master_name"):
		o, err := redis.ParseFailoverURL(text)
		if err != nil {
			return nil, errURL
		}
		o.MaxRetries, o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.DialerRetries = -1, timeout, timeout, timeout, 1
		return redis.NewFailoverClient(o), nil
	case query.Has("addr"):
		o, err := redis.ParseClusterURL(text)
		if err != nil {
			return nil, errURL
		}
		o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.DialerRetries = timeout, timeout, timeout, 1
		return redis.NewClusterClient(o), nil
	default:
		o, err := redis.ParseURL(text)
		if err != nil {
			return nil, errURL
		}
		o.MaxRetries, o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.DialerRetries = -1, timeout, timeout, timeout, 1
		return redis.NewClient(o), nil
	}
}

var errURL = errors.New("must be a URL such as redis://USER:PASSWORD@HOST:6379/0, rediss://… or unix:///run/redis.sock, with special characters of the password as %XX")
