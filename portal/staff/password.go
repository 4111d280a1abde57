package staff

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	minPassword = 15  // characters; ASVS 5.0, 6.2.1 and 6.2.9
	maxPassword = 256 // bytes, more than anybody types
)

// params are those of ASVS 5.0, appendix C: 46 MiB, one pass, one lane.
func params() *argon2id.Params {
	return &argon2id.Params{Memory: 46 * 1024, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// A hasher hashes and compares passwords, at most so many at once: each takes 46 MiB and tens of milliseconds.
type hasher struct {
	turns  chan struct{}
	cost   *argon2id.Params
	nobody string       // the hash of a password that nobody has
	work   atomic.Int64 // how often a password was hashed or compared
}

// newHasher returns a hasher of at most parallel passwords at once, each with that cost.
func newHasher(parallel int, cost *argon2id.Params) (*hasher, error) {
	nobody, err := argon2id.CreateHash("a password that no account has", cost)
	if err != nil {
		return nil, fmt.Errorf("hashing a password: %w", err)
	}
	return &hasher{turns: make(chan struct{}, parallel), cost: cost, nobody: nobody}, nil
}

func (h *hasher) turn(ctx context.Context) (end func(), err error) {
	select {
	case h.turns <- struct{}{}:
		h.work.Add(1)
		return func() { <-h.turns }, nil
	case <-ctx.Done():
		return nil, &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The server is busy; try again in a moment.", Err: ctx.Err()}
	}
}

// hash returns what is kept of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	end, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	hash, err := argon2id.CreateHash(password, h.cost)
	if err != nil {
		return "", fmt.Errorf("hashing a password: %w", err)
	}
	return hash, nil
}

// matches reports whether the password is the one of hash. For an account that does not exist, or has no password, hash is
// "": the same work is done, and the answer is no.
func (h *hasher) matches(ctx context.Context, password, hash string) (bool, error) {
	end, err := h.turn(ctx)
	if err != nil {
		return false, err
	}
	defer end()
	known := hash != ""
	if !known {
		hash = h.nobody
	}
	if len(password) > maxPassword { // no account has such a one
		password, known = "", false
	}
	same, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("comparing a password: %w", err)
	}
	return same && known, nil
}

//go:embed breached.txt
var breached string

// checkPassword reports what is wrong with a new password: nothing but its length, that it is among the known ones, or that it
// is made of what everybody knows of the account. What letters it is made of is its owner's.
func checkPassword(password, email string) error {
	switch {
	case !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl):
		return pierre.Invalid("password", "The password has characters that a keyboard does not type.")
	case utf8.RuneCountInString(password) < minPassword:
		return pierre.Invalid("password", "The password must have at least %d characters: three or four words will do.", minPassword)
	case len(password) > maxPassword:
		return pierre.Invalid("password", "The password must have at most %d bytes.", maxPassword)
	}
	plain := strings.ToLower(password)
	local, _, _ := strings.Cut(email, "@")
	if known(plain) || repeats(plain) || email != "" && strings.Contains(plain, email) || local != "" && strings.ReplaceAll(plain, local, "") == "" {
		return pierre.Invalid("password", "This password is one that attackers try first; choose another one.")
	}
	return nil
}

// known reports whether the password, in lower case, is in the list of those that are known from breaches.
func known(plain string) bool {
	for line := range strings.Lines(breached) {
		if strings.TrimSpace(line) == plain {
			return true
		}
	}
	return false
}

// repeats reports whether the password is one short text again and again, or a row of the alphabet or the digits.
func repeats(plain string) bool {
	const longest = 5
	for n := 1; n <= longest; n++ {
		if len(plain) > n && plain[n:] == plain[:len(plain)-n] {
			return true
		}
	}
	steps := 0
	for i := 1; i < len(plain); i++ {
		if plain[i] == plain[i-1]+1 || plain[i] == '0' && plain[i-1] == '9' {
			steps++
		}
	}
	return steps >= len(plain)-2
}
