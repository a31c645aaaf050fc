package facts

import (
	"fmt"
	"strings"
)

// clickDialect is ClickHouse 26. What is not listed of the calls is native to
// it under the same name and meaning.
var clickDialect = &dialect{name: "clickhouse", calls: map[string]call{
	"toNullable":         {args: 1, sql: "toNullable(%[1]s)"},
	"i64":                {args: 1, sql: "CAST(%[1]s AS Nullable(Int64))"},
	"f64":                {args: 1, sql: "CAST(%[1]s AS Nullable(Float64))"},
	"u64":                {args: 1, sql: "toUInt64(%[1]s)"},
	"intDiv":             {args: 2, sql: "intDiv(%[1]s, %[2]s)"},
	"truncInt":           {args: 1, sql: "toInt64(trunc(%[1]s))"},
	"roundHalfUp":        {args: 2, sql: "(if((%[1]s) < 0, -1, 1) * floor(abs(%[1]s) * exp10(%[2]s) + 0.5) / exp10(%[2]s))"},
	"uniqApprox":         {args: 1, sql: "uniq(%[1]s)"},
	"toDayOfWeek":        {args: 1, sql: "toDayOfWeek(%[1]s)"},
	"fmtDate":            {args: 2, sql: "formatDateTime(%[1]s, %[2]s)"},
	"planOnce":           {args: 1, sql: "%[1]s"},
	"addDaysN":           {args: 2, sql: "addDays(%[1]s, %[2]s)"},
	"addMonthsN":         {args: 2, sql: "addMonths(%[1]s, %[2]s)"},
	"dayOf":              {args: 2, sql: "toDate(toTimeZone(%[1]s, %[2]s))"},
	"toMillis":           {args: 1, sql: "toUnixTimestamp64Milli(toDateTime64(%[1]s, 3, 'UTC'))"},
	"fromMillis":         {args: 1, sql: "fromUnixTimestamp64Milli(%[1]s, 'UTC')"},
	"dayNumber":          {args: 1, sql: "dateDiff('day', toDate('1970-01-01'), %[1]s)"},
	"dayFrom":            {args: 1, sql: "addDays(toDate('1970-01-01'), %[1]s)"},
	"lowerUTF8":          {args: 1, sql: "lowerUTF8(%[1]s)"},
	"foldUTF8":           {args: 1, sql: "replaceRegexpAll(normalizeUTF8NFD(lowerUTF8(%[1]s)), '\\p{Mn}', '')"},
	"startsWith":         {args: 2, sql: "startsWith(%[1]s, %[2]s)"},
	"matches":            {args: 2, sql: "match(%[1]s, %[2]s)"},
	"redact":             {args: 2, sql: `replaceRegexpAll(%[1]s, %[2]s, '\\1[erased]\\2')`},
	"has":                {args: 2, sql: "if((%[2]s) IS NULL, NULL, has(%[1]s, %[2]s))"},
	"arraySort":          {args: 1, sql: "arraySort(%[1]s)"},
	"arrayElementOrNull": {args: 2, sql: "arrayElementOrNull(%[1]s, %[2]s)"},
	"splitPart":          {args: 3, sql: "if(%[1]s IS NULL, NULL, splitByString(%[2]s, ifNull(%[1]s, ''))[%[3]s])"},
	"bitMask":            {args: 1, sql: "groupBitOr(%[1]s)"},
	"shiftLeft":          {args: 2, sql: "bitShiftLeft(%[1]s, %[2]s)"},
	"shiftRight":         {args: 2, sql: "bitShiftRight(%[1]s, %[2]s)"},
	"bitAnd":             {args: 2, sql: "bitAnd(%[1]s, %[2]s)"},
	"lowestBit":          {args: 1, sql: "toInt64(bitCount(bitAnd(%[1]s, -(%[1]s)) - 1))"},
	"quantile_cont":      {args: 2, sql: "quantileExactInclusive(%[2]s)(%[1]s)"},
	"carried":            {args: 1, sql: "last_value(%[1]s)"},
	"numOf":              {args: 1, sql: "toFloat64OrNull(%[1]s)"},
	"dateOf":             {args: 1, sql: "toDate32OrNull(left(%[1]s, 10))"},
	"millisOf": {args: 1, sql: "multiIf(toFloat64OrNull(%[1]s) IS NULL, toUnixTimestamp64Milli(parseDateTime64BestEffortOrNull(%[1]s, 3, 'UTC')), abs(toFloat64OrNull(%[1]s)) < 1e14, " +
		"CAST(toFloat64OrNull(%[1]s) * if(toFloat64OrNull(%[1]s) > 1e11, 1, 1000) AS Nullable(Int64)), NULL)"},
	"propStr": {args: 2, expand: clickProp("JSONExtract(%s, %s, 'Nullable(String)')")},
	"propNum": {args: 2, expand: clickProp("toFloat64OrNull(JSONExtract(%s, %s, 'Nullable(String)'))")},
}}

// clickProp makes a call that reads a property; the key must be a literal.
func clickProp(format string) func([]string) (string, error) {
	return func(args []string) (string, error) {
		path, err := propertyPath(args[1])
		if err != nil {
			return "", err
		}
		for i, p := range path {
			path[i] = "'" + p + "'"
		}
		return fmt.Sprintf(format, args[0], strings.Join(path, ", ")), nil
	}
}
