package clients

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/farol-cs/farol"
)

// shop serves a page of another origin than the tracking server's, with the
// files of a client beside it, and gives its address.
func shop(t *testing.T, files, page string) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/js/", http.StripPrefix("/js/", http.FileServer(http.Dir(files))))
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
}

// browse opens the address in a headless browser, which stays open until the
// test ends.
func browse(t *testing.T, address string) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("Chromium is not installed: run apt-get install --no-install-recommends chromium")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-background-networking", true))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Run(ctx, chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// The page changes one thing against what Segment's own manual says: cdnURL.
const segmentPage = `<!doctype html><title>Shop</title><script src="/js/index.js"></script><script>
const analytics = AnalyticsNext.AnalyticsBrowser.load({ writeKey: '%s', cdnURL: '%s' })
analytics.page('Docs', 'Home')
analytics.identify('u1', { name: 'Ana' })
analytics.group('acct-1', { plan: 'pro' })
analytics.track('Report Created', { rows: 3 })
analytics.screen('Start')
analytics.alias('u2', 'u1')
</script>`

// TestSegmentBrowser drives @segment/analytics-next in a browser, from a page
// of another origin, through an outage.
func TestSegmentBrowser(t *testing.T) {
	files := filepath.Join(installed(t, "@segment/analytics-next"), "dist", "umd")
	s := start(t)
	ctx := browse(t, shop(t, files, fmt.Sprintf(segmentPage, s.source.Key, s.URL)))
	rows := s.await(6)
	s.kinds(rows, oneOfEach())
	settings, preflights := false, 0
	for _, r := range s.requests() {
		settings = settings || r.path == "/v1/projects/"+s.source.Key+"/settings" && r.status == 200
		if r.method == http.MethodOptions {
			preflights++
		}
	}
	if !settings || preflights == 0 {
		t.Errorf("settings asked for: %v, preflights: %d", settings, preflights)
	}
	if e := find(t, rows, farol.Identify); e.User != "u1" || e.Anonymous == "" || string(e.Properties) != `{"name":"Ana"}` {
		t.Errorf("%+v %s", e, e.Properties)
	}
	if e := find(t, rows, farol.Page); e.Name != "Home" || !strings.Contains(string(e.Properties), `"category":"Docs"`) {
		t.Errorf("%+v %s", e, e.Properties)
	}
	if e := find(t, rows, farol.Group); e.Account != "acct-1" {
		t.Errorf("%+v", e)
	}
	if e := find(t, rows, farol.Track); e.Resolved != "acct-1" {
		t.Errorf("not of the person's account: %+v", e)
	}

	s.outage.Store(1)
	if err := chromedp.Run(ctx, chromedp.Evaluate(`void analytics.track('After The Outage')`, nil)); err != nil {
		t.Fatal(err)
	}
	s.await(7)
	all := s.requests()
	if last := all[len(all)-1]; s.refused() != 1 || last.status != 200 || last.retry != "1" {
		t.Errorf("%d requests were refused, and then came %+v", s.refused(), last)
	}
}

const rudderPage = `<!doctype html><title>Shop</title><script src="/js/index.js"></script><script>
const analytics = new rudderanalytics.RudderAnalytics()
analytics.load('%s', '%s', { configUrl: '%[2]s', queueOptions: { minRetryDelay: 500 } })
analytics.page('Docs', 'Home')
analytics.identify('u1', { name: 'Ana' })
analytics.group('acct-1', { plan: 'pro' })
analytics.track('Report Created', { rows: 3 })
analytics.alias('u2', 'u1')
</script>`

// TestRudderStackBrowser drives @rudderstack/analytics-js in a browser.
func TestRudderStackBrowser(t *testing.T) {
	files := filepath.Join(installed(t, "@rudderstack/analytics-js"), "dist", "npm", "modern", "bundled", "umd")
	s := start(t)
	browse(t, shop(t, files, fmt.Sprintf(rudderPage, s.source.Key, s.URL)))
	rows := s.await(5)
	n := oneOfEach()
	delete(n, farol.Screen)
	s.kinds(rows, n)
	if !slices.ContainsFunc(s.requests(), func(r request) bool { return r.path == "/sourceConfig/" && r.status == 200 }) {
		t.Errorf("the configuration was not asked for: %+v", s.requests())
	}
	if e := find(t, rows, farol.Identify); e.User != "u1" || !strings.Contains(string(e.Properties), `"name":"Ana"`) {
		t.Errorf("%+v %s", e, e.Properties)
	}
	if e := find(t, rows, farol.Group); e.Account != "acct-1" || strings.Contains(string(e.Properties), "Ana") {
		t.Errorf("%+v %s", e, e.Properties)
	}
}

// TestPixelInALetter loads an image whose address carries an event.
func TestPixelInALetter(t *testing.T) {
	s := start(t)
	ctx := browse(t, shop(t, t.TempDir(), fmt.Sprintf(
		`<!doctype html><title>Letter</title><img id=p src="%s/v1/pixel/track?userId=u1&event=Letter%%20Opened&properties.campaign=spring&writeKey=%s">`, s.URL, s.source.Key)))
	rows := s.await(1)
	var width int
	if err := chromedp.Run(ctx, chromedp.Evaluate(`document.getElementById('p').naturalWidth`, &width)); err != nil || width != 1 {
		t.Errorf("image %d wide, %v", width, err)
	}
	if e := rows[0]; e.Name != "Letter Opened" || e.User != "u1" || string(e.Properties) != `{"campaign":"spring"}` {
		t.Errorf("%+v %s", e, e.Properties)
	}
}
