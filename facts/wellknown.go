package facts

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/valyala/fastjson"
)

// A wellKnown event is a track call whose name and properties are promised
// in docs/events.md, so that any sender can drive the whole product.
type wellKnown struct {
	name string
	// account tells that the event is about an account: it must name one, or a
	// person through whom one may be found.
	account bool
	// interactive events count as activity of whoever did them.
	interactive bool
	properties  []property
	// also checks what a single property cannot show; nil when nothing.
	also func(p values) error
	// feed adds the rows of the typed tables; nil when the log is enough.
	feed func(p *prepared, v values)
}

type property struct {
	name     string
	kind     propertyKind
	required bool
	// oneOf lists the allowed values of a text.
	oneOf []string
}

type propertyKind string

const (
	aText    propertyKind = "text"
	aNumber  propertyKind = "number"
	aCount   propertyKind = "number, zero or more"
	aWhole   propertyKind = "whole number"
	aBool    propertyKind = "true or false"
	anAmount propertyKind = "amount (12.5 or \"12.50\")"
	aCode    propertyKind = "currency code such as BRL"
	aTime    propertyKind = "time (ISO 8601)"
	// someTexts is a list of texts; one text alone is a list of one.
	someTexts propertyKind = "list of texts"
)

// heartbeat is what a program sends while its page is in sight. It makes nobody
// active, and tells how long somebody who is was at work.
const heartbeat = "Heartbeat"

var wellKnownEvents = byName(
	&wellKnown{name: heartbeat},
	&wellKnown{name: "Signed Up", interactive: true, properties: []property{text("plan"), text("channel")}, feed: feedSignUp},
	leadEvent("Lead Created", "created", text("account")),
	leadEvent("Lead Qualified", "qualified", text("account")),
	leadEvent("Lead Converted", "converted", text("account").must()),
	&wellKnown{name: "Trial Started", account: true, properties: []property{{name: "trial_end", kind: aTime}, text("plan")}, feed: feedTrial("started")},
	&wellKnown{name: "Trial Ended", account: true, properties: []property{text("plan")}, feed: feedTrial("ended")},
	milestoneEvent(milestonePlanned),
	milestoneEvent(milestoneDone),
	milestoneEvent(milestoneSkipped),
	subscriptionEvent("Subscription Started", "active", true),
	subscriptionEvent("Subscription Changed", "active", false),
	subscriptionEvent("Subscription Paused", "paused", false),
	subscriptionEvent("Subscription Resumed", "active", false),
	subscriptionEvent("Subscription Cancelled", "cancelled", false),
	paymentEvent("Payment Succeeded", "paid"),
	paymentEvent("Payment Failed", "failed"),
	&wellKnown{name: "Usage Billed", account: true, properties: []property{
		text("subscription").must(), {name: "amount", kind: anAmount, required: true}, {name: "currency", kind: aCode, required: true},
		{name: "effective_at", kind: aTime},
	}, also: checkUsage, feed: func(p *prepared, v values) { feedCharge(p, v, "used") }},
	invoiceEvent(),
	inviteEvent(),
	&wellKnown{name: "Referral Sent", properties: []property{text("referral").must(), text("invitee_email"), text("referrer_email")}, feed: feedReferral("sent")},
	&wellKnown{name: "Referral Converted", properties: []property{text("referral").must(), text("account")}, feed: feedReferral("converted")},
	costEvent(),
	ticketEvent("Ticket Opened", "opened"),
	ticketEvent("Ticket Updated", "updated"),
	ticketEvent("Ticket Solved", "solved"),
	ticketEvent("Ticket Reopened", "reopened"),
	&wellKnown{name: "Survey Sent", properties: []property{
		text("survey").must(), {name: "kind", kind: aText, oneOf: surveyKinds}, relation, text("channel"), text("delivery"), text("recipient"),
	}, feed: feedDelivery("sent")},
	&wellKnown{name: "Survey Bounced", properties: []property{text("survey").must(), text("delivery"), text("recipient"), text("reason")}, feed: feedDelivery("bounced")},
	&wellKnown{name: "Survey Answered", properties: []property{
		text("survey"), {name: "kind", kind: aText, required: true, oneOf: surveyKinds},
		{name: "score", kind: aNumber, required: true}, {name: "scale", kind: aNumber}, text("comment"), text("answer"),
		relation, text("delivery"), text("recipient"),
	}, also: checkScore, feed: feedAnswer},
)

