package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/farol-cs/farol/store"
)

// audience is who may call a route; anyone includes strangers. Every route
// states one: nil is nobody.
type audience []store.Role

var (
	anyone  = audience{}
	team    = audience(store.Roles)
	leaders = audience{store.Admin, store.Manager}
	workers = audience{store.Admin, store.Manager, store.CSM, store.Support}
	admins  = audience{store.Admin}
)

// allows tells whether a member of the role may call the route.
func (a audience) allows(r store.Role) bool { return a.open() || slices.Contains(a, r) }

// open tells whether strangers may call the route, too.
func (a audience) open() bool { return a != nil && len(a) == 0 }

// route is one door of the pages.
type route struct {
	pattern string
	who     audience
	do      func(*server, *visit) error
}

// routes lists every page and action, and who may call it.
var routes = []route{
	{"GET /{$}", team, (*server).overview},
	{"GET /figures.csv", team, (*server).figuresCSV},
	{"GET /engagement", team, (*server).engagement},
	{"GET /engagement/lifecycle.csv", team, (*server).lifecycleCSV},
	{"GET /engagement/histogram.csv", team, (*server).histogramCSV},
	{"GET /engagement/bucket", team, (*server).bucket},
	{"GET /engagement/bucket.csv", team, (*server).bucketCSV},
	{"GET /activation", team, (*server).activation},
	{"GET /activation/curve.csv", team, (*server).curveCSV},
	{"GET /activation/stuck.csv", team, (*server).stuckCSV},
	{"GET /adoption", team, (*server).adoption},
	{"GET /adoption/features.csv", team, (*server).featuresCSV},
	{"GET /adoption/missions.csv", team, (*server).missionsCSV},
	{"GET /revenue", team, (*server).revenue},
	{"GET /revenue/ledger.csv", team, (*server).ledgerCSV},
	{"GET /revenue/movements", team, (*server).movements},
	{"GET /revenue/movements.csv", team, (*server).movementsCSV},
	{"GET /revenue/buyers", team, (*server).buyers},
	{"GET /revenue/buyers.csv", team, (*server).buyersCSV},
	{"GET /churn", team, (*server).churn},
	{"GET /churn/reasons.csv", team, (*server).churnReasonsCSV},
	{"GET /churn/lost.csv", team, (*server).churnLostCSV},
	{"GET /churn/survival.csv", team, (*server).churnSurvivalCSV},
	{"GET /churn/worth.csv", team, (*server).churnWorthCSV},
	{"GET /churn/simulator", team, (*server).simulator},
	{"GET /voice", team, (*server).voice},
	{"GET /voice/answers", team, (*server).voiceAnswers},
	{"GET /voice/answers.csv", team, (*server).voiceAnswersCSV},
	{"GET /lifecycle", team, (*server).stageBoard},
	{"GET /lifecycle/accounts", team, (*server).lifecycleAccounts},
	{"GET /lifecycle/accounts.csv", team, (*server).stageCSV},
	{"GET /catalogue", team, (*server).catalogue},
	{"GET /catalogue.csv", team, (*server).catalogueCSV},
	{"GET /glossary.csv", team, (*server).glossaryCSV},
	{"GET /glossary", team, (*server).glossaryPage},
	{"GET /glossary/{id}", team, (*server).glossaryEntry},
	{"GET /truth", team, (*server).truthPage},
	{"GET /metrics/{name}", team, (*server).metric},
	{"GET /metrics/{name}/series.csv", team, (*server).seriesCSV},
	{"GET /metrics/{name}/source", team, (*server).source},
	{"GET /metrics/{name}/why", team, (*server).why},
	{"GET /metrics/{name}/why.csv", team, (*server).whyCSV},
	{"GET /metrics/{name}/rows.csv", team, (*server).rowsCSV},
	{"GET /metrics/{name}/versions", team, (*server).compareVersions},
	{"GET /metrics/{name}/versions.csv", team, (*server).compareVersionsCSV},
	{"GET /restatements", team, (*server).restatements},
	{"GET /restatements.csv", team, (*server).restatementsCSV},
	{"GET /restatements/{id}", team, (*server).restatement},
	{"GET /views", team, (*server).views},
	{"GET /views/menu", team, (*server).viewsMenu},
	{"POST /views", team, (*server).saveView},
	{"POST /views/{id}", team, (*server).changeView},
	{"GET /values", team, (*server).values},

	{"GET /customers", team, (*server).customers},
	{"GET /customers.csv", team, (*server).customersCSV},
	{"GET /customer-values", team, (*server).customerValues},
	{"GET /customer-changes", team, (*server).customerChanges},
	{"POST /customer-changes/{id}", workers, (*server).undoCustomers},
	{"POST /customers/mark", workers, (*server).markCustomers},
	{"GET /customers/{id}", team, (*server).customer},
	{"GET /customers/{id}/part", team, (*server).customerPart},
	{"GET /customers/{id}/history", team, (*server).attributeHistory},
	{"POST /customers/{id}/files", workers, (*server).addFile},
	{"GET /files/{id}", team, (*server).file},
	{"POST /files/{id}/delete", workers, (*server).deleteFile},
	{"POST /customers/{id}/notes", workers, (*server).addNote},
	{"POST /customers/{id}/tasks", workers, (*server).addTask},
	{"POST /customers/{id}/messages", workers, (*server).say},
	{"POST /customers/{id}/unread", workers, (*server).unreadThread},
	{"POST /customers/{id}/follow", workers, (*server).follow},
	{"POST /customers/{id}/fields", workers, (*server).saveAccountFields},
	{"GET /customers/{id}/group", team, (*server).group},
	{"POST /customers/{id}/group", workers, (*server).setParent},
	{"GET /customers/{id}/merge", leaders, (*server).mergeAccount},
	{"POST /customers/{id}/merge", leaders, (*server).doMergeAccount},
	{"GET /people", team, (*server).people},
	{"GET /people.csv", team, (*server).peopleCSV},
	{"GET /people/{id}", team, (*server).person},
	{"POST /people/{id}", workers, (*server).changePerson},
	{"GET /people/{id}/merge", workers, (*server).mergePerson},
	{"POST /people/{id}/merge", workers, (*server).doMergePerson},
	{"GET /people/{id}/export", leaders, (*server).exportPerson},
	{"GET /people/{id}/erase", admins, (*server).erasePerson},
	{"GET /erasures", admins, (*server).erasures},
	{"POST /erasures", admins, (*server).doErase},
	{"GET /erasures/{id}", admins, (*server).erasure},
	{"POST /erasures/{id}/lift", admins, (*server).liftErasure},
	{"GET /fields", team, (*server).fields},
	{"POST /fields", leaders, (*server).saveField},
	{"GET /notes/{id}", team, (*server).note},
	{"POST /notes/{id}", workers, (*server).changeNote},
	{"POST /notes/preview", workers, (*server).previewNote},
	{"GET /note-templates", team, (*server).noteTemplatesPage},
	{"POST /note-templates", workers, (*server).saveTemplate},
	{"GET /tasks", team, (*server).tasks},
	{"GET /tasks.csv", team, (*server).tasksCSV},
	{"GET /tasks/{id}", team, (*server).task},
	{"POST /tasks/{id}", workers, (*server).changeTask},
	{"POST /tasks/bulk", workers, (*server).bulkTasks},
	{"POST /messages/{id}", workers, (*server).changeMessage},
	{"GET /community", team, (*server).community},
	{"POST /community", workers, (*server).post},
	{"GET /notices", team, (*server).notices},
	{"POST /notices", team, (*server).changeNotices},
	{"GET /notices/{id}", team, (*server).openNotice},
	{"GET /my-day", team, (*server).myDay},
	{"POST /my-day/tasks", workers, (*server).addOwnTask},
	{"POST /my-day/read", team, (*server).readMyDay},
	{"GET /covers", team, (*server).covers},
	{"POST /covers", workers, (*server).addCover},
	{"POST /covers/{id}/end", workers, (*server).endCover},
	{"POST /watch", team, (*server).watch},
	{"GET /search", team, (*server).search},
	{"GET /colleagues", team, (*server).colleagues},
	{"GET /new/{what}", workers, (*server).create},
	{"POST /new/{what}", workers, (*server).make},
	{"POST /undo/{id}", workers, (*server).undo},

	{"GET /stages", team, (*server).stagesBoard},
	{"GET /stages.csv", team, (*server).stagesCSV},
	{"GET /stages/rules", team, (*server).stageRules},
	{"POST /stages/rules", leaders, (*server).saveStageRules},
	{"GET /stages/rules/versions", team, (*server).stageVersions},
	{"GET /tickets", team, (*server).tickets},
	{"GET /tickets.csv", team, (*server).ticketsCSV},
	{"GET /tickets/waiting", team, (*server).waiting},
	{"POST /tickets/waiting", workers, (*server).assign},
	{"GET /tickets/deliveries", team, (*server).deliveries},
	{"POST /tickets/replay", workers, (*server).replay},
	{"GET /tickets/{source}/{id}", team, (*server).ticket},
	{"POST /tickets/{source}/{id}/messages", workers, (*server).sayOfTicket},
	{"GET /desks", team, (*server).desks},
	{"POST /desks", leaders, (*server).addDesk},
	{"GET /desks/{id}", team, (*server).showDesk},
	{"POST /desks/{id}", leaders, (*server).changeDesk},
	{"GET /knowledge", team, (*server).knowledge},
	{"GET /knowledge/new", workers, (*server).newArticle},
	{"POST /knowledge", workers, (*server).addArticle},
	{"GET /knowledge/{id}", team, (*server).article},
	{"GET /knowledge/{id}/edit", workers, (*server).editArticle},
	{"POST /knowledge/{id}", workers, (*server).changeArticle},
	{"GET /knowledge/{id}/versions", team, (*server).articleVersions},
	{"GET /goals", team, (*server).goals},
	{"POST /goals", workers, (*server).addGoal},
	{"GET /goals/new", workers, (*server).newGoal},
	{"GET /goals/{id}", team, (*server).showGoal},
	{"GET /goals/{id}/edit", workers, (*server).editGoal},
	{"POST /goals/{id}", workers, (*server).changeGoal},

	{"GET /segments", team, (*server).segments},
	{"GET /segments/new", workers, (*server).newSegment},
	{"GET /segments/suggest", workers, (*server).suggestSegment},
	{"POST /segments/try", workers, (*server).trySegment},
	{"POST /segments", workers, (*server).addSegment},
	{"GET /segments/{name}", team, (*server).showSegment},
	{"POST /segments/{name}", workers, (*server).changeSegment},
	{"GET /segments/{name}/edit", workers, (*server).editSegment},
	{"POST /segments/{name}/remove", workers, (*server).removeSegment},
	{"GET /segments/{name}/versions", team, (*server).segmentVersions},
	{"GET /segments/{name}/members.csv", team, (*server).segmentMembersCSV},
	{"GET /segments/{name}/history.csv", team, (*server).segmentHistoryCSV},

	{"GET /retention", team, (*server).retention},
	{"GET /retention/triangle.csv", team, (*server).triangleCSV},
	{"GET /retention/members", team, (*server).retentionMembers},
	{"GET /retention/members.csv", team, (*server).retentionMembersCSV},

	{"GET /live", team, (*server).live},
	{"GET /live/new", team, (*server).liveNew},
	{"GET /rejected", team, (*server).rejected},
	{"GET /events", team, (*server).events},

	{"GET /quality", team, (*server).quality},
	{"GET /quality.csv", team, (*server).qualityCSV},
	{"GET /sources", team, (*server).sources},
	{"POST /sources", leaders, (*server).addSource},
	{"GET /sources/{id}", team, (*server).showSource},
	{"POST /sources/{id}", leaders, (*server).changeSource},

	{"GET /adoption/feature", team, (*server).feature},
	{"GET /activation/criteria", team, (*server).criteria},
	{"POST /activation/criteria", leaders, (*server).addCriterion},
	{"GET /activation/criteria/{name}", team, (*server).showCriterion},
	{"POST /activation/criteria/{name}", leaders, (*server).saveCriterion},
	{"POST /activation/criteria/{name}/remove", leaders, (*server).removeCriterion},
	{"GET /activation/criteria/{name}/versions", team, (*server).criterionVersions},

	{"GET /settings", team, (*server).settings},
	{"GET /settings.csv", team, (*server).settingsCSV},
	{"GET /settings/{name}", team, (*server).showSetting},
	{"POST /settings/{name}/preview", leaders, (*server).previewSetting},
	{"POST /settings/{name}", leaders, (*server).saveSetting},
	{"GET /settings/{name}/versions", team, (*server).versions},

	{"GET /team", admins, (*server).team},
	{"POST /team/members", admins, (*server).addMember},
	{"GET /team/members/{id}", admins, (*server).member},
	{"POST /team/members/{id}", admins, (*server).changeMember},
	{"POST /team/members/{id}/access", admins, (*server).changeAccess},
	{"POST /team/members/{id}/sessions", admins, (*server).endMemberSessions},
	{"POST /team/members/{id}/leave", admins, (*server).leave},
	{"POST /team/invitations", admins, (*server).invite},
	{"POST /team/invitations/{id}/revoke", admins, (*server).revokeInvite},
	{"POST /team/hidden", admins, (*server).hideByRole},
	{"POST /team/tokens", admins, (*server).addToken},
	{"POST /team/tokens/{id}/revoke", admins, (*server).revokeToken},
	{"GET /audit", admins, (*server).auditLog},
	{"GET /audit.csv", admins, (*server).auditCSV},

	{"GET /account", team, (*server).account},
	{"POST /account/name", team, (*server).changeName},
	{"POST /account/password", team, (*server).changePassword},
	{"POST /account/sessions", team, (*server).endSessions},
	{"POST /account/sessions/{id}", team, (*server).endSession},
	{"POST /account/told", team, (*server).saveTold},
	{"GET /digest/stop/{token}", anyone, (*server).stopDigest},
	{"POST /digest/stop/{token}", anyone, (*server).stopDigest},
	{"POST /language", anyone, (*server).chooseLanguage},
	{"POST /theme", anyone, (*server).chooseTheme},

	{"GET /sign-in", anyone, (*server).signIn},
	{"POST /sign-in", anyone, (*server).doSignIn},
	{"GET /sign-in/oidc", anyone, (*server).oidcStart},
	{"GET /sign-in/oidc/callback", anyone, (*server).oidcBack},
	{"POST /sign-out", anyone, (*server).signOut},
	{"GET /invite/{secret}", anyone, (*server).invited},
	{"POST /invite/{secret}", anyone, (*server).join},
	{"GET /setup", anyone, (*server).setup},
	{"POST /setup", anyone, (*server).doSetup},

	{"/", anyone, (*server).nowhere},
}

// Pages lists the patterns of the pages that a member can open ("/tasks/{id}"),
// for whoever walks through them all.
func Pages() []string {
	var out []string
	for _, r := range routes {
		if path, is := strings.CutPrefix(r.pattern, "GET "); is && r.who != nil {
			out = append(out, strings.TrimSuffix(path, "{$}"))
		}
	}
	return out
}

// routes builds the handler of all routes.
func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.pattern, s.page(r))
	}
	mux.HandleFunc("GET /static/{file...}", s.assets.serve)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, s.assets.names["mark.svg"], http.StatusFound)
	})
	return mux
}
