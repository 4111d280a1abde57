package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// billOfMaterials lists the Go modules that the programs contain, as the linker wrote them into the programs, and what else is in
// the image, in the form of CycloneDX.
func (b *build) billOfMaterials(list files) ([]byte, error) {
	modules := map[string]cdx.Component{}
	var contained []cdx.Component
	sum := sha256.New()
	for _, f := range list {
		if !strings.HasPrefix(f.path, programFolder) || f.link != "" {
			continue
		}
		info, err := buildinfo.Read(bytes.NewReader(f.body))
		if err != nil {
			return nil, fmt.Errorf("reading what %s was built of: %w", f.path, err)
		}
		digest := sha256.Sum256(f.body)
		sum.Write(digest[:])
		contained = append(contained, cdx.Component{
			Type: cdx.ComponentTypeApplication, BOMRef: "/" + f.path, Name: strings.TrimPrefix(f.path, programFolder), Version: b.version,
			Hashes: &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: fmt.Sprintf("%x", digest)}},
		})
		add(modules, "stdlib", strings.TrimPrefix(info.GoVersion, "go"))
		for _, dep := range info.Deps {
			used := actual(dep)
			add(modules, used.Path, used.Version)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		contained = append(contained, modules[name])
	}
	bom := cdx.NewBOM()
	s := sum.Sum(nil)
	s[6], s[8] = s[6]&0x0f|0x80, s[8]&0x3f|0x80 // a UUID of version 8, made of the programs' digests
	bom.SerialNumber = fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", s[:4], s[4:6], s[6:8], s[8:10], s[10:16])
	bom.Metadata = &cdx.Metadata{
		Timestamp: b.created.Format(time.RFC3339),
		Component: &cdx.Component{Type: cdx.ComponentTypeContainer, BOMRef: "pierre", Name: "pierre", Version: b.version},
	}
	bom.Components = &contained
	var out bytes.Buffer
	err := cdx.NewBOMEncoder(&out, cdx.BOMFileFormatJSON).SetPretty(true).Encode(bom)
	return out.Bytes(), err
}

// actual returns the module that was compiled: a replacement, where there is one.
func actual(m *debug.Module) *debug.Module {
	if m.Replace != nil {
		return m.Replace
	}
	return m
}

func add(modules map[string]cdx.Component, path, version string) {
	url := "pkg:golang/" + path + "@" + version
	modules[url] = cdx.Component{Type: cdx.ComponentTypeLibrary, BOMRef: url, Name: path, Version: version, PackageURL: url}
}

// A statement is an in-toto statement (in-toto.io/Statement/v1) whose predicate is provenance as of SLSA 1.0.
type statement struct {
	Type          string     `json:"_type"`
	Subject       []resource `json:"subject"`
	PredicateType string     `json:"predicateType"`
	Predicate     predicate  `json:"predicate"`
}

type resource struct {
	Name   string            `json:"name,omitempty"`
	URI    string            `json:"uri,omitempty"`
	Digest map[string]string `json:"digest,omitempty"`
}

type predicate struct {
	BuildDefinition struct {
		BuildType            string            `json:"buildType"`
		ExternalParameters   map[string]string `json:"externalParameters"`
		ResolvedDependencies []resource        `json:"resolvedDependencies"`
	} `json:"buildDefinition"`
	RunDetails struct {
		Builder struct {
			ID string `json:"id"`
		} `json:"builder"`
	} `json:"runDetails"`
}

// provenance says what the image was made of and by what. It is not signed, and tells no time of its own: whoever builds the
// commit again gets the same bytes.
func (b *build) provenance(image v1.Hash) ([]byte, error) {
	s := statement{
		Type:          "https://in-toto.io/Statement/v1",
		Subject:       []resource{{Name: "pierre", Digest: map[string]string{image.Algorithm: image.Hex}}},
		PredicateType: "https://slsa.dev/provenance/v1",
	}
	d := &s.Predicate.BuildDefinition
	d.BuildType = source + "/tree/main/deploy/image"
	d.ExternalParameters = map[string]string{"version": b.version, "platform": "linux/" + b.arch}
	d.ResolvedDependencies = []resource{{URI: "git+" + source, Digest: map[string]string{"gitCommit": b.revision}}}
	s.Predicate.RunDetails.Builder.ID = source + "/blob/main/scripts/image.sh"
	return json.MarshalIndent(s, "", "  ")
}
