package access

import (
	"context"
	"log/slog"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	notedEvery   = 60 * time.Second // a key's last use is written no more often
	writtenEvery = 15 * time.Second
	writeTimeout = 5 * time.Second
)

// note remembers that the key was used, for Run to write. Of the uses within a minute only one counts.
func (v *Verifier) note(k *known, now time.Time) {
	last := k.noted.Load()
	if now.Unix()-last < int64(notedEvery/time.Second) || !k.noted.CompareAndSwap(last, now.Unix()) {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.used[k.key.ID] = now
}

// Run writes when keys were last used, until ctx ends and once more then. A caller of Verify never waits for it.
func (v *Verifier) Run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(writtenEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			v.writeUsed(ctx, log)
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
			defer cancel()
			v.writeUsed(ctx, log)
			return
		}
	}
}

func (v *Verifier) writeUsed(ctx context.Context, log *slog.Logger) {
	v.mu.Lock()
	used := v.used
	v.used = map[pierre.KeyID]time.Time{}
	v.mu.Unlock()
	if len(used) == 0 {
		return
	}
	if err := v.keys.TouchAPIKeys(ctx, used); err != nil {
		log.WarnContext(ctx, "noting the last use of keys failed", slog.Int("keys", len(used)), slog.Any("err", err))
	}
}
