package staff

import "github.com/alexedwards/argon2id"

// Hurry makes passwords cost next to nothing, where what they cost is not what is tested.
func (s *Service) Hurry() error {
	hurried, err := newHasher(cap(s.passwords.turns), &argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	s.passwords = hurried
	return err
}

// Work returns how often a password was hashed or compared.
func (s *Service) Work() int64 { return s.passwords.work.Load() }

// MatchStep is matchStep.
var MatchStep = matchStep

// HashOf is hashOf.
var HashOf = hashOf
