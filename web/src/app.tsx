// SPDX-License-Identifier: Apache-2.0
// The frame around the pages: navigation, bar, keys.
import { Component, type ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import * as registered from './pages';
import type { Page } from './page';
import { Keys, Palette } from './palette';
import { RangePicker } from './range';
import { Eye, SignIn, useSession } from './session';
import { nextTheme, theme, useTheme } from './theme';
import { isUtc, setUtc } from './time';
import { go, HOME, link, usePlace } from './url';
import { useLiveState } from './live';
import { Dot, ICONS, Icon } from './ui/bits';
import type { Me } from './api';
import { count } from './format';

const pages: Page[] = Object.values(registered).sort((a, b) => a.order - b.order);
const LIVE = {
  live: ['good', 'live', 'Live: what happens comes in by itself'], connecting: ['warn', 'connecting', 'Connecting to the controller'],
  broken: ['bad', 'not live', 'The stream is broken; trying again'], off: ['dim', 'paused', 'No stream while the page cannot be seen'],
} as const;

/** A page that fails must not take the others with it. */
class Fence extends Component<{ children: ComponentChildren }, { error: Error | null }> {
  state = { error: null as Error | null };
  componentDidCatch(error: Error) {
    this.setState({ error });
  }
  render() {
    if (!this.state.error) return this.props.children;
    return (
      <div class="page"><div class="alarm" role="alert"><span>This page failed: {this.state.error.message}</span>
        <button type="button" class="small" onClick={() => this.setState({ error: null })}>Try again</button></div></div>
    );
  }
}

function useKeys(open: (what: 'palette' | 'keys') => void): void {
  useEffect(() => {
    let going = 0;
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        return open('palette');
      }
      if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || document.querySelector('dialog[open]')) return;
      if (going && Date.now() - going < 1500) {
        going = 0;
        const page = pages.find(one => one.key === event.key);
        if (page) {
          event.preventDefault();
          go(page.name);
        }
        return;
      }
      const press = (id: string) => {
        const element = document.getElementById(id);
        if (!element) return;
        event.preventDefault();
        element.focus();
        if (element.tagName === 'BUTTON') element.click();
      };
      switch (event.key) {
        case 'g': going = Date.now(); break;
        case '/': press('filter'); break;
        case 'r': press('range'); break;
        case '[': document.querySelector<HTMLElement>('.range > button')?.click(); break;
        case ']': document.querySelector<HTMLElement>('.range > button[aria-label=Later]')?.click(); break;
        case 't': nextTheme(); break;
        case '?': open('keys'); break;
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

function UserMenu({ me, leave }: { me: Me; leave: () => void }) {
  return (
    <details class="menu">
      <summary class="ghost" aria-label={`Signed in as ${me.user}`} title={`${me.user} (${me.role})`}><Icon path={ICONS.user} /></summary>
      <div class="popup">
        <p><b>{me.user}</b><br /><span class="dim">{me.role} · Sauron {me.version}</span></p>
        <p><a href="licenses.txt" target="_blank" rel="noopener">Licences</a></p>
        <button type="button" onClick={leave}><Icon path={ICONS.out} size={14} /> Sign out</button>
      </div>
    </details>
  );
}

function Shell({ me, leave }: { me: Me; leave: () => void }) {
  const place = usePlace();
  const live = useLiveState();
  const [dialog, open] = useState<'palette' | 'keys' | null>(null);
  const [menu, setMenu] = useState(false);
  const [utc, draw] = useState(isUtc());
  useTheme();
  useKeys(open);
  const page = pages.find(one => one.name === place.page);
  useEffect(() => {
    document.title = page ? `${page.title} · Sauron` : 'Sauron';
    setMenu(false);
    document.querySelectorAll('details[open]').forEach(one => one.removeAttribute('open'));
  }, [place]);
  useEffect(() => {
    const away = (event: Event) => document.querySelectorAll('details.menu[open]').forEach(one => {
      if (!one.contains(event.target as Node)) one.removeAttribute('open');
    });
    addEventListener('pointerdown', away);
    return () => removeEventListener('pointerdown', away);
  }, []);
  const [tone, word, sentence] = LIVE[live.state];
  const looks = theme();
  const here = place.page === 'node' ? 'nodes' : place.page;
  return (
    <div class={`shell ${menu ? 'menu-open' : ''}`}>
      <a class="skip" href="#main" onClick={event => { event.preventDefault(); document.getElementById('main')?.focus(); }}>To the content</a>
      <nav class="rail" aria-label="Pages">
        <a class="brand" href={link(HOME)}><Eye /><span>Sauron</span></a>
        <ul>
          {pages.filter(one => one.order).map(one => (
            <li key={one.name}><a href={link(one.name)} aria-current={one.name === here ? 'page' : undefined} title={one.key ? `g ${one.key}` : undefined}><Icon path={one.icon} /><span>{one.title}</span></a></li>
          ))}
        </ul>
        {live.nodes && (
          <a class="fleet" href={link('nodes')}>
            <span class="fleet-word">Nodes</span>
            <span title="up"><Dot tone="good" />{count(live.nodes.up)}<span class="hidden"> up</span></span>
            {live.nodes.silent > 0 && <span title="silent"><Dot tone="warn" />{count(live.nodes.silent)}<span class="hidden"> silent</span></span>}
            {live.nodes.gone > 0 && <span title="gone"><Dot tone="bad" />{count(live.nodes.gone)}<span class="hidden"> gone</span></span>}
          </a>
        )}
      </nav>
      <header class="top">
        <button type="button" class="ghost burger" aria-label="Pages" aria-expanded={menu} onClick={() => setMenu(!menu)}><Icon path={ICONS.menu} /></button>
        <h1>{page?.title ?? 'Not found'}</h1>
        <span class="grow" />
        {page?.range && <RangePicker />}
        <span class={`live ${tone}`} role="status" title={sentence}><Dot tone={tone} /><span>{word}</span></span>
        <button type="button" class="ghost wide" onClick={() => open('palette')} title="Go to  Ctrl K"><Icon path={ICONS.search} size={14} /><span>Go to</span><kbd>Ctrl K</kbd></button>
        <button type="button" class="ghost mid" title="Local time or UTC" aria-label={utc ? 'Times are UTC' : 'Times are local'} onClick={() => { setUtc(!utc); draw(!utc); }}>{utc ? 'UTC' : 'local'}</button>
        <button type="button" class="ghost" title={`Colours: ${looks}  t`} aria-label={`Colours: ${looks}`} onClick={nextTheme}><Icon path={ICONS[looks === 'dark' ? 'moon' : looks === 'light' ? 'sun' : 'half']} /></button>
        <button type="button" class="ghost mid" title="Keys  ?" aria-label="Keys" onClick={() => open('keys')}><Icon path={ICONS.keyboard} /></button>
        <UserMenu me={me} leave={leave} />
      </header>
      <main id="main" tabIndex={-1} key={`${place.page}${utc}`}>
        <Fence>{page ? <page.show /> : <div class="page"><p class="nothing">There is no page “{place.page}”. <a href={link(HOME)}>Overview</a></p></div>}</Fence>
      </main>
      {menu && <div class="shade" onClick={() => setMenu(false)} />}
      {dialog === 'palette' && <Palette pages={pages} onClose={() => open(null)} />}
      {dialog === 'keys' && <Keys pages={pages} onClose={() => open(null)} />}
    </div>
  );
}

export function App() {
  const [session, enter, leave, again] = useSession();
  switch (session.state) {
    case 'asking': return <div class="signin"><p class="dim" role="status">…</p></div>;
    case 'out': return <SignIn why={session.why} enter={enter} />;
    case 'down': return <div class="signin"><div class="alarm" role="alert"><span>{session.why}</span><button type="button" class="small" onClick={again}>Try again</button></div></div>;
    case 'in': return <Shell me={session.me} leave={leave} />;
  }
}
