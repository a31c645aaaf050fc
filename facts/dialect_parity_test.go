package facts

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol/test/clickhouse"
)

// The dialect's promise: a call means the same on both engines. Each case is
// an expression over rows of "sample", with a cell per row; it must give the
// same cells on both, and they must be the ones written here.
var dialectCases = []struct {
	call string
	expr string // over columns of sample
	want string // cells in the order of id
}{
	{"u64", "u64(coalesce(i, 0) + 7)", "0 7 14 7"},
	{"u64", "u64({big:String})", "18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615"},
	{"toNullable", "toNullable(i)", "-7 0 7 NULL"},
	{"toNullable", "lag(toNullable(id)) OVER (ORDER BY id)", "NULL 1 2 3"},
	{"i64", "i64(i)", "-7 0 7 NULL"},
	{"i64", "i64(id) + coalesce(i, 1)", "-6 2 10 5"},
	{"f64", "f64(i) / 2", "-3.5 0 3.5 NULL"},
	{"intDiv", "intDiv(i, 2)", "-3 0 3 NULL"},
	{"intDiv", "intDiv(i, nullif(id - 1, 0))", "NULL 0 3 NULL"},
	{"truncInt", "truncInt(f)", "-2 0 2 NULL"},
	{"roundHalfUp", "roundHalfUp(f, 0)", "-3 0 3 NULL"},
	{"roundHalfUp", "roundHalfUp(f, 1)", "-2.5 0 2.5 NULL"},
	{"roundHalfUp", "roundHalfUp(i * 0.5, 0)", "-4 0 4 NULL"},
	{"uniqApprox", "uniqApprox(i) OVER ()", "3 3 3 3"},
	{"toDayOfWeek", "toDayOfWeek(d)", "7 1 4 NULL"},
	{"fmtDate", "fmtDate(d, '%Y-%m')", "2026-03 2026-03 1970-01 NULL"},
	{"fmtDate", "fmtDate(d, '%d/%m/%Y')", "01/03/2026 02/03/2026 01/01/1970 NULL"},
	{"addDaysN", "addDaysN(d, id - 2)", "2026-02-28 2026-03-02 1970-01-02 NULL"},
	{"addDaysN", "addDaysN(DATE '2026-03-01', i)", "2026-02-22 2026-03-01 2026-03-08 NULL"},
	{"addMonthsN", "addMonthsN(DATE '2026-01-31', id)", "2026-02-28 2026-03-31 2026-04-30 2026-05-31"},
	{"addMonthsN", "addMonthsN(DATE '2026-03-31', 0 - id)", "2026-02-28 2026-01-31 2025-12-31 2025-11-30"},
	{"dayOf", "dayOf(ts, 'America/Sao_Paulo')", "2026-02-28 2026-03-02 1970-01-01 NULL"},
	{"toMillis", "toMillis(ts)", "1772330400123 1772452800000 86399999 NULL"},
	{"toMillis", "toMillis(CAST(d AS TIMESTAMP))", "1772323200000 1772409600000 0 NULL"},
	{"fromMillis", "toMillis(fromMillis(i))", "-7 0 7 NULL"},
	{"fromMillis", "fromMillis(i64(1772330400123)) = ts", "1 0 0 NULL"},
	{"dayNumber", "dayNumber(d)", "20513 20514 0 NULL"},
	{"dayFrom", "dayFrom(dayNumber(d) + 1)", "2026-03-02 2026-03-03 1970-01-02 NULL"},
	{"dayFrom", "dayFrom(i64(20513))", "2026-03-01 2026-03-01 2026-03-01 2026-03-01"},
	{"lowerUTF8", "lowerUTF8(s)", "ação a,b,c '' NULL"},
	{"foldUTF8", "foldUTF8(s)", "acao a,b,c '' NULL"},
	{"startsWith", "startsWith(s, 'A')", "1 0 0 NULL"},
	{"matches", "matches(s, '(?i)(^|,)B($|,)')", "0 1 0 NULL"},
	{"redact", "redact(s, '(?i)(^|,)(?:B)($|,)')", "AÇÃO a,[erased],c '' NULL"},
	{"has", "has(['x', 'AÇÃO', ''], s)", "1 0 1 NULL"},
	{"has", "has({list:Array(String)}, s)", "0 1 0 NULL"},
	{"has", "has({none:Array(String)}, s)", "0 0 0 NULL"},
	{"arraySort", "array_to_string(arraySort(['b', 'a', 'c']), ',')", "a,b,c a,b,c a,b,c a,b,c"},
	{"arraySort", "array_to_string(arraySort(array_agg(id) OVER ()), ',')", "1,2,3,4 1,2,3,4 1,2,3,4 1,2,3,4"},
	{"arrayElementOrNull", "arrayElementOrNull([10, 20, 30], id)", "10 20 30 NULL"},
	{"splitPart", "splitPart(s, ',', 2)", "'' b '' NULL"},
	{"numOf", "numOf(fmtDate(d, '%d'))", "1 2 1 NULL"},
	{"numOf", "numOf(s)", "NULL NULL NULL NULL"},
	{"dateOf", "dateOf(fmtDate(d, '%Y-%m-%d'))", "2026-03-01 2026-03-02 1970-01-01 NULL"},
	{"dateOf", "dateOf(s)", "NULL NULL NULL NULL"},
	{"bitMask", "bitMask(shiftLeft(i64(1), id)) OVER ()", "30 30 30 30"},
	{"bitMask", "bitMask(i) FILTER (WHERE i > 0) OVER ()", "7 7 7 7"},
	{"shiftLeft", "shiftLeft(i64(1), id)", "2 4 8 16"},
	{"shiftRight", "shiftRight(i64(37), id)", "18 9 4 2"},
	{"bitAnd", "bitAnd(shiftRight(i64(37), id), 2)", "2 0 0 2"},
	{"lowestBit", "lowestBit(shiftLeft(i64(5), id))", "1 2 3 4"},
	{"lowestBit", "lowestBit(i64(0))", "64 64 64 64"},
	{"bitAnd", "bitAnd(i64(4611686018427387903), shiftLeft(i64(1), id + 57))", "288230376151711744 576460752303423488 1152921504606846976 2305843009213693952"},
	{"carried", "carried(i) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)", "-7 0 7 7"},
	{"carried", "carried(CASE WHEN id > 2 THEN id END) OVER (ORDER BY id)", "NULL NULL 3 4"},
	{"propStr", "propStr(p, 'plan')", "pro NULL NULL NULL"},
	{"propStr", "propStr(p, 'n')", "5 -1.5 true NULL"},
	{"propStr", "propStr(p, 'in.ner')", "x NULL NULL NULL"},
	{"propStr", "propStr(p, 'in')", `{"ner":"x"} NULL [1,2] NULL`},
	{"propStr", "propStr(p, 'text')", `it's_"q"_é '' NULL NULL`},
	{"propStr", "propStr(p, 'big')", "9007199254740993 1e21 NULL NULL"},
	{"propNum", "propNum(p, 'n')", "5 -1.5 NULL NULL"},
	{"propNum", "propNum(p, 'plan')", "NULL NULL NULL NULL"},
	{"propNum", "propNum(p, 'numtext')", "12.5 NULL NULL NULL"},
	// What is written alike for both, and easily is not.
	{"", "i / 2", "-3.5 0 3.5 NULL"},
	{"", "count(*) OVER () + coalesce(i, 0)", "-3 4 11 4"},
	{"", "coalesce(sum(i) FILTER (WHERE id > 10) OVER (), 0)", "0 0 0 0"},
	{"", "max(toNullable(i)) FILTER (WHERE id > 10) OVER ()", "NULL NULL NULL NULL"},
	{"", "d - DATE '2026-02-28'", "1 2 -20512 NULL"},
	{"", "d + 7", "2026-03-08 2026-03-09 1970-01-08 NULL"},
	{"", "date_diff('month', d, DATE '2026-05-01')", "2 2 676 NULL"},
	{"", "CAST(date_trunc('week', addDaysN(d, 7)) AS DATE)", "2026-03-02 2026-03-09 1970-01-05 NULL"},
	{"", "CAST(date_trunc('month', d) AS DATE)", "2026-03-01 2026-03-01 1970-01-01 NULL"},
	{"", "last_day(d)", "2026-03-31 2026-03-31 1970-01-31 NULL"},
	{"", "greatest(i, 1)", "1 1 7 1"},
	{"", "CASE WHEN i > 0 THEN 'up' WHEN i < 0 THEN 'down' END", "down NULL up NULL"},
	{"", "i IS DISTINCT FROM 7", "1 1 0 1"},
	{"", "s || '!'", "AÇÃO! a,b,c! ! NULL"},
	{"", "lower('ABC')", "abc abc abc abc"},
	{"quantile_cont", "quantile_cont(i, 0.5) OVER ()", "0 0 0 0"},
	{"quantile_cont", "quantile_cont(id, 0.9) OVER ()", "3.7 3.7 3.7 3.7"},
	{"quantile_cont", "quantile_cont(i, 0.25) FILTER (WHERE i < 5) OVER ()", "-5.25 -5.25 -5.25 -5.25"},
	{"quantile_cont", "quantile_cont(i, 0.5) FILTER (WHERE i > 50) OVER ()", "NULL NULL NULL NULL"},
	{"millisOf", "millisOf('2026-03-01T02:00:00Z')", "1772330400000 1772330400000 1772330400000 1772330400000"},
	{"millisOf", "millisOf('2026-03-01T02:00:00.123+03:00')", "1772319600123 1772319600123 1772319600123 1772319600123"},
	{"millisOf", "millisOf('1772330400')", "1772330400000 1772330400000 1772330400000 1772330400000"},
	{"millisOf", "millisOf('1772330400123')", "1772330400123 1772330400123 1772330400123 1772330400123"},
	{"millisOf", "millisOf(s)", "NULL NULL NULL NULL"},
	{"", "{word:String}", "a'b\\c a'b\\c a'b\\c a'b\\c"},
	{"", "{day:Date} + 1", "2026-03-02 2026-03-02 2026-03-02 2026-03-02"},
	{"", "{number:Int64} * id", "-5 -10 -15 -20"},
	{"", "{flag:Bool} AND id > 2", "0 0 1 1"},
	{"", "toMillis({instant:DateTime64(3)})", "1772330400123 1772330400123 1772330400123 1772330400123"},
	{"", "{nothing:Nullable(Int64)}", "NULL NULL NULL NULL"},
	{"", "{ratio:Float64}", "0.1 0.1 0.1 0.1"},
	{"", "sum(i) OVER (ORDER BY id)", "-7 -7 0 0"},
	{"", "avg(f) OVER ()", "0 0 0 0"},
	{"", "count(DISTINCT CASE WHEN id > 2 THEN s END) OVER ()", "1 1 1 1"},
	{"", "row_number() OVER (ORDER BY s NULLS LAST, id)", "2 3 1 4"},
	{"", "least(i, id)", "-7 0 3 4"},
	{"", "coalesce(nullif(s, ''), 'none')", "AÇÃO a,b,c none none"},
	{"", "s IN ('', 'a,b,c')", "0 1 1 NULL"},
	{"", "s LIKE 'a%'", "0 1 0 NULL"},
	{"", "CAST(id AS VARCHAR) || ':' || coalesce(s, '-')", "1:AÇÃO 2:a,b,c 3: 4:-"},
	{"", "d BETWEEN DATE '2026-03-01' AND DATE '2026-03-01'", "1 0 0 NULL"},
	{"", "CAST(NULL AS DATE) = d", "NULL NULL NULL NULL"},
	{"", "(SELECT max(toNullable(z.i)) FROM sample z WHERE z.id > 100)", "NULL NULL NULL NULL"},
	{"", "coalesce((SELECT count(*) FROM sample z WHERE z.id > o.id), 0)", "3 2 1 0"},
	{"", "CASE WHEN EXISTS (SELECT 1 FROM sample z WHERE z.s = o.s) THEN 1 ELSE 0 END", "1 1 1 0"},
}

