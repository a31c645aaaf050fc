package farol

import (
	"fmt"
	"math/big"
	"strings"
)

// Currency is an ISO 4217 code in capitals: "BRL".
type Currency string

// minorDigits lists the currencies whose minor unit is not a hundredth
// (ISO 4217, list one).
var minorDigits = map[Currency]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0,
	"PYG": 0, "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

// Digits is how many decimal digits the currency has: 2 for most, 0 for JPY.
func (c Currency) Digits() int {
	if d, ok := minorDigits[c]; ok {
		return d
	}
	return 2
}

// Valid tells whether it looks like an ISO code: three capitals.
func (c Currency) Valid() bool {
	return len(c) == 3 && strings.Trim(string(c), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// Money is an amount in the currency's minor unit (cents, centavos).
type Money struct {
	Minor    int64
	Currency Currency
}

// ParseMoney reads a decimal such as "-12.5" exactly; more digits than the
// currency has are an error, never rounded away.
func ParseMoney(s string, c Currency) (Money, error) {
	if !c.Valid() {
		return Money{}, fmt.Errorf("currency must be a code such as BRL, not %q", c)
	}
	if strings.ContainsAny(s, "/_pPxXeE") || len(s) > 40 {
		return Money{}, fmt.Errorf("not an amount: %q", s)
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return Money{}, fmt.Errorf("not an amount: %q", s)
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(c.Digits())), nil)
	r.Mul(r, new(big.Rat).SetInt(scale))
	if !r.IsInt() {
		return Money{}, fmt.Errorf("%s has at most %d decimals, not %q", c, c.Digits(), s)
	}
	if !r.Num().IsInt64() {
		return Money{}, fmt.Errorf("amount out of range: %q", s)
	}
	return Money{r.Num().Int64(), c}, nil
}

// String is the exact decimal with the code: "1234.50 BRL".
func (m Money) String() string {
	d := m.Currency.Digits()
	r := new(big.Rat).SetFrac(big.NewInt(m.Minor), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(d)), nil))
	return r.FloatString(d) + " " + string(m.Currency)
}
