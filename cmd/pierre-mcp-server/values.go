package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/cli/value"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/release"
	"github.com/pierre-mcp/pierre/internal/store"
)

const (
	maxUploadMegabytes = 1_000_000 // a terabyte: more than that is a typing error
	minConnections     = 16
	maxConnections     = 1_000_000
	maxAthletes        = 1_000_000
	maxInFlight        = 1_000_000

	minDatabaseConnections = 2 // a job must not keep the calls waiting
	maxDatabaseConnections = 10_000
)

// parseDatabaseURL takes what the store can open. The value is not repeated in the error: it may hold a password.
func parseDatabaseURL(text string) (string, error) {
	if err := value.CheckTilde(strings.TrimPrefix(strings.TrimPrefix(text, "sqlite:"), "//")); err != nil {
		return "", err
	}
	if _, err := store.Path(text, "."); err != nil {
		return "", errors.New(strings.TrimPrefix(pierre.MessageOf(err, "the database cannot be opened"), "--database-url "))
	}
	return text, nil
}

// parseReleaseKey takes the path of a public key, or nothing.
func parseReleaseKey(text string) (*release.Key, error) {
	path, err := value.File(text)
	if err != nil || path == "" {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	pem, err := io.ReadAll(io.LimitReader(f, release.MaxKey+1))
	if err != nil {
		return nil, err
	}
	key, err := release.ParseKey(pem)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return key, nil
}

// parseConnections takes a number of connections, 0 for as many as there can be.
func parseConnections(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n != 0 && n < minConnections || n > maxConnections {
		return 0, fmt.Errorf("must be 0 or a number from %d to %d, not %q", minConnections, maxConnections, text)
	}
	return n, nil
}

// parseInFlight takes a number of requests.
func parseInFlight(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxInFlight {
		return 0, fmt.Errorf("must be a number from 1 to %d, not %q", maxInFlight, text)
	}
	return n, nil
}

// parseDatabaseConnections takes how many connections to the database's server there may be.
func parseDatabaseConnections(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < minDatabaseConnections || n > maxDatabaseConnections {
		return 0, fmt.Errorf("must be a number from %d to %d, not %q", minDatabaseConnections, maxDatabaseConnections, text)
	}
	return n, nil
}

// Bounds of how long calls are kept: the quota of a month can be counted in two of them.
const (
	minRetentionDays = 62
	maxRetentionDays = 36_500
)

// parseRetention takes a number of days.
func parseRetention(text string) (time.Duration, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < minRetentionDays || n > maxRetentionDays {
		return 0, fmt.Errorf("must be a number of days from %d to %d, not %q", minRetentionDays, maxRetentionDays, text)
	}
	return time.Duration(n) * 24 * time.Hour, nil
}

// parseAthletes takes a number of athletes.
func parseAthletes(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxAthletes {
		return 0, fmt.Errorf("must be a number from 1 to %d, not %q", maxAthletes, text)
	}
	return n, nil
}

// parseToolProfile takes a profile's name.
func parseToolProfile(text string) (pierre.ToolProfile, error) {
	p := pierre.ToolProfile(text)
	if !slices.Contains(pierre.ToolProfiles(), p) {
		return "", fmt.Errorf("must be minimal, default or full, not %q", text)
	}
	return p, nil
}

// parseMegabytes returns bytes.
func parseMegabytes(text string) (int64, error) {
	mb, err := strconv.ParseInt(text, 10, 64)
	if err != nil || mb < 1 || mb > maxUploadMegabytes {
		return 0, fmt.Errorf("must be a number from 1 to %d, not %q", maxUploadMegabytes, text)
	}
	return mb << 20, nil
}
