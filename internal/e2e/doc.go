// Package e2e tests the built programs against each other and against foreign
// clients: no function of theirs is called, only their commands, stdio and HTTP.
// Its tests carry the build tag e2e; make test runs them.
package e2e
