// SPDX-License-Identifier: Apache-2.0
// What a page tells of itself.
import type { ComponentType } from 'preact';

export interface Page {
  name: string;   /* in the address: #/name */
  title: string;
  key?: string;   /* 'g' and this key go there */
  order: number;  /* in the navigation; 0: not there */
  icon: string;   /* path in a square of 16 */
  range?: boolean; /* has the time range in the bar */
  show: ComponentType;
}
