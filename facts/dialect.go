package facts

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// A dialect spells what differs between the engines. calls are the dialect
// functions that a query text may use in plain function syntax; what is not
// listed is written alike for both.
type dialect struct {
	name string
	// calls by name: how many arguments, and their SQL with %[1]s ... for each.
	calls map[string]call
}

// A call is the SQL of a dialect function. args is how many arguments it
// takes; sql holds them as %[1]s, %[2]s. expand, when set, takes the place of
// sql.
type call struct {
	args   int
	sql    string
	expand func(args []string) (string, error)
}

func (c call) text(name string, args []string) (string, error) {
	if len(args) != c.args {
		return "", fmt.Errorf("%s takes %d arguments, not %d", name, c.args, len(args))
	}
	if c.expand != nil {
		return c.expand(args)
	}
	vals := make([]any, len(args))
	for i, a := range args {
		vals[i] = a
	}
	return fmt.Sprintf(c.sql, vals...), nil
}

// duckDialect is DuckDB 1.5.
var duckDialect = &dialect{name: "duckdb", calls: map[string]call{
	"toNullable":  {args: 1, sql: "(%[1]s)"},
	"i64":         {args: 1, sql: "CAST(%[1]s AS BIGINT)"},
	"f64":         {args: 1, sql: "CAST(%[1]s AS DOUBLE)"},
	"u64":         {args: 1, sql: "CAST(%[1]s AS UBIGINT)"},
	"intDiv":      {args: 2, sql: "((%[1]s) // (%[2]s))"},
	"truncInt":    {args: 1, sql: "CAST(trunc(%[1]s) AS BIGINT)"},
	"roundHalfUp": {args: 2, sql: "round(CAST(%[1]s AS DOUBLE), %[2]s)"},
	"uniqApprox":  {args: 1, sql: "approx_count_distinct(%[1]s)"},
	"toDayOfWeek": {args: 1, sql: "isodow(%[1]s)"},
	"fmtDate":     {args: 2, sql: "strftime(%[1]s, %[2]s)"},
	// DuckDB plans what lies below a window twice (its filter pushdown visits it
	// twice), so that windows over windows double the work each time; below a
	// window of which one part has no partition it does so once. The column is
	// never read and never computed.
	"planOnce":           {args: 1, sql: "%[1]s + row_number() OVER ()"},
	"addDaysN":           {args: 2, sql: "CAST((%[1]s) + CAST(%[2]s AS INTEGER) AS DATE)"},
	"addMonthsN":         {args: 2, sql: "CAST((%[1]s) + to_months(CAST(%[2]s AS INTEGER)) AS DATE)"},
	"dayOf":              {args: 2, sql: "CAST((%[1]s) AT TIME ZONE 'UTC' AT TIME ZONE %[2]s AS DATE)"},
	"toMillis":           {args: 1, sql: "epoch_ms(%[1]s)"},
	"fromMillis":         {args: 1, sql: "make_timestamp_ms(%[1]s)"},
	"dayNumber":          {args: 1, sql: "((%[1]s) - DATE '1970-01-01')"},
	"dayFrom":            {args: 1, sql: "CAST(DATE '1970-01-01' + CAST(%[1]s AS INTEGER) AS DATE)"},
	"lowerUTF8":          {args: 1, sql: "lower(%[1]s)"},
	"foldUTF8":           {args: 1, sql: "strip_accents(lower(%[1]s))"},
	"startsWith":         {args: 2, sql: "starts_with(%[1]s, %[2]s)"},
	"matches":            {args: 2, sql: "regexp_matches(%[1]s, %[2]s)"},
	"redact":             {args: 2, sql: `regexp_replace(%[1]s, %[2]s, '\1[erased]\2', 'g')`},
	"has":                {args: 2, sql: "list_contains(%[1]s, %[2]s)"},
	"arraySort":          {args: 1, sql: "list_sort(%[1]s)"},
	"arrayElementOrNull": {args: 2, sql: "(%[1]s)[%[2]s]"},
	"splitPart":          {args: 3, sql: "split_part(%[1]s, %[2]s, %[3]s)"},
	"bitMask":            {args: 1, sql: "bit_or(%[1]s)"},
	"shiftLeft":          {args: 2, sql: "((%[1]s) << (%[2]s))"},
	"shiftRight":         {args: 2, sql: "((%[1]s) >> (%[2]s))"},
	"bitAnd":             {args: 2, sql: "((%[1]s) & (%[2]s))"},
	"lowestBit":          {args: 1, sql: "CAST(bit_count(((%[1]s) & -(%[1]s)) - 1) AS BIGINT)"},
	"quantile_cont":      {args: 2, sql: "quantile_cont(%[1]s, %[2]s)"},
	"carried":            {args: 1, sql: "last_value(%[1]s IGNORE NULLS)"},
	"numOf":              {args: 1, sql: "TRY_CAST(%[1]s AS DOUBLE)"},
	"dateOf":             {args: 1, sql: "TRY_CAST(left(%[1]s, 10) AS DATE)"},
	// Seconds or milliseconds since 1970, or a time as RFC 3339 writes it. A cast
	// to TIMESTAMP takes no notice of the offset.
	"millisOf": {args: 1, sql: "CASE WHEN TRY_CAST(%[1]s AS DOUBLE) IS NULL THEN epoch_ms(CASE WHEN regexp_matches(%[1]s, '[+-][0-9]{2}:?[0-9]{2}$') " +
		"THEN TRY_CAST(%[1]s AS TIMESTAMPTZ) AT TIME ZONE 'UTC' ELSE TRY_CAST(%[1]s AS TIMESTAMP) END) WHEN abs(TRY_CAST(%[1]s AS DOUBLE)) < 1e14 THEN " +
		"CAST(TRY_CAST(%[1]s AS DOUBLE) * CASE WHEN TRY_CAST(%[1]s AS DOUBLE) > 1e11 THEN 1 ELSE 1000 END AS BIGINT) END"},
	"propStr": {args: 2, expand: duckProp("json_extract_string(%s, '$.%s')")},
	"propNum": {args: 2, expand: duckProp("TRY_CAST(json_extract_string(%s, '$.%s') AS DOUBLE)")},
}}

