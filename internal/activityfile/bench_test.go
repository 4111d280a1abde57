//go:build !race

package activityfile

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/muktihari/fit/decoder"
	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/proto"
)

// BenchmarkWalk measures bytes of recordings per second, each beside what its
// decoder alone needs to look at every message or token of the same bytes.
func BenchmarkWalk(b *testing.B) {
	fit := fitRecording{seconds: 10_000, sport: typedef.SportCycling, record: func(i int, r *mesgdef.Record) {
		r.SetPower(uint16(200 + i%50)).SetCadence(85).SetAltitudeScaled(400 + float64(i%100)).SetSpeedScaled(8.5).SetTemperature(21)
	}}.encode(b)
	health := healthData(strings.Repeat(healthBeat("Uhr", "2024-05-01 08:00:10 +0200", 120)+"\n", 10_000))
	health = bytes.Replace(health, []byte("#IMPLIED\n]>"), []byte("#IMPLIED>\n]>"), 1) // the decoder alone insists on it
	for _, bm := range []struct {
		name     string
		content  []byte
		baseline func([]byte) error
	}{
		{"x.fit", fit, decodeOnly},
		{"x.gpx", gpxDoc(gpxTrk(fitStart, 10_000, "running")), tokensOnly},
		{"x.tcx", []byte(tcxDoc(5000)), tokensOnly},
		{"export.xml", health, tokensOnly},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.SetBytes(int64(len(bm.content)))
			b.ReportAllocs()
			for b.Loop() {
				src := NewSource(bm.name, bytes.NewReader(bm.content), int64(len(bm.content)))
				if err := Walk(b.Context(), src, Options{}, func(r Result) error {
					if r.Status == StatusFailed {
						return errors.New(r.Reason)
					}
					return nil
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(bm.name+"/decoder alone", func(b *testing.B) {
			b.SetBytes(int64(len(bm.content)))
			b.ReportAllocs()
			for b.Loop() {
				if err := bm.baseline(bm.content); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

type messageCounter int

func (c *messageCounter) OnMesg(proto.Message) { *c++ }

func decodeOnly(content []byte) error {
	var n messageCounter
	dec := decoder.New(bytes.NewReader(content), decoder.WithMesgListener(&n), decoder.WithBroadcastOnly())
	if _, err := dec.Decode(); err != nil {
		return err
	}
	if n == 0 {
		return errors.New("no messages")
	}
	return nil
}

func tokensOnly(content []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(content))
	dec.Strict = false
	for {
		if _, err := dec.Token(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("reading tokens: %w", err)
		}
	}
}