// sample has a row of ordinary values on each side of zero, one of edges and
// one of nulls.
const sample = `WITH sample AS (
	SELECT i64(1) AS id, i64(-7) AS i, f64(-2.5) AS f, CAST(DATE '2026-03-01' AS DATE) AS d, fromMillis(i64(1772330400123)) AS ts, {s1:Nullable(String)} AS s, {p1:String} AS p
	UNION ALL SELECT i64(2) AS id, i64(0) AS i, f64(0) AS f, DATE '2026-03-02' AS d, fromMillis(i64(1772452800000)) AS ts, {s2:Nullable(String)} AS s, {p2:String} AS p
	UNION ALL SELECT i64(3) AS id, i64(7) AS i, f64(2.5) AS f, DATE '1970-01-01' AS d, fromMillis(i64(86399999)) AS ts, {s3:Nullable(String)} AS s, {p3:String} AS p
	UNION ALL SELECT i64(4) AS id, NULL AS i, NULL AS f, NULL AS d, NULL AS ts, NULL AS s, '' AS p)
SELECT `

var sampleParams = map[string]any{
	"s1": "AÇÃO", "s2": "a,b,c", "s3": "",
	"p1":   `{"plan":"pro","n":5,"in":{"ner":"x"},"text":"it's_\"q\"_é","big":9007199254740993,"numtext":"12.5"}`,
	"p2":   `{"n":-1.5,"plan":null,"text":"","big":1e21,"numtext":"abc"}`,
	"p3":   `{"n":true,"in":[1,2]}`,
	"list": []string{"q", "a,b,c"}, "none": []string{}, "word": `a'b\c`,
	"big": "18446744073709551615", "number": int64(-5), "flag": true, "nothing": nil, "ratio": 0.1,
	"instant": time.UnixMilli(1772330400123), "day": "2026-03-01",
}

