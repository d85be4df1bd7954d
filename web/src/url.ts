// SPDX-License-Identifier: Apache-2.0
// Where we are: page, filters and time range stand behind the # of the address, so that every view is a link, no server has to know
// the pages, and the console works below any path.
import { useEffect, useState } from 'preact/hooks';

export interface Place { page: string; params: URLSearchParams }
export type Change = Record<string, string | string[] | null | undefined>;

/** What goes along from page to page. */
const CARRIED = ['from', 'to'];
export const HOME = 'overview';

function read(): Place {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  return { page: decodeURIComponent(path) || HOME, params: new URLSearchParams(query) };
}

let place = read();
const watchers = new Set<(place: Place) => void>();

function tell(): void {
  place = read();
  watchers.forEach(watch => watch(place));
}
addEventListener('hashchange', tell);

export const where = (): Place => place;

export function usePlace(): Place {
  const [now, set] = useState(place);
  useEffect(() => {
    watchers.add(set);
    set(place);
    return () => void watchers.delete(set);
  }, []);
  return now;
}

function apply(params: URLSearchParams, change: Change): URLSearchParams {
  for (const [name, value] of Object.entries(change)) {
    params.delete(name);
    if (Array.isArray(value)) value.forEach(one => params.append(name, one));
    else if (value !== null && value !== undefined && value !== '') params.set(name, value);
  }
  return params;
}

const written = (page: string, params: URLSearchParams): string => {
  // Colons and commas need no escape behind a '?', and a link that can be read is a better link.
  const query = params.toString().replace(/%3A/g, ':').replace(/%2C/g, ',').replace(/%2F/g, '/');
  return `#/${page}${query ? `?${query}` : ''}`;
};

/** The link to a page. The time range goes along. */
export function link(page: string, change: Change = {}): string {
  const params = new URLSearchParams();
  for (const name of CARRIED) {
    const value = place.params.get(name);
    if (value) params.set(name, value);
  }
  return written(page, apply(params, change));
}

export function go(page: string, change: Change = {}): void {
  location.hash = link(page, change);
}

/** Changes what this page shows. A filter is a step back in history; typing and sorting are not. */
export function set(change: Change, step = true): void {
  const hash = written(place.page, apply(new URLSearchParams(place.params), change));
  if (hash === location.hash) return;
  if (step) {
    location.hash = hash;
  } else {
    history.replaceState(null, '', hash);
    tell();
  }
}

/** The link to this page with something changed. */
export const changed = (change: Change): string => written(place.page, apply(new URLSearchParams(place.params), change));
