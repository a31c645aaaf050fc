package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// The governed list as lines: "# code | English | Português" begins a group,
// "code | English | Português | other words, separated by commas" is a reason
// of it.
var reasonsSetting = setting{
	name:     metric.ReasonsName,
	title:    lang.Text("Reasons for leaving"),
	question: lang.Text("From which list is the reason of a departure chosen?"),
	fields: func(body json.RawMessage, _ company) (url.Values, error) {
		list := metric.Defaults().Reasons
		if len(body) > 0 {
			list = metric.Reasons{}
		}
		err := read(body, &list)
		return url.Values{"reasons": {reasonLines(list)}}, err
	},
	body: func(f url.Values) (any, error) {
		list, err := readReasons(f.Get("reasons"))
		if err != nil {
			return nil, err
		}
		set := metric.Defaults()
		set.Reasons = list
		if err := set.Check(); err != nil {
			// "reasons.groups" is the one field of this form.
			var e *farol.Error
			if errors.As(err, &e) {
				e.Field = "reasons"
			}
			return nil, err
		}
		return list, nil
	},
}

func reasonLines(list metric.Reasons) string {
	var b strings.Builder
	for _, g := range list.Groups {
		b.WriteString("# " + g.Code + " | " + g.Title[lang.English] + " | " + g.Title[lang.Portuguese] + "\n")
		for _, x := range g.List {
			b.WriteString(x.Code + " | " + x.Title[lang.English] + " | " + x.Title[lang.Portuguese])
			if len(x.Also) > 0 {
				b.WriteString(" | " + strings.Join(x.Also, ", "))
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func readReasons(text string) (metric.Reasons, error) {
	var out metric.Reasons
	for _, line := range linesOf(text) {
		head, group := strings.CutPrefix(line, "#")
		parts := strings.Split(head, "|")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		parts = append(parts, "", "", "")
		title := metric.Words{lang.English: cmp.Or(parts[1], parts[0])}
		if parts[2] != "" {
			title[lang.Portuguese] = parts[2]
		}
		if group {
			out.Groups = append(out.Groups, metric.ReasonGroup{Code: parts[0], Title: title})
			continue
		}
		if len(out.Groups) == 0 {
			return out, farol.InvalidField("reasons", "The first line names a group, as in: # product | Product | Produto")
		}
		g := &out.Groups[len(out.Groups)-1]
		g.List = append(g.List, metric.ChurnReason{Code: parts[0], Title: title, Also: commaList(parts[3])})
	}
	return out, nil
}

// commaList reads words between commas.
func commaList(text string) []string {
	var out []string
	for x := range strings.SplitSeq(text, ",") {
		if x = strings.TrimSpace(x); x != "" {
			out = append(out, x)
		}
	}
	return out
}
