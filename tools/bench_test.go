package tools_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// BenchmarkTrainingLoadOfAYear answers about 250 activities of an hour each, sampled every second, half of
// them with power and heart rate.
func BenchmarkTrainingLoadOfAYear(b *testing.B) {
	s := storetest.New(b)
	user, err := s.EnsureUser(b.Context(), "ana@example.com", now())
	if err != nil {
		b.Fatal(err)
	}
	for i := range 250 {
		rec := session{
			name: "Hour", sport: "ride", start: now().Add(-time.Duration(i) * 34 * time.Hour), seconds: 3600, step: 1,
			speed: wave(8, 1), heart: wave(140, 20), altitude: wave(300, 50), gps: true,
		}
		if i%2 == 0 {
			rec.power = wave(200, 80)
		}
		src := pierre.Source{Provider: "file", File: fmt.Sprint(i), Format: "fit", SHA256: [32]byte{byte(i)}, Imported: now()}
		if _, err := s.ImportRecording(b.Context(), user.ID, src, rec.recording()); err != nil {
			b.Fatal(err)
		}
	}
	profile := func(p *pierre.Profile) error {
		p.RestingHeartRateBPM, p.FTPWatts, p.Sex = new(50.), new(250.), "male"
		return nil
	}
	if _, err := s.UpdateProfile(b.Context(), user.ID, now(), profile); err != nil {
		b.Fatal(err)
	}
	srv := newServer(b, s)
	ctx := access.WithPrincipal(b.Context(), access.Principal{UserID: user.ID})
	msg := json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"analyze_training_load","arguments":{"timeframe":"year"}}}`)
	start := time.Now()
	srv.HandleMessage(ctx, msg)
	first := time.Since(start) // without digests
	for b.Loop() {
		srv.HandleMessage(ctx, msg)
	}
	b.ReportMetric(float64(first.Milliseconds()), "ms/first")
}
