package farol

import (
	"net"
	"strings"
)

// Peer is the IP address of who sent a request: the other end of its
// connection. When that is this machine, a proxy on it, it is the address that
// the proxy saw: the last of the X-Forwarded-For headers, since those before it
// are the sender's own words.
func Peer(remote string, forwarded []string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	if len(forwarded) > 0 && net.ParseIP(host).IsLoopback() {
		last := forwarded[len(forwarded)-1]
		if last = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:]); last != "" {
			return last
		}
	}
	return host
}
