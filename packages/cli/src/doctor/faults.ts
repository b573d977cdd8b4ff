/**
 * What can be wrong on the way to a server, and what to do about it. The names are stable: `--json` has them, and docs/cli.md
 * lists them.
 */
export const faults = {
  'dns-not-found':
    'Check the spelling of the host name, and that its DNS record exists where you are.',
  'dns-failed':
    'The resolver of this machine did not answer: check its network and /etc/resolv.conf, then try again.',
  'port-closed':
    'Start the server, or correct the port; in a container, publish the port and listen on 0.0.0.0.',
  unreachable:
    'A firewall, a security group or a missing route drops the packets: allow the port from here.',
  'no-tls': 'Use ws:// for this port, or let a proxy in front of it speak TLS.',
  'tls-needed': 'Use wss:// for this port.',
  certificate:
    'Renew or complete the certificate for this host name, or name the file of your own authority in NODE_EXTRA_CA_CERTS; --insecure looks behind it.',
  'tls-failed': 'Let the other end offer TLS 1.2 or 1.3 with a certificate for this host name.',
  'http2-only':
    'Let the proxy accept HTTP/1.1 on this port as well (ALPN http/1.1): WebSockets upgrade from it.',
  redirect:
    'Clients do not follow redirects: connect to the address it points to, or except the path from the redirect.',
  'wrong-path':
    'Give the client the path of the server, trailing slash included, or pass the path through in the proxy.',
  'upgrade-lost':
    'If this is the server\'s host and port, the proxy has to pass the upgrade on. In nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade".',
  'origin-refused':
    "Add the origin to the server's option origins, or let the proxy pass the Origin header on.",
  unauthorized:
    'Handshake middleware, or a proxy with a login, refuses the request: give what it asks for (--header).',
  forbidden:
    'A proxy or firewall refuses the request: allow it there; if it is about pages, name theirs with --origin.',
  'too-many':
    'The server or a proxy has reached a limit: see maxClients, maxPendingClients and rate limits, or wait.',
  'server-down':
    'The proxy cannot reach the server behind it: see whether it runs, and the address the proxy has for it.',
  subprotocol:
    'The endpoint wants a WebSocket subprotocol, and clients offer none: it is another service, or a proxy adds it.',
  'not-websocket': 'Whatever answers here does not speak WebSocket: correct host, port or path.',
  'no-answer':
    'Something accepts connections and stays silent: see whether the server hangs, and whether this is its port.',
  'other-protocol':
    'A WebSocket server of another kind is here: correct the address, or use the client of that kind.',
  'protocol-version':
    'Name the version that the server speaks: by --protocol-version here, by the option protocolVersion in clients.',
  'handshake-refused':
    'The server refused the handshake: see its warnings, and its handshake middleware.',
  buffered:
    'A proxy holds back what the server sends: switch its buffering off (nginx: proxy_buffering off).',
  'idle-timeout':
    "Raise the proxy's idle timeout well above the server's pingInterval (nginx: proxy_read_timeout 60s), or lower pingInterval.",
  'no-ping':
    'Pings of the server do not arrive: see its option pingInterval, and proxies that filter empty messages.',
  'message-too-big':
    "Raise the server's maxPayload, or the limit of the proxy; or send smaller messages.",
  'token-refused':
    "Sign the token with a key that the server verifies with ('asyngular check-token'), and before it expires.",
} as const;

/** The name of a fault. */
export type FaultName = keyof typeof faults;
