// SPDX-License-Identifier: Apache-2.0
// What a rollout is made of, as text: selectors, differences of documents, lines that a refusal names.
import type { Node, Selector } from '../../api';

/** "zone=edge, tier=1" and its object. @return null: not of that form. */
export function labelsOf(text: string): Record<string, string> | null {
  const labels: Record<string, string> = {};
  for (const one of text.split(/[,\s]+/).filter(Boolean)) {
    const cut = one.indexOf('=');
    if (cut < 1) return null;
    labels[one.slice(0, cut)] = one.slice(cut + 1);
  }
  return labels;
}
export const labelsText = (labels: Record<string, string> = {}): string => Object.entries(labels).map(([name, value]) => `${name}=${value}`).join(', ');

/** A selector in words: node edge-*, zone=a; "every node" when it is empty. */
export function selectorText(selector: Selector | null | undefined): string {
  const { node, cluster, kernel, labels } = selector ?? {};
  return [node && `node ${node}`, cluster && `cluster ${cluster}`, kernel && `kernel ${kernel}`, labelsText(labels)].filter(Boolean).join(', ') || 'every node';
}

/** As fnmatch(3): *, ? and sets. */
function pattern(text: string): RegExp {
  const escaped = text.replace(/[.+^${}()|\\]/g, '\\$&').replace(/\[!/g, '[^').replace(/\*/g, '.*').replace(/\?/g, '.');
  try {
    return new RegExp(`^${escaped}$`, 's');
  } catch {
    return /^\b$/;
  }
}
export function fits(selector: Selector, node: Node): boolean {
  const words: [string | undefined, string | undefined][] = [[selector.node, node.name], [selector.cluster, node.cluster], [selector.kernel, node.kernel]];
  return words.every(([wanted, is]) => !wanted || pattern(wanted).test(is ?? ''))
    && Object.entries(selector.labels ?? {}).every(([name, value]) => (node.labels?.[name] ?? '') === value);
}

export interface Line { sign: ' ' | '+' | '-'; text: string; number?: number /* in the newer one */ }
const linesOf = (text: string): string[] => (text ? text.replace(/\n$/, '').split('\n') : []);

/** The lines of both, in order, each with whether it came, went or stayed: by the longest common sequence. */
export function differences(before: string, after: string): Line[] {
  const a = linesOf(before), b = linesOf(after);
  if (a.length * b.length > 4e6) return [...a.map(text => ({ sign: '-', text }) as Line), ...b.map((text, i) => ({ sign: '+', text, number: i + 1 }) as Line)];
  const width = b.length + 1, common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] = a[i] === b[j] ? common[(i + 1) * width + j + 1]! + 1 : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
  const lines: Line[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (i < a.length && j < b.length && a[i] === b[j]) lines.push({ sign: ' ', text: a[i++]!, number: ++j });
    else if (i < a.length && (j === b.length || common[(i + 1) * width + j]! >= common[i * width + j + 1]!)) lines.push({ sign: '-', text: a[i++]! });
    else lines.push({ sign: '+', text: b[j++]!, number: j });
  }
  return lines;
}

/** The line of the document that a refusal is about ("desired state:3: …"). */
export function lineOf(refusal: string | null | undefined): number | null {
  const m = /desired state:(\d+)/.exec(refusal ?? '');
  return m ? Number(m[1]) : null;
}
