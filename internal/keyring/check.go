package keyring

import "github.com/pierre-mcp/pierre/internal/pierre"

// CheckGiven reports a secret that is not given, for programs that share it with others over one database. What is wrong
// with one that is given, Check reports.
func (s Source) CheckGiven(name string) error {
	if s.Text.Reveal() != "" || s.File != "" {
		return nil
	}
	return pierre.Invalid(name, "%s is needed with a PostgreSQL database, because all programs that use it need the same one; "+
		"set it, or %s_FILE, to the output of openssl rand -base64 32", name, name)
}

// Check reports what is wrong with a secret that is given as text or as a file. It makes nothing. The
// zero Source is fine.
func (s Source) Check(name string) error {
	if s.Text.Reveal() == "" && s.File == "" {
		return nil
	}
	_, err := new(Ring).find(name, s, "", "")
	return err
}
