// Package soak puts the built server under everything that it is there for at once, and under all kinds of bad client
// beside good ones, and watches what the good ones notice and what the server keeps. Its tests carry the build tag e2e.
package soak
