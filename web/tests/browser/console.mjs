#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The console in a real browser, against a controller that has traffic behind it.
//
//   SAURON_URL=http://127.0.0.1:7080 SAURON_TOKEN=… [SN_OUT=FOLDER] [CHROMIUM=/usr/bin/chromium] [SN_HEAP_SECONDS=60] node console.mjs
//
// Prints "ok - NAME" or "not ok - NAME" for each test; screenshots of every page go to SN_OUT. Needs playwright-core (npm ci here).
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';

const URL_ = process.env.SAURON_URL, TOKEN = process.env.SAURON_TOKEN, OUT = process.env.SN_OUT;
const HEAP_SECONDS = Number(process.env.SN_HEAP_SECONDS ?? 60), WAIT = 15000;
if (!URL_ || !TOKEN) {
  console.error('console.mjs: SAURON_URL and SAURON_TOKEN are needed');
  process.exit(2);
}
const origin = new URL(URL_).origin, base = URL_.replace(/\/?$/, '/');
const profile = mkdtempSync(join(tmpdir(), 'sauron-console-'));
if (OUT) mkdirSync(OUT, { recursive: true });

let failed = 0;
const complaints = [], strangers = [];
let expectRefusals = false;

const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, viewport: { width: 1440, height: 900 }, colorScheme: 'dark', timezoneId: 'Europe/Berlin',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--js-flags=--expose-gc', '--enable-precise-memory-info'],
});
context.setDefaultTimeout(WAIT);
const page = context.pages()[0] ?? await context.newPage();
page.on('console', message => {
  if (!['error', 'warning'].includes(message.type())) return;
  // The browser itself reports every 401; the tests that ask for one say so.
  if (expectRefusals && /status of 40[13]/.test(message.text())) return;
  complaints.push(`${message.type()}: ${message.text()}`);
});
page.on('pageerror', error => complaints.push(`exception: ${error.message}`));
page.on('request', request => {
  const url = request.url();
  if (!url.startsWith(`${origin}/`) && !url.startsWith('data:') && !url.startsWith('blob:')) strangers.push(url);
});

const say = (fine, name, why = '') => console.log(`${fine ? 'ok' : 'not ok'} - ${name}${why ? `: ${String(why).split('\n')[0]}` : ''}`);
async function test(name, run) {
  try {
    say(true, name, await run());
  } catch (error) {
    failed++;
    say(false, name, error.message);
    if (OUT) await page.screenshot({ path: join(OUT, `failed-${failed}.png`) }).catch(() => {});
  }
}
function check(fine, why) {
  if (!fine) throw new Error(why);
}
const go = async hash => {
  await page.mouse.move(1, 1); /* rows under the pointer are held still */
  await page.evaluate(to => { location.hash = to; }, `#/${hash}`);
  await page.waitForTimeout(150);
};
const rows = (within = '') => page.locator(`${within} .grid-row`);
const shot = async name => {
  if (!OUT) return;
  await page.waitForTimeout(700);
  await page.screenshot({ path: join(OUT, `${name}.png`) });
};
const get = path => page.evaluate(to => fetch(`api/v1/${to}`).then(answer => answer.json()), path);

