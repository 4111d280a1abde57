package staff

// Work returns how often a password was hashed or compared.
func (s *Service) Work() int64 { return s.passwords.work.Load() }

// MatchStep is matchStep.
var MatchStep = matchStep

// HashOf is hashOf.
var HashOf = hashOf
