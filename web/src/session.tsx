// SPDX-License-Identifier: Apache-2.0
// Who we are. A link with #token=… signs in, and the token is out of the address and the history before anything else happens.
import { useEffect, useState } from 'preact/hooks';
import { api, ApiError, onSignedOut, type Me } from './api';
import { switchLive } from './live';

export type Session = { state: 'asking' } | { state: 'out'; why: string } | { state: 'in'; me: Me } | { state: 'down'; why: string };

let known: Me | null = null;
/** Whether the controller will let us change things. What is shown follows it; what is done is the controller's to decide. */
export const mayOperate = (): boolean => known !== null && known.role !== 'viewer';

function takeToken(): string | null {
  const m = /^#token=([^&]+)(?:&(.*))?$/.exec(location.hash);
  if (!m) return null;
  history.replaceState(null, '', `${location.pathname}${location.search}#/${m[2] ? decodeURIComponent(m[2]).replace(/^\//, '') : ''}`);
  dispatchEvent(new HashChangeEvent('hashchange'));
  return decodeURIComponent(m[1]!);
}

export function useSession(): [Session, (token: string) => Promise<void>, () => Promise<void>, () => void] {
  const [session, setSession] = useState<Session>({ state: 'asking' });
  const who = async () => {
    try {
      const me = known = await api.me();
      setSession({ state: 'in', me });
      switchLive(true);
    } catch (error) {
      const { status, message } = error as ApiError;
      setSession(status === 401 ? { state: 'out', why: '' } : { state: 'down', why: message });
    }
  };
  const enter = async (token: string) => {
    try {
      await api.login(token);
    } catch (error) {
      const { status, message } = error as ApiError;
      setSession({ state: 'out', why: status === 401 || status === 403 ? 'The controller does not know this token.' : message });
      return;
    }
    await who();
  };
  const leave = async () => {
    switchLive(false);
    await api.logout().catch(() => {});
    setSession({ state: 'out', why: '' });
  };
  useEffect(() => {
    onSignedOut(() => {
      switchLive(false);
      setSession(old => (old.state === 'in' ? { state: 'out', why: 'The session has ended.' } : old));
    });
    const arrive = () => {
      const token = takeToken();
      if (token) void enter(token);
      return token !== null;
    };
    if (!arrive()) void who();
    addEventListener('hashchange', arrive);
    return () => removeEventListener('hashchange', arrive);
  }, []);
  return [session, enter, leave, who];
}

export function SignIn({ why, enter }: { why: string; enter: (token: string) => Promise<void> }) {
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  return (
    <main class="signin">
      <form onSubmit={event => {
        event.preventDefault();
        setBusy(true);
        void enter(token.trim()).finally(() => setBusy(false));
      }}>
        <h1><Eye /> Sauron</h1>
        <label for="token">Token</label>
        <input id="token" name="token" type="password" autocomplete="current-password" required value={token} autofocus aria-describedby="token-help" onInput={event => setToken(event.currentTarget.value)} />
        {why && <p class="alarm" role="alert">{why}</p>}
        <button type="submit" class="primary" disabled={busy || !token.trim()}>{busy ? 'Signing in …' : 'Sign in'}</button>
        <p class="dim" id="token-help">The controller prints a link with a token when it starts. An administrator makes further ones.</p>
      </form>
    </main>
  );
}

export function Eye({ size = 20 }: { size?: number }) {
  return (
    <svg class="eye" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path class="lid" d="M2 16C6 9 11 6 16 6s10 3 14 10c-4 7-9 10-14 10S6 23 2 16z" /><path class="slit" d="M16 8.5c2.6 2.4 2.6 12.6 0 15-2.6-2.4-2.6-12.6 0-15z" />
    </svg>
  );
}
