package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"k8s.io/apimachinery/pkg/util/version"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"sigs.k8s.io/yaml"
)

type recorded struct {
	Minor int    `json:"minor"`
	Expr  string `json:"expr"`
	// One of the next three.
	CompileError string `json:"compileError,omitempty"`
	Error        string `json:"error,omitempty"`
	Value        string `json:"value,omitempty"`
	Type         string `json:"type,omitempty"`
	Line         int    `json:"line,omitempty"`
	Column       int    `json:"column,omitempty"`
}

func recordCEL(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "expressions.txt"))
	if err != nil {
		return err
	}
	object, err := os.ReadFile(filepath.Join(dir, "object.yaml"))
	if err != nil {
		return err
	}
	var data map[string]any
	asJSON, err := yaml.YAMLToJSON(object)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(strings.NewReader(string(asJSON)))
	decoder.UseNumber()
	if err := decoder.Decode(&data); err != nil {
		return err
	}
	data = numbers(data).(map[string]any)

	var out []recorded
	minor := 37
	for _, line := range strings.Split(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, "# minor "); ok {
			if minor, err = strconv.Atoi(strings.TrimSpace(rest)); err != nil {
				return err
			}
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		out = append(out, one(minor, line, data))
	}
	encoded, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return err
	}
	fmt.Println(len(out), "expressions")
	return os.WriteFile(filepath.Join(dir, "recorded.json"), append(encoded, '\n'), 0o644)
}

// numbers makes integers of numbers without a fraction, as Kubernetes' JSON decoder does.
func numbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, w := range v {
			v[k] = numbers(w)
		}
	case []any:
		for i, w := range v {
			v[i] = numbers(w)
		}
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64()
		return f
	}
	return v
}

func one(minor int, expr string, data map[string]any) recorded {
	r := recorded{Minor: minor, Expr: expr}
	request := plugincel.BuildRequestType()
	base := environment.MustBaseEnvSet(version.MajorMinor(1, uint(minor)))
	extended, err := base.Extend(environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0),
		EnvOptions: []cel.EnvOption{
			cel.Variable("object", cel.DynType),
			cel.Variable("request", request.CelType()),
		},
		DeclTypes: []*apiservercel.DeclType{request},
	})
	if err != nil {
		panic(err)
	}
	env := extended.NewExpressionsEnv()
	ast, issues := env.Compile(expr)
	if issues != nil {
		first := issues.Errors()[0]
		r.CompileError, r.Line, r.Column = first.Message, first.Location.Line(), first.Location.Column()+1
		return r
	}
	r.Type = ast.OutputType().String()
	program, err := env.Program(ast)
	if err != nil {
		r.CompileError = err.Error()
		return r
	}
	value, _, err := program.Eval(map[string]any{"object": data})
	if err != nil {
		r.Error = err.Error()
		return r
	}
	r.Value = show(value)
	return r
}

// show writes a value so that another implementation can do the same: types are visible, keys are sorted.
func show(v ref.Val) string {
	switch v := v.(type) {
	case types.Null:
		return "null"
	case types.Bool:
		return strconv.FormatBool(bool(v))
	case types.Int:
		return strconv.FormatInt(int64(v), 10)
	case types.Uint:
		return strconv.FormatUint(uint64(v), 10) + "u"
	case types.Double:
		return "double(" + strconv.FormatFloat(float64(v), 'g', -1, 64) + ")"
	case types.String:
		encoded, _ := json.Marshal(string(v))
		return string(encoded)
	case types.Bytes:
		return fmt.Sprintf("bytes(%x)", []byte(v))
	case types.Duration:
		return fmt.Sprintf("duration(%d)", v.Duration.Nanoseconds())
	case types.Timestamp:
		return "timestamp(" + v.Time.UTC().Format(time.RFC3339Nano) + ")"
	case *types.Optional:
		if !v.HasValue() {
			return "none"
		}
		return "optional(" + show(v.GetValue()) + ")"
	case traits.Mapper:
		var parts []string
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			parts = append(parts, show(key)+": "+show(v.Get(key)))
		}
		sort.Strings(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	case traits.Lister:
		var parts []string
		for it := v.Iterator(); it.HasNext() == types.True; {
			parts = append(parts, show(it.Next()))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	if v.Type() == types.TypeType {
		return "type(" + v.Value().(string) + ")"
	}
	return "a " + v.Type().TypeName()
}
