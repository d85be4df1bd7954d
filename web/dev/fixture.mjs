// SPDX-License-Identifier: Apache-2.0
// A controller to develop the console against: answers the API from made-up figures, and serves dist/. Not the product, in no test.
//   node dev/fixture.mjs [PORT [NODES]]      the token is "dev"
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';

const port = Number(process.argv[2] ?? 7080), count = Number(process.argv[3] ?? 3), token = 'dev';
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
let seed = 42;
const rnd = () => ((seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648);
const one = list => list[Math.floor(rnd() * list.length)];
const hex = n => Array.from({ length: n }, () => '0123456789abcdef'[Math.floor(rnd() * 16)]).join('');
const begun = Date.now() - 3600000;

const kernels = ['6.1.0-25-amd64', '5.10.0-32-amd64', '6.12.9-cloud', '5.15.0-122-generic'];
const nodes = Array.from({ length: count }, (_, i) => {
  const state = i === 1 && count < 10 ? 'silent' : rnd() < (count > 10 ? 0.004 : 0) ? 'gone' : rnd() < (count > 10 ? 0.01 : 0) ? 'silent' : 'up';
  return {
    name: count < 10 ? ['core-a', 'core-b', 'edge-1', 'edge-2'][i] ?? `edge-${i}` : `n2-${['ber', 'fra', 'muc', 'ham'][i % 4]}-${String(i).padStart(4, '0')}`,
    cluster: ['berlin', 'frankfurt', 'munich', 'hamburg'][i % 4], labels: { zone: `z${i % 3}` }, version: rnd() < 0.93 ? '0.1.0' : '0.0.9', kernel: kernels[Math.floor(rnd() * rnd() * 4)],
    state, since: new Date(begun - rnd() * 8e7).toISOString(), last_seen: new Date(Date.now() - (state === 'up' ? rnd() * 2000 : 90000 + rnd() * 6e5)).toISOString(),
    modules: [{ module: 'n2', state: 'attached', hooks: [{ group: 'socket', hook: one(['fexit', 'fexit', 'fexit', 'kprobe', 'tracepoint']) }] }],
    cpu_share: 0.0004 + rnd() * 0.004, rss_octets: 14e6 + rnd() * 9e6, records_per_s: 3 + rnd() * 40, lost: rnd() < 0.06 ? Math.floor(rnd() * 400) : 0,
  };
});
const gnbs = Array.from({ length: Math.min(60, Math.max(3, count)) }, (_, i) => `gnb-${['mitte', 'nord', 'sued', 'west', 'ost'][i % 5]}-${i + 1}`);
const amfs = ['amf-0', 'amf-1'], slices = ['1', '1-000001', '2-000002'];
const ues = Array.from({ length: Math.max(40, Math.min(800, count * 4)) }, () => `ue-${hex(16)}`);
const chains = { Registration: 0.94, 'Service request': 0.99, 'PDU session establishment': 0.96, Deregistration: 1, 'UE context release': 1, Paging: 0.9, 'N2 handover': 0.97 };
const causes = {
  Registration: [['5gmm', '5GS services not allowed'], ['5gmm', 'No network slices available'], ['5gmm', 'Semantically incorrect message'], ['observed', 'Authentication reject'], ['5gmm', 'UE security capabilities mismatch']],
  'Service request': [['5gmm', 'UE identity cannot be derived by the network']], 'PDU session establishment': [['5gsm', 'DNN not supported or not subscribed in the slice'], ['5gsm', 'Insufficient resources']],
  'N2 handover': [['radioNetwork', 'ho-failure-in-target-5GC-ngran-node-or-target-system']], InitialContextSetup: [['radioNetwork', 'radio-resources-not-available'], ['radioNetwork', 'failure-in-radio-interface-procedure']],
};
const procedures = { Registration: ['InitialContextSetup'], 'PDU session establishment': ['PDUSessionResourceSetup'], 'UE context release': ['UEContextRelease'], 'N2 handover': ['HandoverPreparation', 'HandoverResourceAllocation'] };
let records = [], serial = 0;
const listeners = new Set();
function put(ms, node, type, more) {
  const record = { id: String(++serial), time: new Date(ms).toISOString().replace('Z', String(Math.floor((ms % 1) * 1e6)).padStart(6, '0') + 'Z'), node, type, ...more };
  records.push(record);
  return record;
}
function happen(ms) {
  const ue = one(ues), gnb = gnbs[Math.floor(rnd() * rnd() * gnbs.length)], amf = one(amfs), node = one(nodes).name, snssai = one(slices);
  const chain = rnd() < 0.4 ? 'Registration' : one(Object.keys(chains));
  const fails = rnd() > chains[chain] - (gnb === gnbs[0] ? 0.08 : 0), silent = chain === 'Paging' || rnd() < 0.1;
  const [group, cause] = fails && !silent ? one(causes[chain] ?? [['misc', 'unspecified']]) : [];
  const outcome = fails ? (silent ? 'no response' : 'failure') : 'success';
  const made = [];
  let t = ms;
  const say = (up, protocol, what, detail, more = {}) => made.push(put(t, node, 'n2.signal', { direction: up ? 'uplink' : 'downlink', protocol, what, ...(detail ? { detail } : {}), gnb, ue, in_container: false, inferred: false, ...more }));
  const nas = (up, what, more = {}) => { t += 3 + rnd() * 90; say(up, 'NGAP', up ? (what.endsWith('quest') && made.length === 0 ? 'InitialUEMessage' : 'UplinkNASTransport') : 'DownlinkNASTransport', 'initiatingMessage'); say(up, '5GMM', what, '', more); };
  const end = (procedure, chain, duration, outcome, group, cause) => made.push(put(t, node, 'n2.outcome', { procedure, chain, outcome, duration_ms: Number(duration.toFixed(3)), ...(group ? { group, cause } : {}), gnb, amf, snssai, plmn: '999-70', tac: String(1 + gnbs.indexOf(gnb) % 3), ue, inferred: rnd() < 0.02 }));
  const t0 = t;
  if (chain === 'Registration') {
    nas(true, 'Registration request'); const b = t;
    if (fails && rnd() < 0.6) { nas(false, silent ? 'Identity request' : 'Registration reject', silent ? {} : { group, cause }); end(chain, true, t - b, outcome, group, cause); }
    else {
      nas(false, 'Authentication request'); nas(true, 'Authentication response'); nas(false, 'Security mode command'); nas(true, 'Security mode complete');
      say(true, '5GMM', 'Registration request', '', { in_container: true });
      if (fails) { nas(false, 'Registration reject', { group, cause }); end(chain, true, t - b, outcome, group, cause); }
      else {
        t += 40; const c = t; say(false, 'NGAP', 'InitialContextSetup', 'initiatingMessage'); say(false, '5GMM', 'Registration accept'); end(chain, true, t - b, 'success');
        t += 12; say(true, 'NGAP', 'InitialContextSetup', 'successfulOutcome'); end('InitialContextSetup', false, t - c, 'success'); nas(true, 'Registration complete');
      }
    }
  } else if (chain === 'PDU session establishment') {
    nas(true, 'UL NAS transport'); say(true, '5GSM', 'PDU session establishment request'); const b = t; t += 60 + rnd() * 300;
    if (fails) { say(false, 'NGAP', 'DownlinkNASTransport', 'initiatingMessage'); say(false, '5GMM', 'DL NAS transport'); say(false, '5GSM', 'PDU session establishment reject', '', { group, cause }); end(chain, true, t - b, outcome, group, cause); }
    else { const c = t; say(false, 'NGAP', 'PDUSessionResourceSetup', 'initiatingMessage'); say(false, '5GMM', 'DL NAS transport'); say(false, '5GSM', 'PDU session establishment accept'); t += 25 + rnd() * 40; say(true, 'NGAP', 'PDUSessionResourceSetup', 'successfulOutcome'); end(chain, true, t - b, 'success'); end('PDUSessionResourceSetup', false, t - c, 'success'); }
  } else if (chain === 'UE context release') {
    say(true, 'NGAP', 'UEContextReleaseRequest', 'initiatingMessage', { group: 'radioNetwork', cause: 'unspecified' }); t += 30; say(false, 'NGAP', 'UEContextRelease', 'initiatingMessage', { group: 'radioNetwork', cause: 'unspecified' }); t += 5; say(true, 'NGAP', 'UEContextRelease', 'successfulOutcome'); end(chain, true, t - t0, 'success', 'radioNetwork', 'unspecified'); end('UEContextRelease', false, 5, 'success');
  } else {
    nas(true, chain === 'Service request' ? chain : `${chain} request`); t += rnd() * 60; nas(false, fails ? `${chain} reject` : `${chain} accept`, group ? { group, cause } : {}); end(chain, true, t - t0, outcome, group, cause);
    for (const p of procedures[chain] ?? []) end(p, false, rnd() * 50, outcome, ...(fails ? causes[chain]?.[0] ?? [] : []));
  }
  return made;
}
const rate = Math.min(6, 1.5 + count / 400);
for (let t = begun; t < Date.now(); t += 1000 / rate * (0.5 + rnd())) happen(t + rnd());
records.sort((a, b) => (a.time < b.time ? -1 : 1));
setInterval(() => {
  for (const node of nodes) if (node.state === 'up') node.last_seen = new Date(Date.now() - rnd() * 2000).toISOString();
  if (rnd() < rate / 4) for (const record of happen(Date.now() - 900 + rnd())) for (const l of listeners) if (l.types.includes(record.type)) l.res.write(`event: record\ndata: ${JSON.stringify(record)}\n\n`);
  if (records.length > 120000) records = records.slice(-100000);
}, 250);
const tally = () => ({ up: nodes.filter(n => n.state === 'up').length, silent: nodes.filter(n => n.state === 'silent').length, gone: nodes.filter(n => n.state === 'gone').length, total: nodes.length });
setInterval(() => { for (const l of listeners) l.res.write(`event: nodes\ndata: ${JSON.stringify(tally())}\n\n`); }, 2000);

const when = (text, other) => { if (!text) return other; const m = /^-(\d+)([smhd])$/.exec(text); return m ? Date.now() - m[1] * { s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[m[2]] : Date.parse(text); };
function chosen(q) {
  const from = new Date(when(q.get('from'), 0)).toISOString(), to = new Date(when(q.get('to'), Date.now() + 1e6)).toISOString();
  const wheres = q.getAll('where').map(w => [w.slice(0, w.indexOf(':')), w.slice(w.indexOf(':') + 1)]);
  for (const f of ['type', 'node', 'ue', 'gnb']) if (q.get(f)) wheres.push([f, q.get(f)]);
  return records.filter(r => r.time >= from && r.time < to && wheres.every(([f, v]) => r[f] !== undefined && String(r[f]) === v));
}
const field = (name, type, unit, doc, subscriber = false) => ({ name, type, unit: unit ?? '', doc: doc ?? name, subscriber });
const types = [
  { name: 'n2.outcome', doc: 'A procedure or a chain that has ended.', fields: [field('procedure', 'string', '', 'procedure or chain'), field('chain', 'boolean'), field('outcome', 'string', '', 'success, failure or no response'), field('duration_ms', 'number', 'ms', 'since its begin'), field('group', 'string'), field('cause', 'string'), field('gnb', 'string'), field('amf', 'string'), field('snssai', 'string'), field('plmn', 'string'), field('tac', 'string'), field('ue', 'string', '', 'whose', true), field('inferred', 'boolean')] },
  { name: 'n2.signal', doc: 'One message of a UE.', fields: [field('direction', 'string'), field('protocol', 'string'), field('what', 'string'), field('detail', 'string'), field('group', 'string'), field('cause', 'string'), field('gnb', 'string'), field('ue', 'string', '', 'whose', true), field('in_container', 'boolean'), field('inferred', 'boolean')] },
];
const kpiNames = [['Registration success rate', 0.95, 'ratio'], ['Mobility registration success rate', null, 'ratio'], ['Mean number of registered subscribers', 50, '1'], ['PDU session establishment success rate', 0.96, 'ratio'], ['PDU session establishment time', 340, 'ms'], ['Mean number of PDU sessions', 48, '1'], ['Initial context setup success ratio', 0.99, 'ratio'], ['Initial context setup failures', 2, '1'], ['N2 handover success rate', 0.97, 'ratio'], ['Paging success rate', 0.92, 'ratio']];
const kpis = () => nodes.filter(n => n.state === 'up').flatMap((n, i) => kpiNames.map(([kpi, v, unit], k) => {
  const spread = unit === 'ratio' ? 0.02 : (v ?? 0) * 0.15, odd = (i * 7 + k) % 97 === 3;
  const value = v === null ? null : Math.min(unit === 'ratio' ? 1 : 1e9, v + spread * (Math.sin(i * 12.9 + k) + 0.2 * Math.sin(Date.now() / 9000 + i)) * 0.8 + (odd ? (unit === 'ms' || /fail/.test(kpi) ? 4 : -4) * spread : 0));
  return { node: n.name, kpi, value, unit, standing: /number/.test(kpi) ? 'inferred' : 'exact', ...(/number/.test(kpi) ? { why: 'the state of the UEs as far as it was seen' } : {}), usual: v === null || k === 9 ? null : { low: v - spread, high: Math.min(unit === 'ratio' ? 1 : 1e9, v + spread) } };
}));
const doc = existsSync('/tmp/web-doc.json') ? JSON.parse(readFileSync('/tmp/web-doc.json')) : {};
const status = n => ({ version: n.version, started: n.since, uptime_s: 3600, startup_ms: 240, subscriber_ids: 'pseudonym', capabilities: 'dropped', resident_bytes: n.rss_octets, resident_peak_bytes: n.rss_octets * 1.1, ring_used_bytes: 4096, ring_size_bytes: 8388608, ring_records: 99213,
  modules: [{ module: 'n2', state: 'attached' }], hooks: [{ module: 'n2', group: 'socket', hook: 'fexit', state: 'chosen', lost: 'the message that a thread waits for while the tap is attached is not seen' }, { module: 'n2', group: 'socket', hook: 'kprobe', state: 'not needed', lost: 'a probe costs about five times as much' }, { module: 'n2', group: 'socket', hook: 'tracepoint', state: 'not needed', lost: 'io_uring and 32-bit programs are not seen' }, { module: 'n2', group: 'packet', hook: 'packet', state: 'not wanted', reason: 'no interface is named', lost: 'no process and no cgroup' }],
  programs: ['sn_n2_fentry_sendmsg', 'sn_n2_fexit_sendmsg', 'sn_n2_fentry_recvmsg', 'sn_n2_fexit_recvmsg'].map((program, i) => ({ module: 'n2', program, runs: 48213 - i * 100, run_ns: 48213 * (300 + i * 400), mean_ns: 300 + i * 400, misses: i === 3 ? 2 : 0, verified_instructions: 900 + i * 300 })),
  maps: [{ module: '', map: 'ring', entries: null, max_entries: 8388608, bytes: 8388608 }, { module: 'n2', map: 'n2_calls', entries: 3, max_entries: 1024, bytes: 81920 }, { module: 'n2', map: 'n2_sockets', entries: 970, max_entries: 1024, bytes: 65536 }], losses: n.lost ? [{ module: 'n2', stage: 'ring', reason: 'full', count: n.lost }] : [], kernel_errors: [] });
const families = { sauron_n2_procedure_outcomes_total: 'counter', sauron_n2_procedure_duration_seconds_bucket: 'counter', sauron_n2_registered_subscribers: 'gauge', sauron_n2_pdu_sessions: 'gauge', sauron_n2_connections: 'gauge', sauron_agent_cpu_seconds_total: 'counter', sauron_agent_resident_bytes: 'gauge', sauron_n2_messages_total: 'counter', sauron_n2_losses_total: 'counter' };
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
function* seriesOf(name) {
  for (const node of nodes.slice(0, 50)) {
    if (name.includes('procedure')) for (const procedure of ['Registration', 'PDU session establishment', 'Service request', 'InitialContextSetup']) for (const gnb of gnbs.slice(0, 3))
      if (name.endsWith('bucket')) for (const le of [...bounds, '+Inf']) yield [node.name, { procedure, gnb, amf: 'amf-0', le: String(le) }, 0.02 / (1 + Math.exp(-(Math.log(le === '+Inf' ? 1e9 : le) + 1.3) * 2.2))];
      else for (const outcome of ['success', 'failure', 'no response']) yield [node.name, { procedure, gnb, amf: 'amf-0', outcome }, outcome === 'success' ? 0.02 : 0.001];
    else if (name.includes('messages')) for (const procedure of ['DownlinkNASTransport', 'UplinkNASTransport', 'InitialUEMessage']) yield [node.name, { protocol: 'NGAP', procedure, pdu: 'initiatingMessage' }, 0.3];
    else yield [node.name, {}, 1];
  }
}
const lost = () => nodes.filter(n => n.lost).map(n => ({ node: n.name, stage: 'ring', reason: 'full', count: n.lost })).concat([{ node: nodes[0].name, stage: 'packet', reason: 'not IP', count: 12 }]);

const groups = [['berlin', { cluster: 'berlin' }, 'all', ''], ['edge', { node: '*ham*', labels: { zone: 'z1' } }, 'canary', ''], ['rest', {}, 'halted', "refuses it: desired state:3: unknown option 'timeoutz' in modules.n2; did you mean 'timeouts'?"]].map(([name, selector, phase, why], i) => {
  const own = nodes.filter(n => (!selector.cluster || n.cluster === selector.cluster) && (!selector.node || n.name.includes('ham')) && (!selector.labels || n.labels.zone === 'z1'));
  const members = own.map((n, k) => { const reached = phase === 'all' || k % 10 === 0; return { node: n.name, state: n.state, reached, revision: reached && n.state === 'up' ? 7 + i : 3, error: phase === 'halted' && k === 0 ? why.slice(12) : null, restart: [] }; });
  const has = members.filter(one => one.revision === 7 + i);
  return { name, revision: 7 + i, phase, why: why && `${own[0]?.name} ${why}`, selector, document: `n2:\n  timeout: 9s\n${phase === 'halted' ? '  timeoutz: 1s\n' : '  max_ues: 200000\n'}`, before: 'n2:\n  timeout: 10s\n', canary: 0.1, soak: '5m', max_cpu_share: 0.05, user: 'admin', time: new Date(begun + i * 1e6).toISOString(), nodes: { total: own.length, up: own.filter(n => n.state === 'up').length, reached: members.filter(one => one.reached).length, applied: has.filter(one => !one.error).length, refused: has.filter(one => one.error).length }, members };
});

createServer(async (req, res) => {
  const url = new URL(req.url, 'http://x'), q = url.searchParams;
  const json = (body, code = 200) => { res.writeHead(code, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }); res.end(JSON.stringify(body)); };
  if (!url.pathname.startsWith('/api/')) {
    const path = `dist${url.pathname === '/' ? '/index.html' : url.pathname}`;
    if (!existsSync(path)) return json({ error: 'there is nothing at this path' }, 404);
    res.writeHead(200, { 'Content-Security-Policy': CSP, 'Content-Type': { html: 'text/html; charset=utf-8', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', woff2: 'font/woff2' }[path.split('.').pop()] });
    return res.end(readFileSync(path));
  }
  const path = url.pathname.slice('/api/v1/'.length);
  if (path === 'login') {
    let body = '';
    for await (const part of req) body += part;
    if (JSON.parse(body).token !== token) return json({ error: 'no such token' }, 401);
    res.writeHead(204, { 'Set-Cookie': `sauron=${randomUUID()}; HttpOnly; SameSite=Strict; Path=/` });
    return res.end();
  }
  if (path === 'logout') { res.writeHead(204, { 'Set-Cookie': 'sauron=; Max-Age=0; Path=/' }); return res.end(); }
  if (!/sauron=\S/.test(req.headers.cookie ?? '')) return json({ error: 'sign in first' }, 401);
  if (path === 'me') return json({ user: 'admin', role: 'admin', version: '0.1.0' });
  if (path === 'overview') return json({ kpis: kpis(), nodes: tally(), losses: lost(), overhead: { cpu_share: nodes.reduce((s, n) => s + n.cpu_share, 0) / nodes.length, rss_octets: nodes.reduce((s, n) => s + n.rss_octets, 0) / nodes.length }, store: { octets: records.length * 220, records: records.length, days: 1 } });
  if (path === 'nodes') {
    const all = nodes.filter(n => (!q.get('state') || n.state === q.get('state')) && (!q.get('text') || n.name.includes(q.get('text'))));
    const at = Number(q.get('cursor') ?? 0), limit = Number(q.get('limit') ?? 100);
    return json({ nodes: all.slice(at, at + limit), next: at + limit < all.length ? String(at + limit) : null, total: all.length });
  }
  const m = /^nodes\/([^/]+)(?:\/(kpi|status))?$/.exec(path);
  if (m) {
    const node = nodes.find(n => n.name === decodeURIComponent(m[1]));
    if (!node) return json({ error: `no node '${m[1]}' is known` }, 404);
    return json(m[2] === 'kpi' ? doc : m[2] ? status(node) : node);
  }
  if (path === 'groups') return json({ groups: groups.map(({ members, ...group }) => group) });
  const g = groups.find(one => path === `groups/${one.name}`);
  if (g) return req.method === 'GET' ? json(g) : json({ error: 'these are made-up groups' }, 409);
  if (path === 'record-types') return json({ types });
  if (path === 'records/counts') {
    const sums = new Map();
    for (const r of chosen(q)) { const key = JSON.stringify([r[q.get('field')] ?? '', q.get('by') ? r[q.get('by')] ?? '' : undefined]); sums.set(key, (sums.get(key) ?? 0) + 1); }
    return json({ counts: [...sums].map(([k, n]) => { const [value, by] = JSON.parse(k); return { value: String(value), ...(by !== null && by !== undefined ? { by: String(by) } : {}), count: n }; }).sort((a, b) => b.count - a.count).slice(0, Number(q.get('limit') ?? 1000)) });
  }
  if (path === 'records') {
    let all = chosen(q);
    if (q.get('order') !== 'oldest') all = all.reverse();
    if (q.get('format') === 'jsonl') return res.end(all.map(r => JSON.stringify(r)).join('\n'));
    if (q.get('format') === 'csv') return res.end(all.map(r => Object.values(r).join(',')).join('\n'));
    const at = Number(q.get('cursor') ?? 0), limit = Number(q.get('limit') ?? 100);
    return json({ records: all.slice(at, at + limit), next: at + limit < all.length ? String(at + limit) : null });
  }
  if (path === 'metrics') return json({ metrics: Object.keys(families).map(name => ({ name, series: [...seriesOf(name)].length })) });
  if (path === 'series') {
    const name = q.get('name'), step = parseInt(q.get('step') ?? '10') * 1000, from = Math.floor(when(q.get('from'), Date.now() - 9e5) / step) * step, to = when(q.get('to'), Date.now());
    const labels = q.getAll('label').map(l => [l.slice(0, l.indexOf(':')), l.slice(l.indexOf(':') + 1)]);
    const out = [];
    for (const [node, own, weight] of seriesOf(name)) {
      if ((q.get('node') && q.get('node') !== node) || !labels.every(([k, v]) => own[k] === v)) continue;
      const points = [];
      for (let t = from; t <= to; t += step) {
        const s = (t - begun) / 1000 + 5000, wave = 1 + 0.3 * Math.sin(t / 240000 + node.length);
        const value = families[name] === 'counter' ? Math.max(0, weight * (s + 80 * Math.sin(t / 240000))) : (name.includes('bytes') ? 18e6 : 50) * wave;
        points.push([t, value, value, value]);
      }
      out.push({ node, name, labels: own, kind: families[name], points });
    }
    return json({ series: out });
  }
  if (path === 'live') {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const own = { res, types: (q.get('type') ?? '').split(',') };
    listeners.add(own);
    res.write(`event: nodes\ndata: ${JSON.stringify(tally())}\n\n`);
    req.on('close', () => listeners.delete(own));
    return;
  }
  json({ error: 'there is nothing at this path' }, 404);
}).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/#token=${token}`));
