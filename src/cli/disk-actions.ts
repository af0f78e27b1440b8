import { type Pruned, parseAge, prune } from '../prune/prune.ts';
import { usage } from '../prune/usage.ts';
import { Snapshots } from '../snapshot/snapshots.ts';
import { openStore, type Store } from '../store/open.ts';
import { type Environment, inNamespace } from './namespace.ts';
import type { GlobalArguments } from './options.ts';
import { size, table } from './table.ts';

/** Shows how much of the disk the store takes. In our namespace, since snapshots belong to other users. */
export function duAction(argv: GlobalArguments & { json?: boolean | undefined }): Promise<number> {
  return inNamespace(argv, async (environment) => {
    const { store, snapshots } = await openForDisk(environment);
    const rows = await usage(store, snapshots);
    if (argv.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
    else {
      const cells = rows.map((row) => [row.type, String(row.count), size(row.size), size(row.reclaimable)]);
      process.stdout.write(table(['TYPE', 'COUNT', 'SIZE', 'RECLAIMABLE'], cells));
    }
    return 0;
  });
}

export interface PruneArguments extends GlobalArguments {
  all?: boolean | undefined;
  keepFor?: string | undefined;
  dryRun?: boolean | undefined;
  json?: boolean | undefined;
}

/** Deletes what is not needed and says what and why. Waits until no build is running. */
export function pruneAction(argv: PruneArguments): Promise<number> {
  const keepFor = argv.keepFor === undefined ? undefined : parseAge(argv.keepFor);
  return inNamespace(argv, async (environment) => {
    const { store, snapshots } = await openForDisk(environment);
    const lock = (await store.sessions.exclusive({ wait: false })) ?? (await waitForBuilds(store));
    try {
      const options = { all: argv.all === true, keepFor, dryRun: argv.dryRun === true, now: Date.now() };
      report(await prune(store, snapshots, options), argv);
    } finally {
      lock?.release();
    }
    return 0;
  });
}

function waitForBuilds(store: Store) {
  process.stderr.write('waiting for running builds to end\n');
  return store.sessions.exclusive({ wait: true });
}

async function openForDisk({
  root,
  rootless,
  singleUid,
}: Environment): Promise<{ store: Store; snapshots: Snapshots }> {
  const store = await openStore(root);
  const snapshots = new Snapshots({
    root: store.layout.base,
    temporary: () => store.layout.sessions,
    userXattrs: rootless,
    singleUid,
  });
  return { store, snapshots };
}

function report(pruned: readonly Pruned[], argv: PruneArguments): void {
  const total = pruned.reduce((sum, item) => sum + item.size, 0);
  if (argv.json) {
    process.stdout.write(`${JSON.stringify({ deleted: pruned, size: total, dryRun: argv.dryRun === true })}\n`);
    return;
  }
  for (const line of summary(pruned)) process.stdout.write(`${line}\n`);
  process.stdout.write(`${argv.dryRun ? 'would free' : 'freed'} ${size(total)}\n`);
}

/** A line for each kind and reason: `12 snapshots, 340MB: no cache record needs it`. */
function summary(pruned: readonly Pruned[]): string[] {
  const groups = new Map<string, { count: number; size: number; item: Pruned }>();
  for (const item of pruned) {
    const key = `${item.kind} ${item.reason}`;
    const group = groups.get(key) ?? { count: 0, size: 0, item };
    groups.set(key, { ...group, count: group.count + 1, size: group.size + item.size });
  }
  return [...groups.values()].map(
    (group) =>
      `${group.count} ${group.item.kind}${group.count === 1 ? '' : 's'}, ${size(group.size)}: ${group.item.reason}`,
  );
}
