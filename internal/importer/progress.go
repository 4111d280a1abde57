package importer

import (
	"sync"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A progress joins what the reading and the keeping of files know about how far an import is.
type progress struct {
	tell func(pierre.ImportProgress) // may be nil

	mu  sync.Mutex
	now pierre.ImportProgress
}

func (p *progress) reading(path string, total int) {
	p.update(func(now *pierre.ImportProgress) { now.Current, now.FilesTotal = path, total })
}

func (p *progress) done(files int) {
	p.update(func(now *pierre.ImportProgress) { now.FilesDone = files })
}

func (p *progress) update(change func(*pierre.ImportProgress)) {
	if p.tell == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.now)
	now := p.now
	if now.FilesTotal > 0 { // a list may turn out to hold more than was counted
		now.FilesTotal = max(now.FilesTotal, now.FilesDone)
	}
	p.tell(now)
}
