import { groupsOf, oneLine, type Picture, shortNames } from './types.ts';

const LABEL_LENGTH = 80;
const ARROWS = { from: '-->', copy: '-. copy .->', mount: '-. mount .->' } as const;

/** A flowchart of Mermaid, as GitHub and GitLab show it in Markdown. */
export function mermaid(picture: Picture): string {
  const names = shortNames(picture);
  const lines = ['flowchart TB'];
  for (const [index, [group, steps]] of [...groupsOf(picture)].entries()) {
    lines.push(`  subgraph g${index}["${escaped(group)}"]`);
    for (const { id, label, outcome, targets = [] } of steps) {
      const text = [label, ...targets.map((target) => `→ ${target}`)].map((part) => escaped(part)).join('<br/>');
      lines.push(`    ${names.get(id)}["${text}"]${outcome === undefined ? '' : `:::${outcome}`}`);
    }
    lines.push('  end');
  }
  for (const { from, to, kind } of picture.edges) lines.push(`  ${names.get(from)} ${ARROWS[kind]} ${names.get(to)}`);
  if (picture.steps.some(({ outcome }) => outcome !== undefined)) {
    lines.push('  classDef hit stroke:#2da44e,stroke-width:2px', '  classDef miss stroke:#cf222e,stroke-width:2px');
    lines.push('  classDef open stroke:#bf8700,stroke-width:2px', '  classDef free stroke-dasharray:3');
  }
  return `${lines.join('\n')}\n`;
}

/** What means something in a label is written by its number. */
function escaped(text: string): string {
  return oneLine(text, LABEL_LENGTH).replace(/[#"<>&`\\[\]{}|]/g, (found) => `#${found.charCodeAt(0)};`);
}
