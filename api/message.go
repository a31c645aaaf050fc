package api

import (
	"context"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// Message is what somebody said of an account, or to the team.
type Message struct {
	ID      string     `json:"id"`
	Account *string    `json:"account"`
	Topic   string     `json:"topic" doc:"Of a post in the community."`
	Parent  *string    `json:"parent" doc:"The post that it answers."`
	About   string     `json:"about" doc:"What it is said about, such as ticket:ID."`
	Author  string     `json:"author"`
	Body    string     `json:"body" doc:"Markdown."`
	Created time.Time  `json:"created"`
	Changed *time.Time `json:"changed" doc:"null when it was never edited."`
}

func newMessage(m store.Message) Message {
	return Message{m.ID, orNull(string(m.Account)), m.Topic, orNull(m.Parent), m.About, string(m.Author), m.Body, m.Created, instant(m.Changed)}
}

type listMessagesOutput struct {
	Body struct {
		Messages []Message `json:"messages" nullable:"false"`
	}
}

func (s *server) listMessages(ctx context.Context, in *struct {
	Account string `query:"account" doc:"Of this account's conversation; without one, of the community."`
	Topic   string `query:"topic" doc:"Posts of the community on this topic, with their answers."`
	Before  string `query:"before" doc:"Id of the last message of the page before."`
	Limit   int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Clocks
	Among
}) (*listMessagesOutput, error) {
	at, err := s.until(ctx, in.Clocks)
	if err != nil {
		return nil, err
	}
	only, err := s.only(ctx, in.Clocks, in.Among)
	if err != nil {
		return nil, err
	}
	out := &listMessagesOutput{}
	out.Body.Messages = []Message{}
	if in.Account != "" {
		if only != nil && !only(farol.AccountID(in.Account)) {
			return out, nil
		}
		list, err := s.Store.Messages(ctx, store.AccountThread(farol.AccountID(in.Account)), in.Before, at, in.Limit)
		for _, m := range list {
			out.Body.Messages = append(out.Body.Messages, newMessage(m))
		}
		return out, err
	}
	posts, answers, err := s.Store.Posts(ctx, store.Channel, store.PostQuery{Topic: in.Topic, Before: in.Before, At: at, Only: only, Limit: in.Limit})
	for _, p := range posts {
		out.Body.Messages = append(out.Body.Messages, newMessage(p))
		for _, m := range answers[p.ID] {
			out.Body.Messages = append(out.Body.Messages, newMessage(m))
		}
	}
	return out, err
}

type messageOutput struct{ Body Message }

func (s *server) addMessage(ctx context.Context, in *struct {
	Body struct {
		Account   string `json:"account,omitempty" doc:"The account in whose conversation it is said; of a post in the community: whom it is about. Without one it is a post in the community."`
		Community bool   `json:"community,omitempty" doc:"A post in the community, also when it is about an account."`
		Topic     string `json:"topic,omitempty" doc:"Of a post in the community."`
		Parent    string `json:"parent,omitempty" doc:"Id of the post in the community that this answers: topic and account are then those of that post."`
		About     string `json:"about,omitempty" doc:"What it is said about, such as ticket:SOURCE/ID."`
		Body      string `json:"body" doc:"Markdown. Who is mentioned (@name) is told."`
	}
}) (*messageOutput, error) {
	b := in.Body
	if b.Account != "" {
		if _, err := s.Customers.Account(ctx, farol.AccountID(b.Account)); err != nil {
			return nil, err
		}
	}
	m := store.Message{Thread: store.AccountThread(farol.AccountID(b.Account)), Author: writer(ctx), Account: farol.AccountID(b.Account), Topic: b.Topic, Parent: b.Parent, About: b.About, Body: b.Body}
	if b.Community || b.Account == "" {
		m.Thread = store.Channel
	}
	m, err := s.Store.Say(ctx, m)
	return &messageOutput{newMessage(m)}, err
}

func (s *server) changeMessage(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Body string `json:"body" doc:"Empty deletes it."`
	}
}) (*struct{}, error) {
	return nil, s.Store.EditMessage(ctx, writer(ctx), in.ID, in.Body.Body)
}

// Notice is something that a member was told.
type Notice struct {
	ID      string     `json:"id"`
	Kind    string     `json:"kind" enum:"mention,task,message,change,silent"`
	Meant   *string    `json:"meant" doc:"Who was to be told and is away, when the member covers for them."`
	Account *string    `json:"account"`
	Subject string     `json:"subject" doc:"note:ID, task:ID, message:ID or happening:ID."`
	Author  string     `json:"author"`
	Text    string     `json:"text"`
	Created time.Time  `json:"created"`
	Seen    *time.Time `json:"seen"`
	Mailed  *time.Time `json:"mailed" doc:"When it went out in a daily mail."`
}

type listNoticesOutput struct {
	Body struct {
		Notices []Notice `json:"notices" nullable:"false"`
	}
}