// duckProp makes a call that reads a property; the key must be a literal.
func duckProp(format string) func([]string) (string, error) {
	return func(args []string) (string, error) {
		path, err := propertyPath(args[1])
		if err != nil {
			return "", err
		}
		for i, p := range path {
			path[i] = `"` + p + `"`
		}
		// '' is not JSON, and is what an event without properties holds.
		return fmt.Sprintf(format, "nullif("+args[0]+", '')", strings.Join(path, ".")), nil
	}
}

// propertyPath reads a literal such as 'plan' or 'company.name'.
func propertyPath(literal string) ([]string, error) {
	s := strings.TrimSpace(literal)
	if len(s) < 3 || s[0] != '\'' || s[len(s)-1] != '\'' {
		return nil, fmt.Errorf("a property's name must be a literal, not %s", s)
	}
	s = s[1 : len(s)-1]
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.') {
			return nil, fmt.Errorf("a property's name may hold letters, digits, _ and dots: %s", literal)
		}
	}
	return strings.Split(s, "."), nil
}

// paramTypes are the types that {name:Type} may have, with DuckDB's words.
var paramTypes = map[string]string{
	"String": "VARCHAR", "Int64": "BIGINT", "UInt64": "UBIGINT", "Float64": "DOUBLE", "Bool": "BOOLEAN",
	"Date": "DATE", "DateTime64(3)": "TIMESTAMP",
	"Array(String)": "VARCHAR[]", "Array(Int64)": "BIGINT[]", "Array(UInt64)": "UBIGINT[]", "Array(Float64)": "DOUBLE[]",
	"Nullable(String)": "VARCHAR", "Nullable(Int64)": "BIGINT", "Nullable(Float64)": "DOUBLE", "Nullable(Date)": "DATE",
}

// paramValue turns a caller's value into what both drivers take: days and
// instants become text.
func paramValue(v any) any {
	switch v := v.(type) {
	case farol.Day:
		return v.String()
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05.000")
	case int:
		return int64(v)
	case uint64:
		// database/sql refuses the upper half of the numbers.
		return strconv.FormatUint(v, 10)
	}
	return v
}
