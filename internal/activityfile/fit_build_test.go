//go:build !race

package activityfile

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/muktihari/fit/encoder"
	"github.com/muktihari/fit/kit/hash/crc16"
	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/proto"
)

// fitStart is when the recordings of these tests begin.
var fitStart = time.Date(2024, 5, 1, 6, 0, 0, 0, time.UTC)

// A fitRecording describes a FIT file that a test writes with the library's own encoder.
type fitRecording struct {
	start   time.Time // zero: fitStart
	seconds int       // one record each
	sport   typedef.Sport
	sub     typedef.SubSport
	record  func(i int, r *mesgdef.Record) // changes record i
	session func(*mesgdef.Session)
	without bool            // a session message
	before  []mesger        // before the records
	after   []mesger        // at the end
	raw     []proto.Message // as they are, before the records
}

type mesger interface {
	ToMesg(*mesgdef.Options) proto.Message
}

func (f fitRecording) messages() []proto.Message {
	start := f.start
	if start.IsZero() {
		start = fitStart
	}
	messages := []proto.Message{fileID(typedef.FileActivity).ToMesg(nil)}
	for _, m := range f.before {
		messages = append(messages, m.ToMesg(nil))
	}
	messages = append(messages, f.raw...)
	for i := range f.seconds {
		r := mesgdef.NewRecord(nil).SetTimestamp(start.Add(time.Duration(i) * time.Second)).
			SetHeartRate(uint8(120 + i%30)).SetDistanceScaled(3 * float64(i)).
			SetPositionLatDegrees(47 + float64(i)*0.00003).SetPositionLongDegrees(8)
		if f.record != nil {
			f.record(i, r)
		}
		messages = append(messages, r.ToMesg(nil))
	}
	if !f.without {
		s := mesgdef.NewSession(nil).SetStartTime(start).SetTimestamp(start.Add(time.Duration(f.seconds) * time.Second)).
			SetSport(f.sport).SetSubSport(f.sub).
			SetTotalElapsedTimeScaled(float64(f.seconds)).SetTotalTimerTimeScaled(float64(f.seconds))
		if f.session != nil {
			f.session(s)
		}
		messages = append(messages, s.ToMesg(nil))
	}
	for _, m := range f.after {
		messages = append(messages, m.ToMesg(nil))
	}
	return messages
}

func fileID(kind typedef.File) *mesgdef.FileId {
	return mesgdef.NewFileId(nil).SetType(kind).SetManufacturer(typedef.ManufacturerGarmin).
		SetProduct(uint16(typedef.GarminProductFr735xt)).SetTimeCreated(fitStart)
}

func (f fitRecording) encode(t testing.TB) []byte {
	t.Helper()
	return encodeFIT(t, f.messages()...)
}

func encodeFIT(t testing.TB, messages ...proto.Message) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encoder.New(&b, encoder.WithProtocolVersion(proto.V2)).Encode(&proto.FIT{Messages: messages}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// resum writes the checksum of a FIT file anew.
func resum(b []byte) []byte {
	crc := crc16.New()
	_, _ = crc.Write(b[:len(b)-2])
	binary.LittleEndian.PutUint16(b[len(b)-2:], crc.Sum16())
	return b
}
