package training

import (
	"slices"
	"sync"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A recent keeps in memory what was read of the users that were asked for last.
type recent[V any] struct {
	most int // parts of values, of all users together

	mu   sync.Mutex
	kept []keptOf[V] // the last used one at the end
	size int         // parts
}

type keptOf[V any] struct {
	user  pierre.UserID
	value V
	size  int
}

// mostUsers is of how many users something is kept in memory.
const mostUsers = 1000

func (r *recent[V]) get(user pierre.UserID) (v V, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := slices.IndexFunc(r.kept, func(k keptOf[V]) bool { return k.user == user })
	if at < 0 {
		return v, false
	}
	k := r.kept[at]
	r.kept = append(slices.Delete(r.kept, at, at+1), k)
	return k.value, true
}

// put keeps a value of so many parts in the place of an older one; a value larger than all that may be kept is not.
func (r *recent[V]) put(user pierre.UserID, v V, parts int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = slices.DeleteFunc(r.kept, func(k keptOf[V]) bool {
		if k.user == user {
			r.size -= k.size
		}
		return k.user == user
	})
	if parts > r.most {
		return
	}
	r.kept = append(r.kept, keptOf[V]{user, v, parts})
	r.size += parts
	for r.size > r.most || len(r.kept) > mostUsers {
		r.size -= r.kept[0].size
		r.kept = slices.Delete(r.kept, 0, 1)
	}
}