await test('without a token: the sign-in page', async () => {
  expectRefusals = true;
  await page.goto(base);
  await page.getByLabel('Token').waitFor();
  check(await page.locator('.rail').count() === 0, 'the pages are there without a session');
  await shot('signin');
});
await test('a wrong token is refused, in words', async () => {
  await page.getByLabel('Token').fill('wrong-token');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  check(await page.locator('.rail').count() === 0, 'a wrong token lets in');
});
await test('the link signs in; the token is in no address and in no history', async () => {
  await page.goto('about:blank');
  const begin = Date.now();
  await page.goto(`${base}#token=${TOKEN}`);
  await page.locator('.tile').first().waitFor();
  const took = Date.now() - begin;
  expectRefusals = false;
  check(!page.url().includes(TOKEN), `the address still has it: ${page.url()}`);
  await page.evaluate(() => history.length);
  const cookie = (await context.cookies()).find(one => one.httpOnly);
  check(cookie, 'no HttpOnly cookie');
  check(!(await page.evaluate(() => JSON.stringify(localStorage) + JSON.stringify(sessionStorage))).includes(TOKEN), 'the token is in the storage');
  return `first view after ${took} ms`;
});
await test('first view within a second', async () => {
  const times = [];
  for (let i = 0; i < 3; i++) {
    const begin = Date.now();
    await page.goto('about:blank');
    await page.goto(base);
    await page.locator('.tile').first().waitFor();
    times.push(Date.now() - begin);
  }
  times.sort((a, b) => a - b);
  check(times[1] <= 1000, `${times[1]} ms`);
  return `median ${times[1]} ms`;
});
await test('Overview: tiles, KPIs, worst, latest failures', async () => {
  await go('overview?from=-24h');
  await rows('.panel[aria-label="KPIs"]').first().waitFor();
  await rows('.panel[aria-label="Worst"]').first().waitFor();
  await rows('.panel[aria-label="Latest failures"]').first().waitFor();
  check(/\d/.test(await page.locator('.tiles').innerText()), 'no figure in the tiles');
  await shot('overview-dark');
});
await test('N2: chains, chart, heat map, UEs', async () => {
  await go('n2?from=-24h');
  await rows('.panel[aria-label="Chains"]').first().waitFor();
  await page.locator('.heat td button.full').first().waitFor();
  await rows('#behind').first().waitFor();
  await page.locator('.chart canvas').first().waitFor();
  await shot('n2-dark');
});
await test('N2: by keyboard and by click from a cell of the heat map to the UEs behind it', async () => {
  const cell = page.locator('.heat td button.full').first();
  const [gnb, cause] = (await cell.getAttribute('title')).replace(/: \d+$/, '').split('\n');
  await cell.focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(name => decodeURIComponent(location.hash.replace(/\+/g, ' ')).includes(`gnb=${name}`), gnb);
  await page.waitForFunction(name => [...document.querySelectorAll('#behind .grid-row')].length > 0 && [...document.querySelectorAll('#behind .grid-row')].every(row => row.textContent.includes(name)), gnb);
  return `${gnb}, ${cause}`;
});
let story = '';
await test('N2 → UE story, by clicks', async () => {
  await go('n2?from=-24h');
  await page.locator('#behind .grid-row a[href*="#/ue"]').first().click();
  await page.locator('.diagram-body .d-row').first().waitFor();
  check(/#\/ue\?/.test(page.url()), page.url());
  check(await page.locator('.d-arrow').count() > 0, 'no message is drawn');
  check(await page.locator('.d-bracket').count() > 0, 'no procedure has a bracket');
  check(await page.locator('.d-note.bad, .d-note.warn').count() > 0, 'the failure is not marked');
  story = page.url();
  await shot('ue-dark');
});
await test('UE story: keys move, the record stands beside it', async () => {
  await page.locator('.diagram').focus();
  await page.keyboard.press('ArrowUp');
  await page.locator('.detail dl').waitFor();
  check(new URL(page.url()).hash.includes('at='), 'the chosen message is not in the address');
});
await test('UE story: the same as a table', async () => {
  await page.getByRole('radio', { name: 'Table' }).click();
  await rows('.story-body').first().waitFor();
  await shot('ue-table-dark');
});
await test('a deep link survives a reload', async () => {
  check(story, 'there is no story to come back to');
  await page.goto('about:blank');
  await page.goto(story);
  await page.locator('.diagram-body .d-row').first().waitFor();
  const before = await page.locator('.who').innerText();
  await page.reload();
  await page.locator('.diagram-body .d-row').first().waitFor();
  check(await page.locator('.who').innerText() === before && page.url() === story, `${page.url()} instead of ${story}`);
  await go('n2?where=chain:true&where=outcome:failure&from=-24h');
  await page.reload();
  await page.locator('.chip').nth(1).waitFor();
});
await test('Nodes: rows, filter, sort, one node', async () => {
  await go('nodes');
  await rows().first().waitFor();
  const { total } = await get('nodes?limit=1');
  check(Number(await page.locator('.grid').getAttribute('aria-rowcount')) === total + 1, 'not all nodes are in the table');
  check(await rows().count() <= 120, 'rows that cannot be seen are in the page');
  await page.getByRole('columnheader', { name: 'CPU' }).getByRole('button').click();
  check(new URL(page.url()).hash.includes('sort='), 'the order is not in the address');
  await page.keyboard.press('/');
  await page.keyboard.type('no such node');
  await page.locator('.grid .nothing').waitFor();
  await page.locator('#filter').fill('');
  await rows().first().waitFor();
  await shot('nodes-dark');
  await rows().first().locator('a').first().click();
  await page.locator('.facts.block').waitFor();
  await shot('node-dark');
});
await test('Records: columns by the schema, filter, record, export', async () => {
  await go('records?type=n2.outcome&from=-24h');
  await rows().first().waitFor();
  const { types } = await get('record-types');
  const fields = types.find(type => type.name === 'n2.outcome').fields.map(field => field.name);
  const heads = (await page.getByRole('columnheader').allInnerTexts()).map(text => text.replace(/ [↑↓]$/, '').trim());
  check(fields.every(field => field === 'time' || heads.includes(field)), `columns ${heads} for fields ${fields}`);
  await page.keyboard.press('/');
  await page.keyboard.type('outcome:');
  await page.locator('.filters [role=option]').first().waitFor();
  await page.keyboard.type('failure');
  await page.keyboard.press('Enter');
  await page.locator('.chip').first().waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.grid-row').length > 0 && [...document.querySelectorAll('.grid-row')].every(row => row.textContent.includes('failure')));
  await rows().first().click({ position: { x: 20, y: 10 } });
  await page.locator('.detail dl').waitFor();
  await shot('records-dark');
  for (const name of ['CSV', 'JSON lines']) {
    const href = await page.getByRole('link', { name }).getAttribute('href');
    const answer = await page.evaluate(to => fetch(to).then(async got => ({ status: got.status, text: (await got.text()).slice(0, 4000) })), href);
    check(answer.status === 200 && answer.text.includes('failure'), `${name}: ${answer.status}`);
  }
});
await test('Records: the live tail brings new ones by itself', async () => {
  await go('records?type=n2.signal&tail=1');
  await rows().first().waitFor();
  const newest = () => page.locator('.grid').evaluate(grid => { grid.scrollTop = 0; return grid.querySelector('.grid-row')?.textContent; });
  const before = await newest();
  for (let i = 0; i < 60 && await newest() === before; i++) await page.waitForTimeout(500);
  check(await newest() !== before, 'nothing new in 30 s');
});
await test('Records: rows under the pointer stay, new ones wait; a click is for what was pointed at', async () => {
  await go('records?type=n2.signal&tail=1');
  await rows().nth(4).waitFor();
  await rows().nth(4).hover({ position: { x: 20, y: 10 } });
  const texts = () => page.evaluate(() => [...document.querySelectorAll('.grid-row')].sort((a, b) => a.ariaRowIndex - b.ariaRowIndex).slice(0, 8).map(row => row.textContent));
  const before = await texts();
  await page.locator('.news span').waitFor({ timeout: 30000 });
  await page.waitForTimeout(1500);
  check(JSON.stringify(await texts()) === JSON.stringify(before), 'rows moved under the pointer');
  await shot('records-held-dark');
  await page.mouse.down();
  await page.waitForTimeout(1200);
  await page.mouse.up();
  await page.locator('.detail dl').waitFor();
  check((await page.locator('.grid-row.selected').textContent()) === before[4], 'another row was opened than that under the pointer');
  await page.mouse.move(1, 1);
  await page.locator('.news').waitFor({ state: 'detached' });
  check(JSON.stringify(await texts()) !== JSON.stringify(before), 'what waited did not come in');
});
await test('Metrics: a metric, split by a label', async () => {
  await go('metrics?from=-24h');
  await rows().first().waitFor();
  await page.locator('#filter').fill('procedure_outcomes');
  await rows().filter({ hasText: 'sauron_n2_procedure_outcomes_total' }).click();
  await page.locator('.chart canvas').waitFor();
  await page.getByLabel('split by').selectOption('outcome');
  await page.locator('.legend button').nth(1).waitFor();
  await shot('metrics-dark');
});
const confirm = async title => {
  await page.getByRole('button', { name: title, exact: true }).click();
  await page.locator('dialog.confirm').getByRole('button', { name: title, exact: true }).click();
};
const phase = async word => {
  await page.locator('.bar-row .state', { hasText: word }).waitFor();
};
const begin = async (document, { share = '10' } = {}) => {
  await page.getByLabel('Document').fill(document);
  await page.getByLabel('Canaries').fill(share);
  await page.getByLabel('Soak').fill('1s');
  await shot('rollout-form-dark');
  await page.getByRole('button', { name: 'Begin rollout' }).click();
  await page.locator('dialog.confirm').getByRole('button', { name: 'Begin', exact: true }).click();
  await page.locator('.facts.block').waitFor();
};
await test('Rollouts: one begun by clicks is halted where it is refused, at its line', async () => {
  const { nodes } = await get('nodes?state=up&limit=1');
  await go('rollouts');
  await page.getByRole('link', { name: 'New group' }).click();
  await page.getByLabel('Name').first().fill('console-test');
  await page.locator('#rollout-node').fill(nodes[0].name);
  await page.locator('.rollout-fields [role=status] b', { hasText: '1' }).waitFor();
  await begin('n2:\n  timeout: 9s\n  timeoutz: 1s\n');
  await phase('halted');
  await page.locator('.document .wrong', { hasText: 'timeoutz' }).waitFor();
  check(/^3/.test((await page.locator('.document .wrong').textContent()).trim()), 'not line 3');
  await page.locator('.refusal', { hasText: 'desired state:3' }).waitFor();
  await shot('rollout-refused-dark');
});
await test('Rollouts: rolled back by clicks; a good one goes to all, its node has it', async () => {
  await confirm('Roll back');
  await phase('all');
  await page.locator('.panel[aria-label="Document"] .nothing, .document .went').first().waitFor();
  await page.getByRole('link', { name: 'New revision' }).click();
  await page.locator('.rollout-form').waitFor();
  await begin('n2:\n  timeout: 9s\n');
  await phase('all');
  await rows('.panel[aria-label="Nodes"]').filter({ hasText: 'taken' }).waitFor();
  await page.locator('.document .came', { hasText: 'timeout: 9s' }).waitFor();
  await shot('rollouts-dark');
  await confirm('Roll back');
  await page.locator('.document .went', { hasText: 'timeout: 9s' }).waitFor();
  await rows('.panel[aria-label="Nodes"]').filter({ hasText: 'taken' }).waitFor();
});
await test('Rollouts: a viewer looks and changes nothing, and is told why', async () => {
  expectRefusals = true;
  const { token } = await page.evaluate(() => fetch('api/v1/tokens', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Sauron-Request': '1' }, body: JSON.stringify({ role: 'viewer', user: 'looker', lifetime: '1h' }) }).then(answer => answer.json()));
  const ours = await context.cookies();
  const logged = await page.evaluate(to => fetch('api/v1/login', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Sauron-Request': '1' }, body: JSON.stringify({ token: to }) }).then(answer => answer.status), token);
  check(logged === 204, `sign in: ${logged}`);
  // The page still takes us for an operator; the controller does not.
  await confirm('Roll back');
  await page.locator('dialog.confirm .alarm', { hasText: 'takes the role operator' }).waitFor();
  await page.keyboard.press('Escape');
  await page.reload();
  await page.locator('.facts.block').waitFor();
  check(await page.getByRole('button', { name: 'Roll back' }).count() === 0 && await page.getByRole('link', { name: 'New group' }).count() === 0, 'a viewer is offered to change things');
  await context.clearCookies();
  await context.addCookies(ours);
  await page.reload();
  await page.locator('.facts.block').waitFor();
  await confirm('Remove');
  await page.locator('.facts.block').waitFor({ state: 'detached' });
  check(!(await get('groups')).groups.some(group => group.name === 'console-test'), 'the group is still there');
  expectRefusals = false;
});
await test('keys: g n goes to N2, Ctrl-K opens, ? tells', async () => {
  await page.locator('main').focus();
  await page.keyboard.press('g');
  await page.keyboard.press('n');
  await page.waitForFunction(() => location.hash.startsWith('#/n2'));
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Page, node, UE or metric' }).fill('rec');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.startsWith('#/records'));
  await page.locator('main').focus();
  await page.keyboard.press('?');
  await page.locator('dialog[open] .keys').waitFor();
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('dialog'));
});
await test('every control has a name', async () => {
  const nameless = [];
  for (const hash of ['overview', 'n2', 'ue', 'nodes', 'records', 'metrics', 'rollouts', 'rollouts?new=1']) {
    await go(hash);
    await page.waitForTimeout(800);
    nameless.push(...await page.evaluate(where => [...document.querySelectorAll('button, a[href], input, select, textarea, [role=grid], [role=img], canvas')]
      .filter(one => one.checkVisibility() && one.tagName !== 'CANVAS')
      .filter(one => !(one.getAttribute('aria-label') || one.textContent.trim() || one.title || one.labels?.length))
      .map(one => `${where}: ${one.outerHTML.slice(0, 80)}`), hash));
  }
  check(nameless.length === 0, nameless.slice(0, 3).join(' | '));
});
await test('light, by the system and by the switch', async () => {
  await page.emulateMedia({ colorScheme: 'light' });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
  const light = await ground();
  for (const hash of ['overview?from=-24h', 'n2?from=-24h', story.split('#/')[1], 'nodes', 'records', 'metrics?name=sauron_n2_procedure_outcomes_total&by=outcome', 'rollouts?new=1']) {
    if (!hash) continue;
    await go(hash);
    await shot(`${hash.split('?')[0]}-light`);
  }
  await page.getByRole('button', { name: /^Colours/ }).click();
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
  check(await ground() !== light, 'the switch changes nothing');
  await page.reload();
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
  await page.evaluate(() => localStorage.removeItem('sauron.theme'));
  await page.emulateMedia({ colorScheme: 'dark' });
});
await test('narrow screens: nothing sticks out, the menu opens', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  for (const hash of ['overview', 'n2', story.split('#/')[1], 'nodes', 'records', 'metrics?name=sauron_n2_procedure_outcomes_total', 'rollouts?new=1']) {
    if (!hash) continue;
    await go(hash);
    await page.waitForTimeout(600);
    const wide = await page.evaluate(() => Math.max(document.documentElement.scrollWidth, document.querySelector('main').scrollWidth));
    check(wide <= 391, `${hash}: ${wide} px wide`);
    await shot(`${hash.split('?')[0]}-narrow`);
  }
  await page.getByRole('button', { name: 'Pages' }).click();
  await page.getByRole('link', { name: 'Nodes', exact: true }).click();
  await page.waitForFunction(() => location.hash.startsWith('#/nodes'));
  await page.setViewportSize({ width: 1440, height: 900 });
});
await test('the script is small', async () => {
  const scripts = await page.evaluate(() => [...document.scripts].map(script => script.src));
  let sum = 0;
  for (const script of scripts) {
    const bytes = await page.evaluate(to => fetch(to).then(got => got.arrayBuffer()).then(got => [...new Uint8Array(got)]), script);
    sum += gzipSync(Buffer.from(bytes), { level: 9 }).length;
  }
  check(sum > 0 && sum <= 400000, `${sum} octets`);
  return `${Math.round(sum / 1000)} kB gzip`;
});
await test(`no growth of the heap in ${HEAP_SECONDS} s of live view`, async () => {
  const session = await context.newCDPSession(page);
  await session.send('HeapProfiler.enable');
  const heap = async () => {
    for (let i = 0; i < 3; i++) await session.send('HeapProfiler.collectGarbage');
    return (await session.send('Runtime.getHeapUsage')).usedSize;
  };
  const told = [];
  for (const hash of ['overview', 'n2']) {
    await go(hash);
    await page.waitForTimeout(12000);
    const before = await heap();
    await page.waitForTimeout((HEAP_SECONDS * 1000) / 2);
    const middle = await heap();
    await page.waitForTimeout((HEAP_SECONDS * 1000) / 2);
    const after = await heap();
    told.push(`${hash} ${[before, middle, after].map(size => (size / 1e6).toFixed(2)).join(' → ')} MB`);
    check(after - Math.max(before, middle) < 1e6 && after < before * 1.25, told.join(', '));
  }
  return told.join(', ');
});
await test('signing out ends the session', async () => {
  expectRefusals = true;
  await page.locator('.menu summary').last().click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Token').waitFor();
  await page.reload();
  await page.getByLabel('Token').waitFor();
});
await test('no request to another origin', () => check(strangers.length === 0, strangers.join(' ')));
await test('no complaint in the browser’s console', () => check(complaints.length === 0, complaints.slice(0, 3).join(' | ')));

await context.close();
rmSync(profile, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
