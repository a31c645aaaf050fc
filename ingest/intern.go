package ingest

import "github.com/cespare/xxhash/v2"

// intern gives texts that come again and again (names of events, accounts,
// the people of a batch) without a new allocation for each. It holds copies,
// never pieces of a body, since one kept id would keep its whole body alive.
type intern struct {
	slots [256]string
}

// maxInterned keeps long texts out, which would make the table heavy.
const maxInterned = 64

func (n *intern) text(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > maxInterned {
		return string(b)
	}
	slot := &n.slots[xxhash.Sum64(b)%uint64(len(n.slots))]
	if *slot != string(b) {
		*slot = string(b)
	}
	return *slot
}
