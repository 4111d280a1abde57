package access_test

import (
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// What another server did to a key counts as soon as this one hears of it.
func TestChangesByOthersAreToldToTheVerifier(t *testing.T) {
	for _, kind := range []pierre.ChangeKind{
		pierre.ChangeKeyRevoked, pierre.ChangeKey, pierre.ChangeTier, pierre.ChangeUser, pierre.ChangeUserDeleted,
	} {
		t.Run(string(kind), func(t *testing.T) {
			b := newBench(t)
			if err := b.verify(t); err != nil {
				t.Fatal(err)
			}
			b.update(t, func(k *pierre.APIKey) { k.Revoked = *b.now.Load() })
			if err := b.verify(t); err != nil {
				t.Fatalf("before the change is heard of: %v", err)
			}
			access.Tell(access.KeyListeners{b.v}, pierre.Change{Kind: kind, ID: string(b.key.ID)})
			refused(t, b.verify(t), "revoked")
		})
	}
}

// While changes cannot be heard of, a key is remembered for one second.
func TestUnheardChangesShortenTheMemory(t *testing.T) {
	b := newBench(t)
	steps := []struct {
		pass  time.Duration
		heard bool
		want  int64 // lookups so far
	}{
		{0, true, 1},
		{5 * time.Second, true, 1},
		{0, false, 2}, // it was remembered for longer than may be now
		{999 * time.Millisecond, false, 2},
		{time.Millisecond, false, 3},
		{5 * time.Second, true, 3},
		{5 * time.Second, true, 4},
	}
	for i, step := range steps {
		b.pass(step.pass)
		b.v.Heard(step.heard)
		if err := b.verify(t); err != nil {
			t.Fatal(err)
		}
		if n := b.lookups.Load(); n != step.want {
			t.Errorf("step %d: %d lookups, want %d", i, n, step.want)
		}
	}
}

// While it is told of all changes, a key is remembered for ten minutes, and for ten seconds after it was told last.
func TestAKeyIsRememberedWhileChangesAreTold(t *testing.T) {
	b := newBench(t)
	told := func() { b.v.Told(*b.now.Load()) }
	steps := []struct {
		what   string
		pass   time.Duration
		before func()
		want   int64 // lookups so far
	}{
		{"the first use", 0, func() {}, 1},
		{"the first news tell nothing of what was before", 5 * time.Second, told, 1},
		{"ten seconds after the lookup", 5 * time.Second, told, 2},
		{"with news", 9 * time.Second, told, 2},
		{"with more news", 9 * time.Second, told, 2},
		{"ten seconds after the last news", 10 * time.Second, func() {}, 3},
		{"news after a gap", 0, told, 3},
		{"they tell nothing of what was in it", 10 * time.Second, told, 4},
		{"for long", 9*time.Minute + 59*time.Second, func() {
			for at := b.now.Load().Add(-10 * time.Minute); !at.After(*b.now.Load()); at = at.Add(time.Second) {
				b.v.Told(at)
			}
		}, 4},
		{"for too long", time.Second, told, 5},
	}
	for _, step := range steps {
		b.pass(step.pass)
		step.before()
		if err := b.verify(t); err != nil {
			t.Fatal(err)
		}
		if n := b.lookups.Load(); n != step.want {
			t.Errorf("%s: %d lookups, want %d", step.what, n, step.want)
		}
	}
	b.update(t, func(k *pierre.APIKey) { k.Revoked = *b.now.Load() })
	access.Tell(access.KeyListeners{b.v}, pierre.Change{Kind: pierre.ChangeKeyRevoked, ID: string(b.key.ID)})
	told()
	refused(t, b.verify(t), "revoked")
}

// A copy of the database may be behind the change that was heard of: what it says of the key is not believed.
func TestAnOlderGenerationIsNotBelieved(t *testing.T) {
	b := newBench(t)
	b.update(t, func(k *pierre.APIKey) { k.Name = "laptop" })
	k, err := b.APIKey(t.Context(), b.key.ID)
	if err != nil || k.Generation != 1 {
		t.Fatalf("generation %d, %v; want 1", k.Generation, err)
	}
	b.v.Expect(b.key.ID, 1)
	if err := b.verify(t); err != nil {
		t.Errorf("with the generation that was expected: %v", err)
	}
	b.v.Expect(b.key.ID, 2)
	b.v.Expect(b.key.ID, 1) // what is heard late does not take the newest back
	b.v.Changed(b.key.ID)
	if err := b.verify(t); pierre.KindOf(err) != pierre.KindUnavailable {
		t.Errorf("with an older generation: %v, want unavailable", err)
	}
	b.update(t, func(k *pierre.APIKey) { k.Name = "phone" })
	if err := b.verify(t); err != nil {
		t.Errorf("after the copy has caught up: %v", err)
	}
}
