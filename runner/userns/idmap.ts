import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { type IdRange, subordinateRanges } from './subids.ts';

const run = promisify(execFile);

type MapFile = 'uid_map' | 'gid_map';

const KINDS = {
  uid_map: { tool: 'newuidmap', ranges: '/etc/subuid' },
  gid_map: { tool: 'newgidmap', ranges: '/etc/subgid' },
} as const;

/** How many ids a user namespace has got, and why not more. */
export interface IdMapping {
  kind: 'all' | 'range' | 'single';
  /** For `single`: what stood in the way of a range. */
  reason?: string | undefined;
}

/**
 * Maps ids into the new user namespace of a process of ours, so that we are root in it. Root passes on every id it
 * has; a user gets the ranges of /etc/subuid and /etc/subgid through newuidmap and newgidmap, or only their own id.
 */
export async function writeIdMaps(pid: number): Promise<IdMapping> {
  if (process.geteuid?.() === 0) return passOn(pid);
  const groups = await mapRange(pid, 'gid_map', process.getegid?.() ?? 0);
  if (groups !== undefined) mapSingleGroup(pid);
  const users = await mapRange(pid, 'uid_map', process.geteuid?.() ?? 0);
  if (users !== undefined) writeFileSync(`/proc/${pid}/uid_map`, `0 ${process.geteuid?.()} 1\n`);
  const reason = users ?? groups;
  return reason === undefined ? { kind: 'range' } : { kind: 'single', reason };
}

function passOn(pid: number): IdMapping {
  for (const file of ['uid_map', 'gid_map']) {
    const lines = readFileSync(`/proc/self/${file}`, 'latin1').trim().split('\n');
    const same = lines
      .map((line) => line.trim().split(/\s+/))
      .map(([inside, , count]) => `${inside} ${inside} ${count}\n`);
    writeFileSync(`/proc/${pid}/${file}`, same.join(''));
  }
  return { kind: 'all' };
}

/** Returns why there is no range, or nothing where it is mapped. */
async function mapRange(pid: number, file: MapFile, own: number): Promise<string | undefined> {
  const { tool, ranges: source } = KINDS[file];
  const ranges = subordinateRanges(source, process.geteuid?.() ?? 0);
  if (ranges.length === 0) return `${source} gives this user no range`;
  try {
    await run(tool, [String(pid), ...mapArguments(own, ranges)]);
    return undefined;
  } catch (error) {
    const { code, stderr } = error as { code?: string | number; stderr?: string };
    return code === 'ENOENT' ? `${tool} is not installed` : `${tool} failed: ${stderr?.trim() || code}`;
  }
}

/** Root inside is ourselves; the ranges follow from 1 on. */
export function mapArguments(own: number, ranges: readonly IdRange[]): string[] {
  let inside = 1;
  const rest = ranges.flatMap(({ start, count }) => {
    inside += count;
    return [inside - count, start, count];
  });
  return [0, own, 1, ...rest].map(String);
}

/** Without privilege a group can be mapped only where setgroups is given up (user_namespaces(7)). */
function mapSingleGroup(pid: number): void {
  writeFileSync(`/proc/${pid}/setgroups`, 'deny\n');
  writeFileSync(`/proc/${pid}/gid_map`, `0 ${process.getegid?.()} 1\n`);
}
