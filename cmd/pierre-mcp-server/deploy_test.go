package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

const deployFolder = "../../deploy"

// A rule is one of Prometheus' alerting rules.
type rule struct {
	Alert       string
	Expr        string
	For         string
	Labels      map[string]string
	Annotations map[string]string
}

func alerts(t *testing.T) []rule {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(deployFolder, "prometheus", "alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string
			Rules []rule
		}
	}
	in := yaml.NewDecoder(bytes.NewReader(raw))
	in.KnownFields(true)
	if err := in.Decode(&file); err != nil {
		t.Fatal(err)
	}
	var all []rule
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

// panels returns the queries of the dashboard's panels, by the panels' titles.
func panels(t *testing.T) map[string][]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(deployFolder, "grafana", "pierre.json"))
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		UID        string
		Templating struct {
			List []struct{ Query json.RawMessage }
		}
		Panels []struct {
			Type, Title string
			Targets     []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(raw, &dashboard); err != nil { //nolint:musttag // names in any case will do
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, v := range dashboard.Templating.List {
		found["variables"] = append(found["variables"], string(v.Query))
	}
	for _, p := range dashboard.Panels {
		if p.Type == "row" {
			continue
		}
		if len(p.Targets) == 0 || found[p.Title] != nil {
			t.Errorf("panel %q has no query, or occurs twice", p.Title)
		}
		for _, target := range p.Targets {
			found[p.Title] = append(found[p.Title], target.Expr)
		}
	}
	return found
}

// metricName finds the names of metrics of the server and of its process in a query.
var metricName = regexp.MustCompile(`\b(?:pierre|process|go)_[a-z_]+\b`)

// Each metric that a panel or an alert asks for is one that a running server has.
func TestDashboardAndAlertsUseMetricsThatExist(t *testing.T) {
	url, _ := running(t)
	client := &http.Client{Timeout: time.Minute}
	body := ""
	for deadline := time.After(20 * time.Second); !strings.Contains(body, "pierre_job_last_success_timestamp_seconds{"); { // that of a job comes last
		_, body = get(t, client, url+"/metrics", "")
		select {
		case <-deadline:
			t.Fatalf("no job has run:\n%s", body)
		case <-time.After(10 * time.Millisecond):
		}
	}
	check := func(where, query string) {
		names := metricName.FindAllString(query, -1)
		if len(names) == 0 && !strings.HasPrefix(query, "up{") && where != "panel variables" {
			t.Errorf("%s asks for no metric: %s", where, query)
		}
		for _, name := range names {
			family := name
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				family = strings.TrimSuffix(family, suffix)
			}
			if !strings.Contains(body, "# TYPE "+name+" ") && !strings.Contains(body, "# TYPE "+family+" histogram") {
				t.Errorf("%s asks for %s, which the server does not have", where, name)
			}
		}
	}
	for title, queries := range panels(t) {
		for _, q := range queries {
			check("panel "+title, q)
		}
	}
	for _, r := range alerts(t) {
		check("alert "+r.Alert, r.Expr)
	}
}

// Each alert says what to look at first, and is explained to operators.
func TestAlertsAreExplained(t *testing.T) {
	docs, err := os.ReadFile("../../docs/OPERATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	all := alerts(t)
	if len(all) < 10 {
		t.Errorf("%d alerts", len(all))
	}
	seen := map[string]bool{}
	for _, r := range all {
		if r.Annotations["summary"] == "" || r.Annotations["look_first"] == "" || r.Labels["severity"] == "" || seen[r.Alert] {
			t.Errorf("alert %s lacks a summary, what to look at first or a severity, or occurs twice", r.Alert)
		}
		seen[r.Alert] = true
		if _, err := time.ParseDuration(r.For); r.For != "" && err != nil {
			t.Errorf("alert %s: %v", r.Alert, err)
		}
		if strings.Count(r.Expr, "(") != strings.Count(r.Expr, ")") || strings.Count(r.Expr, "{") != strings.Count(r.Expr, "}") {
			t.Errorf("alert %s: unbalanced %s", r.Alert, r.Expr)
		}
		if !strings.Contains(string(docs), "### "+r.Alert+"\n") {
			t.Errorf("docs/OPERATIONS.md has no section for %s", r.Alert)
		}
	}
}

// Every alert has its section in the runbook, with something to read in it, and the runbook has no other.
func TestEveryAlertIsInTheRunbook(t *testing.T) {
	raw, err := os.ReadFile("../../docs/OPERATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for part := range strings.SplitSeq(string(raw), "\n### ") {
		title, text, _ := strings.Cut(part, "\n")
		text, _, _ = strings.Cut(text, "\n## ")
		if strings.HasPrefix(title, "Pierre") {
			sections[title] = text
		}
	}
	for _, r := range alerts(t) {
		if len(strings.Fields(sections[r.Alert])) < 10 {
			t.Errorf("the runbook says of %s: %q", r.Alert, sections[r.Alert])
		}
		delete(sections, r.Alert)
	}
	for title := range sections {
		t.Errorf("the runbook has %s, which is no alert", title)
	}
}
