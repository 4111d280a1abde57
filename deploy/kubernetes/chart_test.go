package kubernetes

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// A serviceMonitor is the Prometheus Operator's kind, as far as the chart uses it.
type serviceMonitor struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name   string            `json:"name"`
		Labels map[string]string `json:"labels"`
	} `json:"metadata"`
	Spec struct {
		Selector struct {
			MatchLabels map[string]string `json:"matchLabels"`
		} `json:"selector"`
		Endpoints []struct {
			Port     string `json:"port"`
			Interval string `json:"interval"`
		} `json:"endpoints"`
	} `json:"spec"`
}

// kinds are the types of the API that the chart uses.
func kinds() map[string]func() any {
	return map[string]func() any{
		"apps/v1 Deployment":                      func() any { return new(appsv1.Deployment) },
		"autoscaling/v2 HorizontalPodAutoscaler":  func() any { return new(autoscalingv2.HorizontalPodAutoscaler) },
		"batch/v1 Job":                            func() any { return new(batchv1.Job) },
		"networking.k8s.io/v1 Ingress":            func() any { return new(networkingv1.Ingress) },
		"networking.k8s.io/v1 NetworkPolicy":      func() any { return new(networkingv1.NetworkPolicy) },
		"policy/v1 PodDisruptionBudget":           func() any { return new(policyv1.PodDisruptionBudget) },
		"v1 Service":                              func() any { return new(corev1.Service) },
		"monitoring.coreos.com/v1 ServiceMonitor": func() any { return new(serviceMonitor) },
	}
}

// render renders the chart as helm install does: defaults, values, schema, templates.
func render(values map[string]any) ([]string, error) {
	c, err := loader.Load("pierre")
	if err != nil {
		return nil, err
	}
	release := chartutil.ReleaseOptions{Name: "training", Namespace: "pierre", IsInstall: true, Revision: 1}
	merged, err := chartutil.ToRenderValues(c, values, release, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	rendered, err := engine.Engine{Strict: true}.Render(c, merged)
	if err != nil {
		return nil, err
	}
	var documents []string
	for _, name := range slices.Sorted(maps.Keys(rendered)) {
		if !strings.HasSuffix(name, ".yaml") {
			continue
		}
		for _, document := range regexp.MustCompile(`(?m)^---$`).Split(rendered[name], -1) {
			if strings.TrimSpace(document) != "" {
				documents = append(documents, document)
			}
		}
	}
	return documents, nil
}

// decode reads a document as the type that it says it is. A member that the type does not have is an error.
func decode(document string) (any, error) {
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := yaml.Unmarshal([]byte(document), &head); err != nil {
		return nil, err
	}
	made, ok := kinds()[head.APIVersion+" "+head.Kind]
	if !ok {
		return nil, fmt.Errorf("there is no %s %s", head.APIVersion, head.Kind)
	}
	object := made()
	raw, err := yaml.YAMLToJSONStrict([]byte(document))
	if err != nil {
		return nil, err
	}
	unknown, err := json.UnmarshalStrict(raw, object) // as the API server does: case matters, numbers are no texts
	return object, errors.Join(append(unknown, err)...)
}

func valuesOf(t *testing.T, name string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(raw, &values); err != nil {
		t.Fatal(err)
	}
	return values
}

// objects renders the chart with a file of values.
func objects(t *testing.T, name string) (found []any, documents []string) {
	t.Helper()
	documents, err := render(valuesOf(t, name))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range documents {
		o, err := decode(d)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, d)
		}
		found = append(found, o)
	}
	return found, documents
}

func of[T any](objects []any) (found []T) {
	for _, o := range objects {
		if v, ok := o.(T); ok {
			found = append(found, v)
		}
	}
	return found
}

// The chart renders with each file of values, and what comes out are objects of the API, which fit to each other.
func TestRendered(t *testing.T) {
	t.Parallel()
	for name, counts := range map[string]map[string]int{
		"minimal":  {"*v1.Deployment": 1, "*v1.Service": 1, "*v1.Job": 1, "*v1.NetworkPolicy": 1},
		"full":     {"*v1.Deployment": 2, "*v1.Service": 2, "*v1.Job": 1, "*v1.NetworkPolicy": 2, "*v1.Ingress": 2, "*v1.PodDisruptionBudget": 1, "*v2.HorizontalPodAutoscaler": 1, "*kubernetes.serviceMonitor": 1},
		"replicas": {"*v1.Deployment": 2, "*v1.Service": 2, "*v1.PodDisruptionBudget": 1},
	} {
		all, _ := objects(t, name)
		got := map[string]int{}
		for _, o := range all {
			got[fmt.Sprintf("%T", o)]++
		}
		if !maps.Equal(got, counts) {
			t.Errorf("%s: %v, want %v", name, got, counts)
		}
		for _, d := range of[*appsv1.Deployment](all) {
			checkDeployment(t, name, d)
		}
		for _, j := range of[*batchv1.Job](all) {
			checkPod(t, name+" "+j.Name, j.Spec.Template.Spec)
		}
		for _, s := range of[*corev1.Service](all) {
			if !slices.ContainsFunc(of[*appsv1.Deployment](all), func(d *appsv1.Deployment) bool { return serves(d, s) }) {
				t.Errorf("%s: no deployment has the labels and ports of service %s", name, s.Name)
			}
		}
	}
}

