import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { load } from './load.mjs';

const web = fileURLToPath(new URL('../../../web/', import.meta.url));
const { parse } = createRequire(pathToFileURL(`${web}package.json`))('acorn');
const { withoutFlexGap } = await load('../old_browsers.ts');
const { planLabel } = await load('text/plan.ts');

test('every gap between flex items has margins that stand in for it', () => {
  const css = withoutFlexGap('.a{display:flex;gap:1rem}.b{display:grid;gap:2px}');
  assert.match(css, /@supports not [^{]+\{\s*\.a>\*\+\*\{[^}]*margin-left: ?1rem/);
  assert.match(css, /\.b\{display:grid;grid-gap:2px;gap:2px\}/);
  assert.match(withoutFlexGap('.a{display:flex;flex-direction:column;gap:1px}'), /margin-top: ?1px/);
  const wrapped = withoutFlexGap('.a{display:flex;flex-wrap:wrap;gap:1px 2px}');
  assert.match(wrapped, /\.a>\*\{[^}]*margin-right: ?2px;[^}]*margin-bottom: ?1px/);
});

test('the built scripts hold nothing that a browser of 2018 cannot read', () => {
  const folder = `${web}dist/assets/`;
  const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'));
  assert.ok(scripts.length > 3);
  for (const name of scripts) {
    const code = readFileSync(folder + name, 'utf8')
      // both came with modules themselves, before the grammar had them
      .replace(/\bimport\(/g, 'load(')
      .replace(/\bimport\.meta\b/g, 'meta');
    parse(code, { ecmaVersion: 2018, sourceType: 'module' });
    assert.ok(!/\.(matchAll|replaceAll|fromEntries|allSettled|at)\(/.test(code), name);
  }
});

test('the built styles hold nothing that hides from a browser of 2018', () => {
  const folder = `${web}dist/assets/`;
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.css'))) {
    const css = readFileSync(folder + name, 'utf8');
    assert.ok(!/:has\(|:is\(|:where\(|@container|clamp\(|\d+(dvh|svh|lvh)(?!.*100vh)/.test(css), name);
    assert.ok(!/rgb\([^),]+ [^),]+\//.test(css), name);
  }
});

test('the words in a box of a plan fit into it', () => {
  for (const [name, width, height] of [
    ['A01—A04窗口', 120, 90],
    ['南门（正门）', 120, 50],
    ['1号电梯', 70, 80],
    ['办事大厅二楼公安综合服务窗口及自助办理区', 60, 40],
  ]) {
    const { size, lines } = planLabel(name, width, height);
    assert.ok(lines.length > 0 && size >= 16);
    assert.ok(lines.length * size * 1.2 <= Math.max(height, size * 1.2), name);
  }
});
