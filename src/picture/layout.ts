import { groupsOf, oneLine, type Picture, type PictureEdge, type PictureStep } from './types.ts';

export interface Box {
  step: PictureStep;
  lines: readonly string[];
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface GroupBox {
  label: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  width: number;
  height: number;
  boxes: ReadonlyMap<string, Box>;
  groups: readonly GroupBox[];
  edges: readonly PictureEdge[];
}

const LABEL_LENGTH = 48;
/** Of a letter of 12 pixels in a font of one width. */
const LETTER = 7.3;
const LINE = 16;
const PADDING = 8;
const GAP = 26;
const COLUMN_GAP = 34;
const GROUP_PADDING = 12;
const TITLE = 24;
const MARGIN = 16;

/**
 * A column for each stage, in which its steps stand one below the other, and none above a step that it needs: every
 * edge leads down. Sizes are pixels.
 */
export function layoutOf(picture: Picture): Layout {
  const rows = rowsOf(picture);
  const linesOf = ({ label, targets = [] }: PictureStep) =>
    [label, ...targets.map((target) => `→ ${target}`)].map((line) => oneLine(line, LABEL_LENGTH));
  const heights: number[] = [];
  for (const step of picture.steps) {
    const row = rows.get(step.id) ?? 0;
    heights[row] = Math.max(heights[row] ?? 0, linesOf(step).length * LINE + 2 * PADDING);
  }
  const tops: number[] = [];
  let bottom = MARGIN + TITLE + GROUP_PADDING;
  for (const height of heights) {
    tops.push(bottom);
    bottom += height + GAP;
  }
  const boxes = new Map<string, Box>();
  const groups: GroupBox[] = [];
  let left = MARGIN;
  for (const [label, steps] of groupsOf(picture)) {
    const texts = [...steps.flatMap(linesOf), oneLine(label, LABEL_LENGTH)];
    const width = Math.ceil(Math.max(...texts.map((text) => text.length)) * LETTER) + 2 * PADDING;
    for (const step of steps) {
      const lines = linesOf(step);
      const y = tops[rows.get(step.id) ?? 0] ?? 0;
      boxes.set(step.id, { step, lines, x: left + GROUP_PADDING, y, width, height: lines.length * LINE + 2 * PADDING });
    }
    const inside = steps.map(({ id }) => boxes.get(id) as Box);
    const y = Math.min(...inside.map((box) => box.y)) - TITLE - GROUP_PADDING / 2;
    const end = Math.max(...inside.map((box) => box.y + box.height)) + GROUP_PADDING;
    groups.push({ label: oneLine(label, LABEL_LENGTH), x: left, y, width: width + 2 * GROUP_PADDING, height: end - y });
    left += width + 2 * GROUP_PADDING + COLUMN_GAP;
  }
  return {
    width: left - COLUMN_GAP + MARGIN,
    height: bottom - GAP + GROUP_PADDING + MARGIN,
    boxes,
    groups,
    edges: picture.edges,
  };
}

/** Below everything that it needs, and below the step before it in its stage. */
function rowsOf({ steps, edges }: Picture): Map<string, number> {
  const rows = new Map<string, number>();
  const last = new Map<string, number>();
  for (const { id, group } of steps) {
    const needed = edges.filter(({ to }) => to === id).map(({ from }) => rows.get(from) ?? 0);
    const row = Math.max(-1, ...needed, last.get(group) ?? -1) + 1;
    rows.set(id, row);
    last.set(group, row);
  }
  return rows;
}