func serves(d *appsv1.Deployment, s *corev1.Service) bool {
	for k, v := range s.Spec.Selector {
		if d.Spec.Template.Labels[k] != v {
			return false
		}
	}
	for _, p := range s.Spec.Ports {
		if !slices.ContainsFunc(d.Spec.Template.Spec.Containers[0].Ports, func(c corev1.ContainerPort) bool { return c.Name == p.TargetPort.StrVal && c.ContainerPort == p.Port }) {
			return false
		}
	}
	return true
}

func checkDeployment(t *testing.T, name string, d *appsv1.Deployment) {
	t.Helper()
	for k, v := range d.Spec.Selector.MatchLabels {
		if d.Spec.Template.Labels[k] != v {
			t.Errorf("%s: %s selects %s=%s, which its pods do not have", name, d.Name, k, v)
		}
	}
	checkPod(t, name+" "+d.Name, d.Spec.Template.Spec)
	c := d.Spec.Template.Spec.Containers[0]
	if c.LivenessProbe.HTTPGet.Path != "/health" || c.ReadinessProbe.HTTPGet.Path != "/ready" || c.StartupProbe.HTTPGet.Path != "/health" {
		t.Errorf("%s: %s is not probed at /health and /ready", name, d.Name)
	}
}

// checkPod wants pods without rights, secrets by reference, and variables that the programs read.
func checkPod(t *testing.T, name string, p corev1.PodSpec) {
	t.Helper()
	if s := p.SecurityContext; s == nil || !*s.RunAsNonRoot || *s.RunAsUser != 65532 || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault || *p.AutomountServiceAccountToken {
		t.Errorf("%s: the pod has more rights than it needs", name)
	}
	known := settings(t)
	for _, c := range p.Containers {
		s := c.SecurityContext
		if s == nil || *s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) {
			t.Errorf("%s: the container %s has more rights than it needs", name, c.Name)
		}
		if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() {
			t.Errorf("%s: the container %s has no resources", name, c.Name)
		}
		for _, e := range c.Env {
			if !known[e.Name] {
				t.Errorf("%s: no program reads %s", name, e.Name)
			}
			secret := regexp.MustCompile(`SECRET|_KEY$|TOKEN|(DATABASE|REDIS|SMTP)_URL`).MatchString(e.Name)
			if secret != (e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil) {
				t.Errorf("%s: %s is given as %+v", name, e.Name, e)
			}
		}
	}
}

// The variables of providers come from a Secret, into the server alone.
func TestProvidersSecret(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"full": "pierre-providers", "minimal": ""} {
		all, _ := objects(t, name)
		for _, d := range of[*appsv1.Deployment](all) {
			got := ""
			for _, from := range d.Spec.Template.Spec.Containers[0].EnvFrom {
				got += from.SecretRef.Name
			}
			if d.Name == "training-mcp" && got != want || d.Name != "training-mcp" && got != "" {
				t.Errorf("%s: %s gets the variables of the Secret %q, want %q", name, d.Name, got, want)
			}
		}
	}
}

// The file of foods is on a volume of its own, which the server alone has, to read only.
func TestFoods(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"full": "/foods/usda/food.db pierre-foods true", "minimal": ""} {
		all, _ := objects(t, name)
		for _, d := range of[*appsv1.Deployment](all) {
			pod, got := d.Spec.Template.Spec, ""
			for _, e := range pod.Containers[0].Env {
				if e.Name == "FOOD_FILE" {
					got += e.Value
				}
			}
			for _, v := range pod.Volumes {
				if v.Name == "foods" {
					i := slices.IndexFunc(pod.Containers[0].VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == "foods" && m.MountPath == "/foods" })
					got += fmt.Sprintf(" %s %t", v.PersistentVolumeClaim.ClaimName, i >= 0 && pod.Containers[0].VolumeMounts[i].ReadOnly)
				}
			}
			if d.Name == "training-mcp" && got != want || d.Name != "training-mcp" && got != "" {
				t.Errorf("%s: %s has foods %q, want %q", name, d.Name, got, want)
			}
		}
	}
}

