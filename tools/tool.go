package tools

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A spec is what a client sees of a tool, besides its schemas.
type spec struct {
	name      string
	title     string
	doc       string
	changes   bool // it changes the athlete's data; else it only reads
	openWorld bool // it reaches beyond the athlete's own data
	once      bool // calling it again with the same arguments has another effect, so nobody may repeat a call
}

// A tool is one entry of the catalog.
type tool struct {
	definition mcp.Tool
	brief      mcp.Tool // the definition for lists that are short, see [Catalog.Listing]
	call       server.ToolHandlerFunc
}

// An answer is a tool's result: it encodes to what the tool's output schema describes.
type answer interface {
	text() string // the same, short, for hosts that show models only text
}

// A pictured answer comes with a picture, which the budget of bytes of the two other forms does not count.
type pictured interface {
	picture() []byte // a PNG
}

// A checker is a struct of arguments that, each good by itself, depend on each other.
type checker interface {
	problems() []string
}

// declare makes a tool of a method. The schemas are those of its arguments In and its answer Out, see [schemaOf].
func declare[In any, Out answer](c *Catalog, s spec, run func(context.Context, pierre.UserID, In) (Out, error)) tool {
	of := schemasOf(reflect.TypeFor[In](), reflect.TypeFor[Out](), c.now().Year())
	definition := mcp.NewToolWithRawSchema(s.name, s.doc, of.input)
	definition.RawOutputSchema = of.output
	definition.Title = s.title
	definition.Annotations = mcp.ToolAnnotation{
		Title:           s.title,
		ReadOnlyHint:    new(!s.changes),
		DestructiveHint: new(s.changes), // an overwritten value is gone
		IdempotentHint:  new(!s.once),
		OpenWorldHint:   new(s.openWorld),
	}
	return tool{definition, briefly(definition, of.brief), func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		res, err := func() (*mcp.CallToolResult, error) {
			p, ok := access.PrincipalFrom(ctx)
			if !ok || p.UserID == "" {
				return nil, errors.New("there is no principal in the context")
			}
			var args In
			if err := takeArguments(of.arguments, r.Params.Arguments, &args); err != nil {
				return nil, err
			}
			a, err := run(ctx, p.UserID, args)
			if err != nil {
				return nil, err
			}
			return encode(a)
		}()
		if err != nil {
			return nil, fmt.Errorf("calling %s: %w", s.name, err)
		}
		return res, nil
	}}
}

// takeArguments sets args, a pointer to a struct. All that is wrong with the arguments is reported together, so that a
// model can mend it in one go.
func takeArguments(in *jsonschema.Schema, given any, args any) error {
	given = unquoted("object", given)
	members, ok := given.(map[string]any)
	if !ok && given != nil {
		return pierre.Invalid("arguments", "The arguments must be a JSON object, not %s.", quote(given))
	}
	into := reflect.ValueOf(args).Elem()
	if err := wrongArguments(take("", in, members, into)); err != nil {
		return err
	}
	if c, ok := reflect.TypeAssert[checker](into); ok {
		return wrongArguments(c.problems())
	}
	return nil
}

// mostProblems is how many wrong arguments are told of at once: a list of thousands would help nobody.
const mostProblems = 20

// wrongArguments makes an error of what is wrong, or nil if nothing is.
func wrongArguments(problems []string) error {
	switch len(problems) {
	case 0:
		return nil
	case 1:
		return pierre.Invalid("arguments", "Wrong argument: %s", problems[0])
	default:
		n := len(problems)
		if n > mostProblems {
			problems = append(slices.Clip(problems[:mostProblems]), "and so on")
		}
		return pierre.Invalid("arguments", "%d wrong arguments:\n- %s", n, strings.Join(problems, "\n- "))
	}
}

// encode writes both forms of an answer, and refuses one with a number that is NaN or infinite.
func encode(a answer) (*mcp.CallToolResult, error) {
	structured, err := json.Marshal(a) // which refuses them too
	if err != nil {
		return nil, fmt.Errorf("encoding the answer: %w", err)
	}
	text := a.text()
	if strings.Contains(text, notANumber) {
		return nil, fmt.Errorf("the text form has a number that is not finite: %q", text)
	}
	result := mcp.NewToolResultStructured(json.RawMessage(structured), text)
	if p, ok := a.(pictured); ok {
		result.Content = append(result.Content, mcp.NewImageContent(base64.StdEncoding.EncodeToString(p.picture()), "image/png"))
	}
	if l, ok := a.(linked); ok {
		for _, link := range l.links() {
			result.Content = append(result.Content, link)
		}
	}
	return result, nil
}
