package web

// descriptors returns how many descriptors this process may have open. Windows has no such limit.
func descriptors() int { return 1 << 20 }
