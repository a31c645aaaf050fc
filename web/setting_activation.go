package web

import (
	"encoding/json"
	"net/url"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

var activationSetting = setting{
	name:     metric.ActivationName,
	title:    lang.Text("When a customer is activated"),
	question: lang.Text("What must a new customer have done, how often, and within how many days?"),
	fields:   criterionFields,
	body: func(f url.Values) (any, error) {
		a, err := criterionForm(f, true)
		return a, err
	},
}

// criterionFields are the text fields of a criterion.
func criterionFields(body json.RawMessage, _ company) (url.Values, error) {
	a := metric.Activation{WindowDays: metric.Defaults().Activation.WindowDays}
	err := read(body, &a)
	return fieldsOf(a), err
}
