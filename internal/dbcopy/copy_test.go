package dbcopy

import "testing"

func FuzzDecodeKey(f *testing.F) {
	text, err := encodeKey([]any{"a", int64(1), []byte{2}, true})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add("")
	f.Add("!")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := decodeKey(text)
		if err == nil && text != "" && len(key) == 0 {
			t.Error("a position without a key")
		}
	})
}