// ofMember is nil for what is said of a member by a token of that member or of
// an administrator. Errors are Forbidden, and NotFound when there is no such
// member.
func (s *server) ofMember(ctx context.Context, id string) error {
	if t := caller(ctx); t.Role != store.Admin && (id == "" || t.Member != store.MemberID(id)) {
		return farol.Errorf(farol.Forbidden, "a token of the role %s may do this for its own member only", t.Role)
	}
	_, err := s.Store.Member(ctx, store.MemberID(id))
	return err
}

func (s *server) listNotices(ctx context.Context, in *struct {
	ID     string `path:"id"`
	Unseen bool   `query:"unseen"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}) (*listNoticesOutput, error) {
	if err := s.ofMember(ctx, in.ID); err != nil {
		return nil, err
	}
	list, err := s.Store.Notices(ctx, store.MemberID(in.ID), in.Unseen, in.Limit)
	out := &listNoticesOutput{}
	out.Body.Notices = []Notice{}
	for _, n := range list {
		if n.Kind == store.NoticeChange {
			n.Text = "" // its figures may be hidden from the token
		}
		out.Body.Notices = append(out.Body.Notices, Notice{n.ID, n.Kind, orNull(string(n.Meant)), orNull(string(n.Account)), n.Subject, string(n.Author), n.Text, n.Created, instant(n.Seen), instant(n.Mailed)})
	}
	return out, err
}

func (s *server) seeNotices(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Notice string `json:"notice,omitempty" doc:"Only this one; all of them without it."`
	}
}) (*struct{}, error) {
	if err := s.ofMember(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, s.Store.SeeNotices(ctx, store.MemberID(in.ID), in.Body.Notice)
}

// Preferences say what a member wants to be told, and when.
type Preferences struct {
	Digest int      `json:"digest" minimum:"-1" maximum:"23" doc:"Hour of the daily mail; -1 for none."`
	Zone   string   `json:"zone" doc:"IANA name; empty for the company's."`
	Muted  []string `json:"muted" nullable:"false" doc:"Kinds of notices that are not wanted: mention, task, message, change."`
}

type preferencesOutput struct{ Body Preferences }

func (s *server) readPreferences(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*preferencesOutput, error) {
	if err := s.ofMember(ctx, in.ID); err != nil {
		return nil, err
	}
	p, err := s.Store.Preferences(ctx, store.MemberID(in.ID))
	if p.Muted == nil {
		p.Muted = []string{}
	}
	return &preferencesOutput{Preferences{p.Digest, p.Zone, p.Muted}}, err
}

func (s *server) setPreferences(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body Preferences
}) (*preferencesOutput, error) {
	if err := s.ofMember(ctx, in.ID); err != nil {
		return nil, err
	}
	b := in.Body
	err := s.Store.SetPreferences(ctx, store.MemberID(in.ID), store.Preferences{Digest: b.Digest, Zone: b.Zone, Muted: b.Muted})
	return &preferencesOutput{b}, err
}

type followInput struct {
	ID      string `path:"id"`
	Account string `path:"account"`
}

func (s *server) followAccount(ctx context.Context, in *followInput) (*struct{}, error) {
	return nil, s.setFollow(ctx, in, false)
}

func (s *server) unfollowAccount(ctx context.Context, in *followInput) (*struct{}, error) {
	return nil, s.setFollow(ctx, in, true)
}

func (s *server) setFollow(ctx context.Context, in *followInput, off bool) error {
	if err := s.ofMember(ctx, in.ID); err != nil {
		return err
	}
	if _, err := s.Customers.Account(ctx, farol.AccountID(in.Account)); err != nil {
		return err
	}
	return s.Store.Follow(ctx, store.MemberID(in.ID), farol.AccountID(in.Account), off)
}

type listWatchesOutput struct {
	Body struct {
		Segments []string `json:"segments" nullable:"false"`
	}
}

func (s *server) listWatches(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*listWatchesOutput, error) {
	if err := s.ofMember(ctx, in.ID); err != nil {
		return nil, err
	}
	list, err := s.Store.Watched(ctx, store.MemberID(in.ID))
	out := &listWatchesOutput{}
	out.Body.Segments = append([]string{}, list...)
	return out, err
}

type watchInput struct {
	ID      string `path:"id"`
	Segment string `path:"segment"`
}

func (s *server) watchSegment(ctx context.Context, in *watchInput) (*struct{}, error) {
	if err := s.ofMember(ctx, in.ID); err != nil {
		return nil, err
	}
	b, err := s.Segments.Seen(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := b.Find(in.Segment); err != nil {
		return nil, err
	}
	return nil, s.Store.Watch(ctx, store.MemberID(in.ID), in.Segment, false)
}

// unwatchSegment also ends the watching of a segment that is deleted.
func (s *server) unwatchSegment(ctx context.Context, in *watchInput) (*struct{}, error) {
	if err := s.ofMember(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, s.Store.Watch(ctx, store.MemberID(in.ID), in.Segment, true)
}
