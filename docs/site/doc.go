// Package site holds the web site of the documents, and the test that renders it and follows its links.
package site