// surveyKinds are the kinds of surveys; a survey about the whole relationship
// and one about something that just happened are never pooled.
var (
	surveyKinds = []string{"nps", "csat", "ces"}
	relation    = property{name: "relation", kind: aText, oneOf: []string{relational, "transactional", "employee"}}
)

// relational is what a survey is when the event does not say.
const relational = "relational"

func leadEvent(name, action string, account property) *wellKnown {
	return &wellKnown{name: name, properties: []property{
		text("lead").must(), account, text("channel"), text("source"), text("campaign"),
	}, feed: feedLead(action)}
}

func byName(list ...*wellKnown) map[string]*wellKnown {
	m := make(map[string]*wellKnown, len(list))
	for _, w := range list {
		if w.account {
			w.properties = append(w.properties, text("account_id"))
		}
		m[w.name] = w
	}
	return m
}

func text(name string) property { return property{name: name, kind: aText} }

func (p property) must() property { p.required = true; return p }

func paymentEvent(name, kind string) *wellKnown {
	return &wellKnown{name: name, account: true, properties: []property{
		text("subscription"), {name: "amount", kind: anAmount}, {name: "currency", kind: aCode}, text("reason"),
	}, also: checkPayment, feed: func(p *prepared, v values) { feedCharge(p, v, kind) }}
}

func ticketEvent(name, action string) *wellKnown {
	return &wellKnown{name: name, account: true, properties: []property{
		text("ticket").must(), text("subject"), text("priority"), text("status"), text("channel"), text("topic"), {name: "csat", kind: aNumber},
		text("status_raw"), text("requester"), text("assignee"), text("url"), {name: "tags", kind: someTexts},
		{name: "opened_at", kind: aTime}, {name: "first_reply_at", kind: aTime}, {name: "solved_at", kind: aTime},
		{name: "reopened_count", kind: aWhole}, text("csat_raw"), text("csat_comment"),
	}, also: checkTicket, feed: func(p *prepared, v values) { feedTicket(p, v, action) }}
}

// values are the properties of an event. A property that is absent, null or
// an empty text is not given.
type values struct{ o *fastjson.Value }

func (v values) get(name string) *fastjson.Value {
	if v.o == nil {
		return nil
	}
	x := v.o.Get(name)
	if x == nil || x.Type() == fastjson.TypeNull || x.Type() == fastjson.TypeString && len(x.GetStringBytes()) == 0 {
		return nil
	}
	return x
}

// text of the property: a number counts as its digits, because ids are often
// sent so.
func (v values) text(name string) string {
	x := v.get(name)
	if x == nil {
		return ""
	}
	if x.Type() == fastjson.TypeString {
		return clean(string(x.GetStringBytes()))
	}
	return clean(x.String())
}

// lines is a list of texts, parted by line ends.
func (v values) lines(name string) string {
	x := v.get(name)
	if x == nil || x.Type() != fastjson.TypeArray {
		return v.text(name)
	}
	var out []string
	for _, t := range x.GetArray() {
		out = append(out, clean(strings.Join(strings.Fields(string(t.GetStringBytes())), " ")))
	}
	return strings.Join(out, "\n")
}

// instant is a time property, nil when not given.
func (v values) instant(name string) any {
	x := v.get(name)
	if x == nil {
		return nil
	}
	t, err := parseTime(x)
	if err != nil {
		return nil
	}
	return t
}

// whole is a whole number, nil when not given.
func (v values) whole(name string) any {
	x := v.get(name)
	if x == nil {
		return nil
	}
	return x.GetInt64()
}

// number of the property, nil when not given.
func (v values) number(name string) any {
	x := v.get(name)
	if x == nil {
		return nil
	}
	return x.GetFloat64()
}

// check says what is wrong with the property.
func (p property) check(v values) error {
	x := v.get(p.name)
	field := "properties." + p.name
	if x == nil {
		if p.required {
			return farol.InvalidField(field, "is required")
		}
		return nil
	}
	if !p.fits(x) {
		return farol.InvalidField(field, "must be of type %s", string(p.kind))
	}
	if p.oneOf != nil && !contains(p.oneOf, string(x.GetStringBytes())) {
		return farol.InvalidField(field, "must be one of: %s", strings.Join(p.oneOf, ", "))
	}
	return nil
}

