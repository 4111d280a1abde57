// Package soak puts the built server under all kinds of bad client at once, beside good ones, and watches
// what the good ones notice and what the server keeps. Its test carries the build tag e2e.
package soak
