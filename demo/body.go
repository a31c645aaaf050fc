package demo

import (
	"time"

	"github.com/farol-cs/farol"
)

// Body writes events of one source as the body of POST /v1/batch, as Segment
// libraries send it at the instant sent. Each event carries its sender's
// time; those of a device whose clock is off carry that clock's sentAt too,
// so that the taking-in side can correct them.
func Body(events []farol.Event, sent time.Time) []byte {
	b := append(make([]byte, 0, 300*len(events)+16), `{"batch":[`...)
	for i := range events {
		if i > 0 {
			b = append(b, ',')
		}
		b = message(b, &events[i], sent)
	}
	return append(b, "]}"...)
}

func message(b []byte, e *farol.Event, sent time.Time) []byte {
	o := object{}
	o.text("type", string(e.Kind)).text("messageId", e.ID).when("timestamp", e.OriginalAt)
	if e.ClockFlag == "corrected" {
		o.when("sentAt", sent.Add(e.OriginalAt.Sub(e.At)))
	}
	for _, id := range [...][2]string{{"userId", string(e.User)}, {"anonymousId", string(e.Anonymous)}, {"previousId", e.PreviousID}} {
		if id[1] != "" {
			o.text(id[0], id[1])
		}
	}
	named := string(e.Account)
	switch e.Kind {
	case farol.Track:
		o.text("event", e.Name)
	case farol.Page, farol.Screen:
		o.text("name", e.Name)
	case farol.Group:
		o.text("groupId", named)
		named = ""
	}
	if e.Properties != nil {
		o.raw(bag(e.Kind), e.Properties)
	}
	if named != "" || e.Context != nil {
		o.raw("context", naming(e.Context, named))
	}
	return append(append(b, o.b...), '}')
}

// bag is what a call names its object.
func bag(k farol.Kind) string {
	if k == farol.Identify || k == farol.Group {
		return "traits"
	}
	return "properties"
}

// naming is the context with the account that the call names.
func naming(context []byte, account string) []byte {
	if account == "" {
		return context
	}
	o := object{}
	o.text("groupId", account)
	if len(context) > 2 {
		return append(append(o.b, ','), context[1:]...)
	}
	return append(o.b, '}')
}

func (o *object) raw(k string, json []byte) {
	o.key(k)
	o.b = append(o.b, json...)
}
