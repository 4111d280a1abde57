package access

// Verified returns p as of a key that is known.
func Verified(p Principal) Principal {
	p.buckets = bucketsOf(p.Quota, p.Customer)
	return p
}
