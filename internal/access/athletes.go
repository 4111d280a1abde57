package access

import (
	"context"
	"net/http"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// maxAthletes bounds the athletes that are remembered; each takes some two hundred bytes.
const maxAthletes = 1 << 15

// An AthleteStore keeps the athletes of applications.
type AthleteStore interface {
	// EnsureAthlete returns the customer's athlete of that name, who is made if there is none and the customer has fewer than most.
	EnsureAthlete(ctx context.Context, customer pierre.UserID, name pierre.AthleteName, most int, now time.Time) (pierre.UserID, error)
	// AthleteID returns the customer's athlete of that name; there may be none ([pierre.KindNotFound]).
	AthleteID(ctx context.Context, customer pierre.UserID, name pierre.AthleteName) (pierre.UserID, error)
}

// Athletes know for which athlete a caller acts. It asks its store about an athlete once in ten seconds. It is safe for
// concurrent use.
type Athletes struct {
	store AthleteStore
	most  int
	now   func() time.Time
	known *otter.Cache[athleteKey, knownAthlete]
	gone  stamps
}

type athleteKey struct {
	customer pierre.UserID
	name     pierre.AthleteName
}

type knownAthlete struct {
	id    pierre.UserID
	stamp uint64 // when the lookup began
}

// NewAthletes returns the athletes in the store, of which a customer may have most.
func NewAthletes(store AthleteStore, most int, now func() time.Time) *Athletes {
	return &Athletes{store: store, most: most, now: now, known: otter.Must(&otter.Options[athleteKey, knownAthlete]{
		MaximumSize:      maxAthletes,
		Clock:            cacheClock{now},
		ExpiryCalculator: otter.ExpiryWriting[athleteKey, knownAthlete](knownFor),
	})}
}

// ActFor returns p as it acts in a request: a person's key for that person, an application's for the athlete that
// [pierre.HeaderAthlete] names. A POST makes the athlete at the first use; reading or deleting what is an athlete's whom nobody
// made is a [pierre.KindNotFound] error. An application's key without an athlete, and a person's key with one, is a
// [pierre.KindMalformed] error: neither is ever guessed.
func (a *Athletes) ActFor(p Principal, r *http.Request) (Principal, error) {
	h := r.Header
	if p.Type != pierre.KeyApplication {
		return p, NoAthlete(h, "This API key is one person's, and is about that person only: leave the header "+pierre.HeaderAthlete+" out, or use the key of an application.")
	}
	name, err := pierre.AthleteFromHeader(h.Values(pierre.HeaderAthlete))
	if err != nil {
		return Principal{}, err
	}
	if name == "" {
		return Principal{}, &pierre.Error{
			Kind: pierre.KindMalformed, Field: pierre.HeaderAthlete,
			Msg: "This API key is an application's: name the athlete whom the request is about in the header " + pierre.HeaderAthlete + ".",
		}
	}
	p.UserID, err = a.id(r.Context(), athleteKey{p.Customer, name}, r.Method == http.MethodPost)
	return p, err
}

// UnknownAthlete returns the error for an athlete whom nobody made.
func UnknownAthlete() error {
	return &pierre.Error{Kind: pierre.KindNotFound, Msg: "You have no athlete of this name; GET /v1/athletes lists those that you have."}
}

// NoAthlete returns an error that says msg if the headers name an athlete where there is none to choose.
func NoAthlete(h http.Header, msg string) error {
	if len(h.Values(pierre.HeaderAthlete)) == 0 {
		return nil
	}
	return &pierre.Error{Kind: pierre.KindMalformed, Field: pierre.HeaderAthlete, Msg: msg}
}

func (a *Athletes) id(ctx context.Context, of athleteKey, mayMake bool) (id pierre.UserID, err error) {
	if k, ok := a.known.GetIfPresent(of); ok && !a.gone.after(slot(k.id), k.stamp) {
		return k.id, nil
	}
	stamp := a.gone.latest()
	if mayMake {
		id, err = a.store.EnsureAthlete(ctx, of.customer, of.name, a.most, a.now())
	} else if id, err = a.store.AthleteID(ctx, of.customer, of.name); pierre.KindOf(err) == pierre.KindNotFound {
		err = UnknownAthlete()
	}
	if err != nil {
		return "", err
	}
	a.known.Set(of, knownAthlete{id, stamp})
	return id, nil
}

// AthleteDeleted implements [KeyListener]: the name is looked up again.
func (a *Athletes) AthleteDeleted(id pierre.UserID) { a.gone.raise(slot(id)) }

// Changed implements [KeyListener]. Athletes have nothing to do with it.
func (a *Athletes) Changed(pierre.KeyID) {}

// Revoked implements [KeyListener], as Changed does.
func (a *Athletes) Revoked(pierre.KeyID) {}

// AllChanged implements [KeyListener]: a customer may have been deleted, and all names are looked up again.
func (a *Athletes) AllChanged() { a.gone.raiseAll() }
