import { groupsOf, oneLine, type Picture, shortNames } from './types.ts';

const LABEL_LENGTH = 80;
const COLORS = { hit: '#2da44e', miss: '#cf222e', open: '#bf8700', free: '#8c959f' } as const;

/** A graph in the language of Graphviz. */
export function dot(picture: Picture): string {
  const names = shortNames(picture);
  const lines = [
    'digraph build {',
    '  graph [rankdir = TB, fontname = "sans-serif", fontsize = 11, fontcolor = "#57606a", color = "#d0d7de"];',
    '  node [shape = box, style = rounded, fontname = "sans-serif", fontsize = 11];',
    '  edge [color = "#8c959f"];',
  ];
  for (const [index, [group, steps]] of [...groupsOf(picture)].entries()) {
    lines.push(`  subgraph cluster_${index} {`, `    label = ${quoted(group)};`);
    for (const { id, label, outcome, targets = [] } of steps) {
      const text = [label, ...targets.map((target) => `→ ${target}`)];
      const color = outcome === undefined ? '' : `, color = "${COLORS[outcome]}"`;
      lines.push(`    ${names.get(id)} [label = ${quoted(...text)}${color}];`);
    }
    lines.push('  }');
  }
  for (const { from, to, kind } of picture.edges) {
    const style = kind === 'from' ? '' : ` [style = dashed, label = "${kind}", fontsize = 9]`;
    lines.push(`  ${names.get(from)} -> ${names.get(to)}${style};`);
  }
  return `${lines.join('\n')}\n}\n`;
}

function quoted(...lines: string[]): string {
  return `"${lines.map((line) => oneLine(line, LABEL_LENGTH).replace(/[\\"]/g, '\\$&')).join('\\n')}"`;
}
