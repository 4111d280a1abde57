// Package conformance runs the official MCP conformance suite against the product's own HTTP stack: the real API with
// real keys, limits and usage on a real database, in front of the tools, prompts and resources that the suite asks for
// by name. It has only tests, with the build tag e2e.
package conformance
