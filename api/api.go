// Package api is the REST interface: what the pages can read, a program can.
// It describes itself in the OpenAPI document at /api/v1/openapi.json.
//
// A caller is a bearer token with a role. Errors are problem documents
// (RFC 9457) whose "errors" name the parameter or field at fault.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/desk"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/glossary"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
	"github.com/farol-cs/farol/truth"
)

// Config is what the API stands on.
type Config struct {
	Store   *store.Store
	Facts   *facts.Facts
	Metrics *metric.Reader
	// Truth compares with what was planted; nil when the company is no demo.
	Truth *truth.Checker
	// Desks takes tickets in, Book holds them; nil makes them.
	Desks *desk.Desks
	Book  *desk.Book
	// Version of the program, shown in the OpenAPI document.
	Version string
	// Log receives failures; nil discards them.
	Log *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Customers is the directory of accounts; nil makes one.
	Customers *customer.Directory
	// Segments is what is done with segments; nil makes one over Customers.
	Segments *customer.Segments
}

// server is the configured API.
type server struct {
	Config
	api      huma.API
	mux      *http.ServeMux
	glossary *glossary.Glossary
}

// root is the path that every operation begins with.
const root = "/api/v1"

// New is the handler of everything under /api/.
func New(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Customers == nil {
		c.Customers = customer.New(c.Facts, c.Now)
		c.Customers.SetCompute(c.Metrics.AccountValues)
	}
	if c.Segments == nil {
		c.Segments = &customer.Segments{Store: c.Store, Facts: c.Facts, Metrics: c.Metrics.Catalogue(), Customers: c.Customers, Now: c.Now, Log: c.Log}
	}
	if c.Desks == nil {
		c.Desks = &desk.Desks{Store: c.Store, Facts: c.Facts, Customers: c.Customers, Log: c.Log, Now: c.Now}
	}
	if c.Book == nil {
		c.Book = desk.NewBook(c.Facts, c.Now)
	}
	s := &server{Config: c, mux: http.NewServeMux()}
	var err error
	if s.glossary, err = glossary.Load(); err != nil {
		panic(err) // it is compiled in, and tested
	}
	s.api = humago.New(s.mux, s.describe())
	s.metricOperations()
	s.customerOperations()
	s.stageOperations()
	s.fileOperations()
	s.churnOperations()
	s.buyerOperations()
	s.revenueOperations()
	s.engagementOperations()
	s.activationOperations()
	s.retentionOperations()
	s.whyOperations()
	s.voiceOperations()
	s.glossaryOperations()
	s.truthOperations()
	s.restatementOperations()
	s.versionOperations()
	s.viewOperations()
	s.deskOperations()
	s.knowledgeOperations()
	s.goalOperations()
	s.progressOperations()
	s.eventOperations()
	s.sourceOperations()
	s.tokenOperations()
	s.memberOperations()
	s.accessOperations()
	s.coverOperations()
	s.qualityOperations()
	s.definitionOperations()
	s.settingOperations()
	s.auditOperations()
	s.workOperations()
	s.segmentOperations()
	s.peopleOperations()
	s.structureOperations()
	s.mux.HandleFunc(everything, s.nowhere)
	return s.guarded(s.mux)
}

func (s *server) describe() huma.Config {
	c := huma.DefaultConfig("Farol", s.Version)
	c.Info.Description = "What Farol knows of customers: metrics, events, and the keys to send and read them.\n\n" +
		"Dates are local days of the company as YYYY-MM-DD; a period holds its first day and not its last " +
		"(from=2026-02-01&to=2026-03-01 is February). Instants are RFC 3339. Amounts are in major units. " +
		"A value is null, with a reason, where there is nothing to state; null is not zero."
	c.OpenAPIPath = root + "/openapi"
	c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", nil
	// A misspelt as_of would silently be another question.
	c.RejectUnknownQueryParameters = true
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		bearer: {Type: "http", Scheme: "bearer", Description: "An API token, made in the pages or by `farol token add`."},
	}
	return c
}

// audience is who may call an operation.
type audience []store.Role

var (
	team    = audience(store.Roles)
	leaders = audience{store.Admin, store.Manager}
	workers = audience{store.Admin, store.Manager, store.CSM, store.Support}
	admins  = audience{store.Admin}
)

// rolesExtension is where the OpenAPI document tells who may call.
const (
	rolesExtension = "x-roles"
	bearer         = "token"
)

// register adds an operation. Every one says who may call it.
func register[I, O any](s *server, who audience, op huma.Operation, do func(context.Context, *I) (*O, error)) {
	op.Path = root + op.Path
	op.Security = []map[string][]string{{bearer: {}}}
	op.Extensions = map[string]any{rolesExtension: who}
	op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity)
	op.Middlewares = huma.Middlewares{s.admit(who)}
	in := "query."
	if op.Method != http.MethodGet {
		in = "body."
	}
	huma.Register(s.api, op, func(ctx context.Context, input *I) (*O, error) {
		out, err := do(ctx, input)
		if err != nil {
			return nil, s.problem(ctx, op.OperationID, in, err)
		}
		if n, ok := ctx.Value(rowsKey{}).(*int64); ok {
			*n = counted(out)
		}
		return out, nil
	})
}

type callerKey struct{}

// caller is the token of the request.
func caller(ctx context.Context) store.Token { return ctx.Value(callerKey{}).(store.Token) }

// admit finds the token of the request and holds its role against who.
func (s *server) admit(who audience) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		scheme, secret, _ := strings.Cut(ctx.Header("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || secret == "" {
			s.refuse(ctx, farol.Errorf(farol.Unauthorized, "send an API token: Authorization: Bearer ft_…"))
			return
		}
		t, err := s.Store.TokenOf(ctx.Context(), strings.TrimSpace(secret))
		var seen context.Context
		if err == nil && !slices.Contains(who, t.Role) {
			err = farol.Errorf(farol.Forbidden, "a token of the role %s may not do this", t.Role)
		}
		if err == nil {
			seen, err = s.look(ctx.Context(), t)
		}
		if err != nil {
			s.refuse(ctx, err)
			if t.ID != "" {
				s.audit(ctx, t)
			}
			return
		}
		ctx = huma.WithContext(ctx, context.WithValue(context.WithValue(seen, callerKey{}, t), rowsKey{}, new(int64)))
		defer s.audit(ctx, t) // a change that panicked may have been made
		next(ctx)
	}
}

// look is the context with what the token may see, which all that is read with
// it then applies: an operation passes its context on and looks up what its
// path and body name (see package sight).
func (s *server) look(ctx context.Context, t store.Token) (context.Context, error) {
	p, err := s.Store.PortfolioOfToken(ctx, t)
	if err != nil {
		return nil, err
	}
	of, err := s.Customers.Sight(ctx, s.Store, s.Metrics.Catalogue(), p)
	if err != nil || of == nil {
		return ctx, err
	}
	return sight.With(ctx, of), nil
}

func (s *server) refuse(ctx huma.Context, err error) {
	p := s.problem(ctx.Context(), ctx.Operation().OperationID, "", err)
	if p.Status == http.StatusUnauthorized {
		ctx.SetHeader("WWW-Authenticate", `Bearer realm="farol"`)
	}
	// WriteErr logs what it cannot write.
	_ = huma.WriteErr(s.api, ctx, p.Status, p.Detail)
}
