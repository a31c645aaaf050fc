package store

import "testing"

func TestExcerpt(t *testing.T) {
	for body, want := range map[string]string{
		"## Plan\n\n- [ ] See [the page](https://x.example/a) <b>now</b>": "Call Plan See the page now",
		"a < b and c > d": "Call a < b and c > d",
	} {
		if got := excerpt("Call", body); got != want {
			t.Errorf("%q is cut to %q, want %q", body, got, want)
		}
	}
}
