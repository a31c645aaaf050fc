package sight

import (
	"encoding/json"
	"strings"
)

// Properties is a JSON object as it may be seen: without the hidden
// attributes, at any depth. What is no object is left out where anything is
// hidden, for what it says is not known.
func (s *Sight) Properties(raw json.RawMessage) json.RawMessage {
	if !s.HidesSome() || len(raw) == 0 {
		return raw
	}
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return nil
	}
	out, err := json.Marshal(s.without(v))
	if err != nil {
		return nil
	}
	return out
}

func (s *Sight) without(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, inner := range x {
			if s.Hides("attribute."+k) || s.hidden[Money] && strings.EqualFold(k, "value") {
				delete(x, k)
				continue
			}
			x[k] = s.without(inner)
		}
	case []any:
		for i := range x {
			x[i] = s.without(x[i])
		}
	}
	return v
}
