import { type Box, layoutOf } from './layout.ts';
import type { EdgeKind, Picture } from './types.ts';

const STYLE = `
  svg { background: #ffffff; font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
  .group { fill: #f6f8fa; stroke: #d0d7de; }
  .title { fill: #57606a; font-weight: bold; }
  .step { fill: #ffffff; stroke: #8c959f; }
  .text { fill: #1f2328; }
  .edge { fill: none; stroke: #8c959f; stroke-width: 1.3; }
  .copy, .mount { stroke: #0969da; stroke-dasharray: 4 3; }
  .mount { stroke: #8250df; }
  .head { fill: #8c959f; }
  .hit { stroke: #2da44e; stroke-width: 2; }
  .miss { stroke: #cf222e; stroke-width: 2; }
  .open { stroke: #bf8700; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; }
    .group { fill: #161b22; stroke: #30363d; }
    .title { fill: #8b949e; }
    .step { fill: #0d1117; }
    .text { fill: #e6edf3; }
    .copy { stroke: #58a6ff; }
    .mount { stroke: #bc8cff; }
  }
`;

/** A drawing that needs nothing beside itself, for light and dark pages. */
export function svg(picture: Picture): string {
  const { width, height, boxes, groups, edges } = layoutOf(picture);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    '<title>Steps of a build</title>',
    `<style>${STYLE}</style>`,
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>',
  ];
  for (const group of groups) {
    parts.push(
      `<rect class="group" x="${group.x}" y="${group.y}" width="${group.width}" height="${group.height}" rx="8"/>`,
    );
    parts.push(`<text class="title" x="${group.x + 12}" y="${group.y + 18}">${escaped(group.label)}</text>`);
  }
  for (const { from, to, kind } of edges) {
    const [start, end] = [boxes.get(from), boxes.get(to)];
    if (start !== undefined && end !== undefined) parts.push(edge(start, end, kind));
  }
  for (const box of boxes.values()) parts.push(drawn(box));
  return `${parts.join('\n')}\n</svg>\n`;
}

function edge(from: Box, to: Box, kind: EdgeKind): string {
  const [x, y] = [from.x + from.width / 2, from.y + from.height];
  const [endX, endY] = [to.x + to.width / 2, to.y];
  const bend = Math.max(12, Math.min(60, (endY - y) / 2));
  return `<path class="edge ${kind}" marker-end="url(#head)" d="M${x} ${y}C${x} ${y + bend} ${endX} ${endY - bend} ${endX} ${endY}"/>`;
}

function drawn({ step, lines, x, y, width, height }: Box): string {
  const texts = lines.map(
    (line, index) => `<text class="text" x="${x + 8}" y="${y + 20 + index * 16}">${escaped(line)}</text>`,
  );
  const title = `<title>${escaped(step.label)}${step.outcome === undefined ? '' : ` (${step.outcome})`}</title>`;
  const shape = `<rect class="step ${step.outcome ?? ''}" x="${x}" y="${y}" width="${width}" height="${height}" rx="4"/>`;
  return `<g>${title}${shape}${texts.join('')}</g>`;
}

/** XML has no character below a blank but tabs and line ends, of which there are none here. */
function escaped(text: string): string {
  return text
    .replace(/\s/g, ' ')
    .replace(/[&<>"]|[^ -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, (found) =>
      /[&<>"]/.test(found) ? `&#${found.charCodeAt(0)};` : '\ufffd',
    );
}
