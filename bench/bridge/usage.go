package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// usage is what a process and its descendants take.
type usage struct {
	rssMiB, peakMiB, pssMiB float64
	cpuMs                   float64 // so far
	switches                int     // voluntary context switches so far: times that a thread woke up
}

// usageOf reads /proc; where there is none it reports false.
func usageOf(pid int) (usage, bool) {
	var u usage
	for _, p := range family(pid) {
		dir := fmt.Sprintf("/proc/%d", p)
		status := fields(filepath.Join(dir, "status"))
		if status == nil {
			continue
		}
		u.rssMiB += float64(status["VmRSS"]) / 1024
		u.peakMiB += float64(status["VmHWM"]) / 1024
		u.pssMiB += float64(fields(filepath.Join(dir, "smaps_rollup"))["Pss"]) / 1024
		tasks, err := filepath.Glob(filepath.Join(dir, "task", "*"))
		if err != nil {
			continue
		}
		for _, task := range tasks {
			u.switches += fields(filepath.Join(task, "status"))["voluntary_ctxt_switches"]
			u.cpuMs += runtimeMs(filepath.Join(task, "schedstat"))
		}
	}
	return u, u.rssMiB > 0
}

// family returns pid and all processes below it.
func family(pid int) []int {
	all := []int{pid}
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return all
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue
		}
		for child := range strings.FieldsSeq(string(text)) {
			if n, err := strconv.Atoi(child); err == nil {
				all = append(all, family(n)...)
			}
		}
	}
	return all
}

// fields reads the numbers of a "Name: number unit" file.
func fields(path string) map[string]int {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	values := make(map[string]int)
	for sc := bufio.NewScanner(bytes.NewReader(text)); sc.Scan(); {
		name, rest, _ := strings.Cut(sc.Text(), ":")
		if f := strings.Fields(rest); len(f) > 0 {
			if n, err := strconv.Atoi(f[0]); err == nil {
				values[name] = n
			}
		}
	}
	return values
}

// runtimeMs reads the time on the processor, which schedstat counts in nanoseconds.
func runtimeMs(path string) float64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), " ")
	ns, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return 0
	}
	return ns / 1e6
}
