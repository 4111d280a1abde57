package access

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// notedEvery is how often a key's last use is written at most.
const notedEvery = 60 * time.Second

// note remembers that the key was used, for WriteUsed. Of the uses within a minute only one counts.
func (v *Verifier) note(k *known, now time.Time) {
	last := k.noted.Load()
	if now.Unix()-int64(last) < int64(notedEvery/time.Second) || !k.noted.CompareAndSwap(last, secondsOf(now)) {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.used[k.id()] = now
}

// WriteUsed writes when keys were last used. It is a background job: a caller of Verify never waits for it.
func (v *Verifier) WriteUsed(ctx context.Context) error {
	v.mu.Lock()
	used := v.used
	v.used = map[pierre.KeyID]time.Time{}
	v.mu.Unlock()
	if len(used) == 0 {
		return nil
	}
	return v.keys.TouchAPIKeys(ctx, used)
}
