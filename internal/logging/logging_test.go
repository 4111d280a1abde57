package logging_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/logging"
)

func TestLevelsLetThroughWhatTheySay(t *testing.T) {
	for text, want := range map[string]string{
		"off": "", "error": "e", "warn": "we", "WARNING": "we", "info": "iwe", "": "iwe", "debug": "diwe", "trace": "diwe",
	} {
		level, err := logging.ParseLevel(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		var out strings.Builder
		log := logging.New(&out, logging.Options{Level: level, JSON: true})
		log.Debug("d")
		log.Info("i")
		log.Warn("w")
		log.Error("e")
		if got := messages(t, out.String()); got != want {
			t.Errorf("%q lets through %q, want %q", text, got, want)
		}
	}
}

func messages(t *testing.T, lines string) string {
	t.Helper()
	var all strings.Builder
	for line := range strings.Lines(lines) {
		var entry struct {
			Msg string `json:"msg"`
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all.WriteString(entry.Msg)
	}
	return all.String()
}

func TestFormats(t *testing.T) {
	for text, want := range map[string]string{"": "msg=hello", "text": "msg=hello", "JSON": `"msg":"hello"`} {
		asJSON, err := logging.ParseFormat(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		var out strings.Builder
		logging.New(&out, logging.Options{Level: slog.LevelInfo, JSON: asJSON}).Info("hello")
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q writes %s, want %s", text, &out, want)
		}
	}
}

func TestUnknownNamesAreRefused(t *testing.T) {
	if _, err := logging.ParseLevel("loud"); err == nil || !strings.Contains(err.Error(), `"loud"`) {
		t.Errorf("ParseLevel = %v", err)
	}
	if _, err := logging.ParseFormat("xml"); err == nil || !strings.Contains(err.Error(), `"xml"`) {
		t.Errorf("ParseFormat = %v", err)
	}
}
