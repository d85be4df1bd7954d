// SPDX-License-Identifier: Apache-2.0
// A module of the console for node: bundled by the esbuild that Vite brings.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

globalThis.localStorage ??= { getItem: () => null, setItem() {}, removeItem() {} };

export async function load(path) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../../src/${path}`, import.meta.url))], bundle: true, format: 'esm', write: false, platform: 'neutral', logLevel: 'silent',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
