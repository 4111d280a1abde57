package bus

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// redisChannel is the channel that servers publish to. Servers of another database that share it wake each other for nothing.
const redisChannel = "pierre:changes"

// Redis is a carrier that publishes to a channel of Redis.
type Redis struct{ client redis.UniversalClient }

// NewRedis returns a carrier over the client.
func NewRedis(client redis.UniversalClient) *Redis { return &Redis{client} }

// Name implements [Carrier].
func (*Redis) Name() string { return "redis" }

// Listen implements [Carrier]. Silence counts as a lost connection: the servers keep the channel busy.
func (r *Redis) Listen(ctx context.Context, heard func(text string)) error {
	sub := r.client.Subscribe(ctx, redisChannel)
	hangUp := func() { sub.Close() } //nolint:errcheck // nothing is lost with it
	defer hangUp()
	defer context.AfterFunc(ctx, hangUp)()
	for {
		received, err := sub.ReceiveTimeout(ctx, silence)
		if err != nil {
			return err
		}
		if m, ok := received.(*redis.Message); ok {
			heard(m.Payload)
		}
	}
}

// Send implements [Carrier].
func (r *Redis) Send(ctx context.Context, text string) error {
	return r.client.Publish(ctx, redisChannel, text).Err()
}