func (p property) fits(x *fastjson.Value) bool {
	isText, isNumber := x.Type() == fastjson.TypeString, x.Type() == fastjson.TypeNumber
	switch p.kind {
	case aText:
		return isText || isNumber
	case aNumber, aCount:
		f, err := x.Float64()
		return isNumber && err == nil && !math.IsInf(f, 0) && (p.kind == aNumber || f >= 0)
	case aWhole:
		_, err := x.Int64()
		return isNumber && err == nil
	case aBool:
		return x.Type() == fastjson.TypeTrue || x.Type() == fastjson.TypeFalse
	case anAmount:
		return isText || isNumber
	case aCode:
		return isText && farol.Currency(x.GetStringBytes()).Valid()
	case aTime:
		_, err := parseTime(x)
		return err == nil
	case someTexts:
		list, err := x.Array()
		return isText || err == nil && !slices.ContainsFunc(list, func(t *fastjson.Value) bool { return t.Type() != fastjson.TypeString })
	}
	return false
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// parseTime reads ISO 8601 with a zone, or a day (its midnight UTC).
func parseTime(x *fastjson.Value) (time.Time, error) {
	s := string(x.GetStringBytes())
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1970 && t.Year() < 2149 {
			return t.UTC(), nil
		}
	}
	return time.Time{}, strconv.ErrSyntax
}

func checkTicket(v values) error {
	if f, ok := v.number("csat").(float64); ok && (f < 0 || f > 1) {
		return farol.InvalidField("properties.csat", "must be between 0 and 1")
	}
	if n, ok := v.whole("reopened_count").(int64); ok && n < 0 {
		return farol.InvalidField("properties.reopened_count", "must not be negative")
	}
	return nil
}

func checkScore(v values) error {
	score, scale := v.get("score").GetFloat64(), scaleOf(v)
	kind := v.text("kind")
	if v.get("scale") != nil && (scale <= 0 || kind == "nps" && scale != 10) {
		return farol.InvalidField("properties.scale", "must be a scale that the kind of survey has")
	}
	if score < 0 || score > scale || kind == "nps" && score != math.Trunc(score) {
		return farol.InvalidField("properties.score", "must be on the scale of %v", scale)
	}
	return nil
}

// scaleOf is the highest score: 10 for NPS, else as given, else 5 for CSAT
// and 7 for CES.
func scaleOf(v values) float64 {
	if s, ok := v.number("scale").(float64); ok {
		return s
	}
	switch v.text("kind") {
	case "nps":
		return 10
	case "ces":
		return 7
	}
	return 5
}

// Check tells whether a well-known event has the properties it promises, of
// the right types: nil, or an Invalid *farol.Error naming the field. Other
// events are always right. It is pure.
func Check(e *farol.Event) error {
	w := wellKnownEvents[e.Name]
	if w == nil || e.Kind != farol.Track {
		return nil
	}
	p := jsonParsers.Get()
	defer jsonParsers.Put(p)
	v, err := propertiesOf(p, e.Properties)
	if err != nil {
		return err
	}
	return w.check(e, v)
}

var jsonParsers fastjson.ParserPool

// propertiesOf parses properties or traits; nothing is an empty object.
func propertiesOf(p *fastjson.Parser, raw []byte) (values, error) {
	if len(raw) == 0 {
		return values{}, nil
	}
	o, err := p.ParseBytes(raw)
	if err != nil || o.Type() != fastjson.TypeObject {
		return values{}, farol.InvalidField("properties", "must be a JSON object")
	}
	return values{o}, nil
}

func (w *wellKnown) check(e *farol.Event, v values) error {
	for _, p := range w.properties {
		if err := p.check(v); err != nil {
			return err
		}
	}
	if w.account && e.Account == "" && e.Person() == "" && v.text("account_id") == "" {
		return farol.InvalidField("account", "is required")
	}
	if w.also != nil {
		return w.also(v)
	}
	return nil
}

// CountsAsUse tells whether events of the name count as use of the product
// when they do not say otherwise. What is told about an account (a payment, a
// ticket) does not.
func CountsAsUse(name string) bool {
	w := wellKnownEvents[name]
	return w == nil || w.interactive
}
