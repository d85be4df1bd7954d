// SPDX-License-Identifier: Apache-2.0
// The pages. A new one is a folder and a line.
export { page as overview } from './overview';
export { page as n2 } from './n2';
export { page as ue } from './ue';
export { page as nodes } from './nodes';
export { page as node } from './node';
export { page as records } from './records';
export { page as metrics } from './metrics';
export { page as rollouts } from './rollouts';
