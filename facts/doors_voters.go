package facts

import (
	"fmt"
	"slices"
)

// relations are the surveys of which answers are never pooled.
var relations = []string{"relational", "transactional", "employee"}

// voters is {{voters "relational"}}: unit (the person, or the answer that names
// nobody), account, period, score, grp. Who answered an NPS survey of the
// relation in each of Scope.Periods, with the latest answer of the period.
func (d *doors) voters(relation string) (string, error) {
	if !slices.Contains(relations, relation) {
		return "", fmt.Errorf("voters: %q is none of %q", relation, relations)
	}
	days, err := d.days()
	if err != nil {
		return "", err
	}
	votes := "(SELECT a.grp AS grp, CASE WHEN a.person <> '' THEN a.person ELSE a.id END AS unit, a.account AS account, n.period AS period, a.score AS score, a.ts AS ts, a.id AS id FROM " +
		d.answers() + " a JOIN " + days + " n ON n.day = a.day WHERE a.kind = 'nps' AND a.relation = '" + relation + "' AND a.score >= 0 AND a.score <= 10)"
	return "(SELECT w.unit AS unit, w.account AS account, w.period AS period, w.score AS score, w.grp AS grp FROM (SELECT v.*, row_number() OVER (PARTITION BY v.period, v.unit ORDER BY v.ts DESC, v.id DESC) AS place FROM " +
		votes + " v) w WHERE w.place = 1)", nil
}
