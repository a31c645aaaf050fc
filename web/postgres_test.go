package web

import (
	"testing"

	"github.com/farol-cs/farol/test/postgres"
)

// The pages of daily work do the same over PostgreSQL, where the state of a
// larger team lies: other SQL errors, other orders of text, true concurrency.
func TestPagesOnPostgreSQL(t *testing.T) {
	if testing.Short() {
		return
	}
	newState = func(t *testing.T) string { return postgres.Start(t) }
	elsewhere := lived
	lived = nil
	t.Cleanup(func() { newState, lived = sqliteState, elsewhere })
	for name, walk := range map[string]func(*testing.T){
		"setup": TestSetup, "work on a customer": TestWorkOnCustomer, "conversation": TestConversation, "community": TestCommunity,
		"my day": TestTasksOfMyDay, "search": TestSearch, "tickets": TestTickets, "knowledge": TestKnowledge, "goals": TestGoals,
		"segments": TestSegments, "customers": TestMarkCustomers, "views": TestSavedViews, "people": TestPeoplePages, "groups": TestGroupsAndFields,
		"desks": TestDesks, "audit log": TestAuditLog, "daily mail": TestStopDigest,
	} {
		t.Run(name, walk)
	}
}