// settings returns the names of variables that stand in the programs' tables of settings.
func settings(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	for _, file := range []string{"../../cmd/pierre-mcp-server/config.go", "../../internal/adminservice/config.go"} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"([A-Z][A-Z_]+)"`).FindAllStringSubmatch(string(raw), -1) {
			known[m[1]] = true
		}
	}
	return known
}

// The metrics by which servers are added are metrics that a server has.
func TestAutoscalerAsksForMetricsThatExist(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob("../../internal/monitor/*.go")
	if err != nil || len(sources) == 0 {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, s := range sources {
		raw, err := os.ReadFile(s)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(raw)
	}
	all, _ := objects(t, "full")
	for _, h := range of[*autoscalingv2.HorizontalPodAutoscaler](all) {
		for _, m := range h.Spec.Metrics {
			if !strings.Contains(text.String(), `m.Gauge("`+m.Pods.Metric.Name+`"`) {
				t.Errorf("the server has no metric %s", m.Pods.Metric.Name)
			}
		}
	}
}

// A member that does not exist, a wrong type or an unknown kind does not pass: whatever is rendered is really checked.
func TestMistakesInTemplatesAreFound(t *testing.T) {
	t.Parallel()
	_, documents := objects(t, "full")
	for what, change := range map[string][2]string{
		"an unknown member of a container": {"readOnlyRootFilesystem: true", "readOnlyRootFileSystem: true"},
		"an unknown member of a policy":    {"policyTypes:", "policyType:"},
		"a text for a number":              {"maxReplicas: 6", "maxReplicas: six"},
		"a number for a text":              {"value: json", "value: 5"},
		"a member in the wrong place":      {"  selector:\n    matchLabels:", "  matchLabels:"},
		"a kind that does not exist":       {"kind: Ingress\n", "kind: Ingres\n"},
		"a version that does not exist":    {"apiVersion: autoscaling/v2", "apiVersion: autoscaling/v2beta2"},
		"a member given twice":             {"backoffLimit: 3", "backoffLimit: 3\n  backoffLimit: 4"},
	} {
		changed := 0
		for _, d := range documents {
			if !strings.Contains(d, change[0]) {
				continue
			}
			changed++
			if _, err := decode(strings.Replace(d, change[0], change[1], 1)); err == nil {
				t.Errorf("%s is taken:\n%s", what, d)
			}
		}
		if changed == 0 {
			t.Errorf("%s: nothing is rendered that has %q", what, change[0])
		}
	}
}

// The schema refuses values that are none, and those that do not fit together.
func TestWrongValuesAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{}":                                                  "secretName",
		"secretName: Has Spaces":                              "secretName",
		"{secretName: a, replica: 2}":                         "replica",
		"{secretName: a, replicas: two}":                      "replicas",
		"{secretName: a, replicas: 0}":                        "replicas",
		"{secretName: a, replicas: 2}":                        "replicas", // without Redis
		"{secretName: a, autoscaling: {enabled: true}}":       "autoscaling",
		"{secretName: a, logLevel: loud}":                     "logLevel",
		"{secretName: a, publicURL: mcp.example.com}":         "publicURL",
		"{secretName: a, oauth: true}":                        "publicURL",
		"{secretName: a, oauth: true, publicURL: 'http://a'}": "publicURL",
		"{secretName: a, providersSecretName: b}":             "publicURL",
		"{secretName: a, providersSecretName: B b}":           "providersSecretName",
		"{secretName: a, weatherSecretName: b}":               "weather",
		"{secretName: a, foods: {claimName: B b}}":            "claimName",
		"{secretName: a, foods: {file: ../x}}":                "file",
		"{secretName: a, env: {lower: x}}":                    "lower",
		"{secretName: a, env: {PORT: 8081}}":                  "env",
		"{secretName: a, image: {digest: sha256:1}}":          "digest",
		"{secretName: a, ingress: {enabled: true}}":           "host",
		"{secretName: a, admin: {enabled: true}}":             "admin",
		"{secretName: a, networkPolicy: {ports: [70000]}}":    "ports",
		"{secretName: a, scratchSize: much}":                  "scratchSize",
	} {
		var values map[string]any
		if err := yaml.Unmarshal([]byte(text), &values); err != nil {
			t.Fatal(err)
		}
		if _, err := render(values); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
