package main

import (
	"slices"
	"time"
)

// A figure is one measured quantity over all rounds; its unit is in the name of what holds it.
type figure []float64

func (f *figure) add(v float64) { *f = append(*f, v) }

func (f *figure) median() float64 {
	if len(*f) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(*f))
	return s[len(s)/2]
}

func wait(d time.Duration) { <-time.After(d) }

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
func us(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// cpuOf returns the milliseconds of processor time that a bridge has taken; 0 for what is no process.
func cpuOf(c caller) float64 {
	p, ok := c.(*process)
	if !ok {
		return 0
	}
	u, _ := usageOf(p.cmd.Process.Pid)
	return u.cpuMs
}
