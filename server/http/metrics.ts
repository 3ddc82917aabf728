import { Counter, Gauge, Histogram, register } from 'prom-client';

/** Process-wide figures for Prometheus; labels hold route patterns and codes, never a query, id or token. */
export const httpSeconds = new Histogram({
  name: 'warmpath_http_seconds',
  help: 'Time to answer, by method, route pattern and status',
  labelNames: ['method', 'route', 'status'] as const,
  buckets: [0.005, 0.02, 0.1, 0.5, 1, 5],
});
export const socketsOpen = new Gauge({ name: 'warmpath_sockets', help: 'Open sockets on this node' });
export const clientEventsRefused = new Counter({
  name: 'warmpath_client_events_refused_total',
  help: 'Events sent by clients; there are none, all are refused',
});
export const factsRelayed = new Counter({
  name: 'warmpath_facts_relayed_total',
  help: 'Facts read from the log by this node',
});
export const relaySeq = new Gauge({ name: 'warmpath_relay_seq', help: 'Newest seq this node has relayed' });
export const routerAnswers = new Counter({
  name: 'warmpath_router_answers_total',
  help: 'What came of asking the router for travel times: right, slow, wrong or dead',
  labelNames: ['outcome'] as const,
});
export const metricsText = (): Promise<string> => register.metrics();
export const metricsType = register.contentType;
