package web

import (
	"strings"
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

func TestStagesBoard(t *testing.T) {
	s := busy(t)
	csm := as{role: store.CSM}
	s.get(csm, "/stages").is(200).says(".stage", "No stage yet")
	s.post(csm, "/customers/mark", "id", "acct-01", "id", "acct-02", "do", "stage", "stage", "onboarding", "reason", "New", "back", "/customers").is(303)
	both(t, func(t *testing.T, code lang.Code) {
		a := s.get(as{role: store.Viewer, code: code}, "/stages").is(200).has(".stage", 8).has("[data-chart]", 1).has(`.moments a[href="/customers/acct-02"]`, 1)
		a.has(`a[href="/customers?where=stage%3Donboarding&where=standing%3Don-track"]`, 1)
		s.get(as{role: store.Viewer, code: code}, "/stages?as_of=2026-01-15").is(200).has(".past", 1)
	})
	s.get(csm, "/stages?mine=yes").is(200).has(".moments li.quiet", 1)
	if csv := s.get(csm, "/stages.csv").body; !strings.Contains(csv, "onboarding,on-track,2,") {
		t.Errorf("the file is %s", csv)
	}
}

// The stages are a versioned document: what is wrong stands beside its field,
// nothing typed is lost, and who looks at it may be told whom a rule holds for.
func TestStageRules(t *testing.T) {
	s := busy(t)
	manager := as{role: store.Manager}
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Viewer, code: code}, "/stages/rules").is(200).has(".stage-rule", 7).has("button[name=do]", 0)
		s.get(as{role: manager.role, code: code}, "/stages/rules").is(200).has(".stage-rule", 8).has(".stage-rule .form-hint", 10)
		s.get(as{role: manager.role, code: code}, "/stages/rules/versions").is(200)
	})
	form := []string{"version", "0", "hand_days", "10", "name", "start", "title", "Começo", "target_days", "5", "stuck_days", "9", "from", "", "enter", `plan is "Pro"`, "exit", "",
		"name", "", "title", "Fim de Ano", "target_days", "", "stuck_days", "", "from", "start, *", "enter", "", "exit", ""}
	a := s.post(manager, "/stages/rules", append(form, "do", "try")...).is(200).says(".stage-rule .tag", "5 customers today")
	a.has(`input[name=name][value=fim-de-ano]`, 1)
	for field, bad := range map[string]string{`plan is "Pro"`: "plan is is", "9": "3", "start, *": "nowhere"} {
		wrong := append([]string{}, form...)
		for i := range wrong {
			if wrong[i] == field {
				wrong[i] = bad
			}
		}
		s.post(manager, "/stages/rules", append(wrong, "do", "save")...).is(422).has(".form-error", 1).has(`input[name=title][value="Fim de Ano"]`, 1)
	}
	s.post(manager, "/stages/rules", append(form, "do", "save")...).leadsTo("/stages/rules?done=saved")
	s.get(manager, "/stages/rules").says(".stage-rule", "Começo").has(".stage-rule", 3)
	s.get(manager, "/stages/rules/versions").says("pre", "Começo")
	s.get(manager, "/customers?view=board").says(".board", "Começo")
	s.post(manager, "/stages/rules", append(form, "do", "save")...).is(422).has(".flash.wrong", 1)
	s.post(as{role: store.CSM}, "/stages/rules", append(form, "do", "save")...).is(403)
}
