package keyring

// Check reports what is wrong with a secret that is given as text or as a file. It makes nothing. The
// zero Source is fine.
func (s Source) Check(name string) error {
	if s.Text.Reveal() == "" && s.File == "" {
		return nil
	}
	_, err := new(Ring).find(name, s, "", "")
	return err
}
