package sqldb

import (
	"reflect"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// cleanTexts replaces what PostgreSQL cannot keep in texts among a query's arguments: bytes that are no UTF-8 and the zero
// byte, which files of devices and exports hold. They become U+FFFD. Only texts that have such bytes are copied.
func cleanTexts(args []any) []any {
	cleaned := false
	for n, arg := range args {
		text, ok := textOf(arg)
		if !ok || pierre.IsText(text) {
			continue
		}
		if !cleaned {
			args, cleaned = append([]any(nil), args...), true
		}
		args[n] = CleanText(text)
	}
	return args
}

// CleanText replaces what PostgreSQL cannot keep in a text, bytes that are no UTF-8 and the zero byte, by U+FFFD.
func CleanText(text string) string {
	if pierre.IsText(text) {
		return text
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// textOf returns the text of a string or of a pointer to one, whatever its type is called.
func textOf(arg any) (string, bool) {
	if text, ok := arg.(string); ok {
		return text, true
	}
	v := reflect.ValueOf(arg)
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.String {
		return "", false
	}
	return v.String(), true
}
