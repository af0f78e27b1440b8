import { TAIL_LINES } from './tail.ts';

/** The rows of one vertex: its own, the parts of its work (downloads), and the end of its output. */
export interface Group {
  row: string;
  parts: readonly string[];
  tail: readonly string[];
  running: boolean;
}

/**
 * Chooses what of `groups` to show in `height` rows: what runs comes first, then its last output, then its parts, then
 * the latest of what is finished. The order of the groups stays.
 */
export function fit(groups: readonly Group[], height: number): string[] {
  const running = groups.filter((group) => group.running);
  if (running.length > height) return crowded(running, height);
  let left = height - running.length;
  const tailLines = Math.min(TAIL_LINES, Math.floor(left / Math.max(running.length, 1)));
  const rows = new Map<Group, string[]>();
  for (const group of running) {
    const tail = tailLines === 0 ? [] : group.tail.slice(-tailLines);
    left -= tail.length;
    rows.set(group, [group.row, ...tail]);
  }
  for (const group of running) {
    const parts = group.parts.slice(0, left);
    left -= parts.length;
    rows.get(group)?.splice(1, 0, ...parts);
  }
  for (const group of groups.filter((other) => !other.running).reverse()) {
    if (left === 0) break;
    const own = [group.row, ...group.parts].slice(0, left);
    left -= own.length;
    rows.set(group, own);
  }
  return groups.flatMap((group) => rows.get(group) ?? []);
}

/** More steps run than there are rows: the last row counts those that are not shown. */
function crowded(running: readonly Group[], height: number): string[] {
  if (height < 1) return [];
  const shown = running.slice(0, height - 1);
  return [...shown.map((group) => group.row), ` => ... and ${running.length - shown.length} more`];
}
