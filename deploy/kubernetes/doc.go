// Package kubernetes holds the Helm chart pierre. Its tests render the chart as helm does and read what comes out as the API
// server does.
package kubernetes
