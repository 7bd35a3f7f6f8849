/* What the built style sheets need on browsers of 2018 (Chromium 64 to 83, Safari 11 to 14.0): they
 * know no gap between flex items, and some of them only the older name of the gap of a grid. */

import postcss, { type AtRule, type Container, type Declaration, type Rule } from 'postcss';
import type { Plugin } from 'vite';

// Chromium learnt the flex gap with `appearance`, Safari with `inset`: there is no test for itself
export const NO_FLEX_GAP = 'not ((appearance:none) or (inset:0))';

type Layout = { flex: boolean; grid: boolean; column: boolean; wrap: boolean };

function last(rule: Rule, prop: string): string | undefined {
  let value: string | undefined;
  rule.each((node) => {
    if (node.type === 'decl' && node.prop === prop) value = node.value;
  });
  return value;
}

/* How each selector lays its children out, taken from all rules that name it. */
function layouts(root: Container): Map<string, Layout> {
  const result = new Map<string, Layout>();
  root.walkRules((rule) => {
    const display = last(rule, 'display') ?? '';
    const flow = `${last(rule, 'flex-flow') ?? ''} ${last(rule, 'flex-direction') ?? ''}`;
    const wrap = `${last(rule, 'flex-flow') ?? ''} ${last(rule, 'flex-wrap') ?? ''}`;
    for (const selector of rule.selectors) {
      const known = result.get(selector) ?? {
        flex: false,
        grid: false,
        column: false,
        wrap: false,
      };
      known.flex ||= /flex/.test(display);
      known.grid ||= /grid/.test(display);
      known.column ||= /column/.test(flow);
      known.wrap ||= /\bwrap/.test(wrap);
      result.set(selector, known);
    }
  });
  return result;
}

/* Margins that stand for the gap. Of wrapped lines nobody knows where they begin: there the margin
 * goes to the right and below, and the last of a line keeps it. */
function margins(selector: string, layout: Layout, gap: string): Rule {
  const [row, column = row] = gap.split(/\s+(?![^(]*\))/);
  const rule = postcss.rule();
  if (layout.wrap && !layout.column) {
    rule.selector = `${selector}>*`;
    rule.append({ prop: 'margin-right', value: column }, { prop: 'margin-bottom', value: row });
  } else {
    rule.selector = `${selector}>*+*`;
    rule.append(
      layout.column ? { prop: 'margin-top', value: row } : { prop: 'margin-left', value: column },
    );
  }
  return rule;
}

export function withoutFlexGap(css: string): string {
  const root = postcss.parse(css);
  const known = layouts(root);
  root.walkDecls('gap', (declaration: Declaration) => {
    const rule = declaration.parent as Rule;
    const fallback: AtRule = postcss.atRule({ name: 'supports', params: NO_FLEX_GAP });
    let grid = false;
    for (const selector of rule.selectors) {
      const layout = known.get(selector);
      if (layout?.grid) grid = true;
      else if (layout?.flex) fallback.append(margins(selector, layout, declaration.value));
    }
    if (grid) declaration.cloneBefore({ prop: 'grid-gap' });
    // right behind its rule: whatever comes later and is as exact still wins
    if (fallback.nodes?.length) rule.after(fallback);
  });
  return root.toString();
}

export function oldBrowsers(): Plugin {
  return {
    name: 'old-browsers',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle))
        if (file.type === 'asset' && file.fileName.endsWith('.css'))
          file.source = withoutFlexGap(String(file.source));
    },
  };
}
