export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * Divides a box into boxes whose areas are as the weights, which must descend, each as near to a square as rows allow.
 */
export function squarify(weights: readonly number[], box: Box): Box[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total <= 0) return weights.map(() => ({ ...box, width: 0, height: 0 }));
  const scale = (box.width * box.height) / total;
  const boxes: Box[] = [];
  let left = { ...box };
  for (let start = 0; start < weights.length; ) {
    const side = Math.min(left.width, left.height);
    const end = rowEnd(weights, start, { side, scale });
    const row = weights.slice(start, end).map((weight) => weight * scale);
    const placed = placeRow(row, left);
    boxes.push(...placed.boxes);
    left = placed.left;
    start = end;
  }
  return boxes;
}

/** A row takes further boxes as long as its worst one becomes no worse by that. */
function rowEnd(weights: readonly number[], start: number, { side, scale }: { side: number; scale: number }): number {
  let worst = Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let end = start; end < weights.length; end++) {
    sum += (weights[end] ?? 0) * scale;
    const largest = (weights[start] ?? 0) * scale;
    const smallest = (weights[end] ?? 0) * scale;
    const ratio = Math.max(
      (side * side * largest) / (sum * sum),
      (sum * sum) / (side * side * Math.max(smallest, 1e-9)),
    );
    if (ratio > worst) return end;
    worst = ratio;
  }
  return weights.length;
}

function placeRow(areas: readonly number[], box: Box): { boxes: Box[]; left: Box } {
  const area = areas.reduce((sum, one) => sum + one, 0);
  const isWide = box.width >= box.height;
  const thickness = area / Math.max(1e-9, isWide ? box.height : box.width);
  let along = isWide ? box.y : box.x;
  const boxes = areas.map((one) => {
    const length = one / Math.max(1e-9, thickness);
    const placed = isWide
      ? { x: box.x, y: along, width: thickness, height: length }
      : { x: along, y: box.y, width: length, height: thickness };
    along += length;
    return placed;
  });
  const left = isWide
    ? { ...box, x: box.x + thickness, width: Math.max(0, box.width - thickness) }
    : { ...box, y: box.y + thickness, height: Math.max(0, box.height - thickness) };
  return { boxes, left };
}
