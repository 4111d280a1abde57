// Package arch holds the tests that keep the invariants of ARCHITECTURE.md true:
// who may import whom, that every package says what it is for, that every option
// is read by something, and that no file outgrows its reader.
package arch