func TestDialectsAgree(t *testing.T) {
	ctx := t.Context()
	duck, err := openDuck(ctx, Config{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer duck.close()
	engines := map[string]engine{"duckdb": duck}
	if !testing.Short() {
		click, err := openClickHouse(ctx, Config{ClickHouse: clickhouse.Start(t)})
		if err != nil {
			t.Fatal(err)
		}
		defer click.close()
		engines["clickhouse"] = click
	}
	for _, c := range dialectCases {
		for name, e := range engines {
			if got := cellsOf(ctx, e, sample+c.expr+" AS cell FROM sample o ORDER BY id"); got != c.want {
				t.Errorf("%s\n    %s %s\n    want %s", c.expr, name, got, c.want)
			}
		}
	}
}

func TestEveryDialectCallHasACase(t *testing.T) {
	have := map[string]bool{}
	for _, c := range dialectCases {
		have[c.call] = true
	}
	delete(have, "")
	have["planOnce"] = true // says how to plan, and is never read
	for _, d := range []*dialect{duckDialect, clickDialect} {
		calls := slices.Sorted(maps.Keys(d.calls))
		if cases := slices.Sorted(maps.Keys(have)); !slices.Equal(calls, cases) {
			t.Errorf("%s has the calls\n %v\nthe cases are of\n %v", d.name, calls, cases)
		}
	}
}

// cellsOf runs the text and writes its only column, or the error.
func cellsOf(ctx context.Context, e engine, text string) string {
	text, err := e.dialect().expand(text)
	if err != nil {
		return err.Error()
	}
	rows, err := e.query(ctx, text, sampleParams)
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var v any
		if err := rows.Scan(&v); err != nil {
			return err.Error()
		}
		out = append(out, cell(v))
	}
	if err := rows.Err(); err != nil {
		return err.Error()
	}
	return strings.Join(out, " ")
}

// cell writes a value as both engines' drivers give it.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		if v == "" {
			return "''"
		}
		return v
	case bool: // ClickHouse answers a comparison as 1 or 0, and scanning reads both
		if v {
			return "1"
		}
		return "0"
	case time.Time:
		return v.Format(time.DateOnly)
	}
	return fmt.Sprint(v)
}
