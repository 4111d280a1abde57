package limit

import (
	"hash/maphash"
	"sync"
)

// accountParts is into how many maps accounts are divided, so that calls seldom wait for each other.
const accountParts = 32

// Accounts are by name. A map of 100 000 takes a third of the memory of a [sync.Map], and fewer steps to a value.
type accounts struct {
	seed  maphash.Seed
	parts [accountParts]struct {
		mu     sync.Mutex
		byName map[string]*account
	}
}

func newAccounts() *accounts { return &accounts{seed: maphash.MakeSeed()} }

// get returns the account of that name, if there is one.
func (a *accounts) get(name string) (*account, bool) {
	p := &a.parts[maphash.String(a.seed, name)%accountParts]
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.byName[name]
	return found, ok
}

// add returns the account of that name, which is made if it is missing.
func (a *accounts) add(name string) *account {
	p := &a.parts[maphash.String(a.seed, name)%accountParts]
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.byName[name]
	if !ok {
		if p.byName == nil {
			p.byName = map[string]*account{}
		}
		found = newAccount()
		p.byName[name] = found
	}
	return found
}

// drop takes out the accounts that f wants to have out.
func (a *accounts) drop(f func(*account) bool) {
	for i := range a.parts {
		p := &a.parts[i]
		p.mu.Lock()
		for name, held := range p.byName {
			if f(held) {
				delete(p.byName, name)
			}
		}
		p.mu.Unlock()
	}
}
