import { createColors } from 'picocolors';
import { type Affected, affectedTargets } from '../affected/affected.ts';
import type { BakeOptions } from '../bake/index.ts';
import type { Files } from '../base/files.ts';
import { parseLock, readLock } from '../build/lock.ts';
import { readText } from '../build/read-text.ts';
import { sanitize } from '../progress/sanitize.ts';
import { type SelectionArguments, type SinceArguments, selectionOptionsOf } from './bake-options.ts';
import { type LockOption, lockPath } from './lock-option.ts';
import { environmentOf } from './namespace.ts';
import type { GlobalArguments } from './options.ts';
import { cancelOnSignals } from './signals.ts';
import { colorOf } from './terminal.ts';

type Compared = GlobalArguments & LockOption & SinceArguments;

export interface AffectedArguments extends Compared, SelectionArguments {
  json?: boolean | undefined;
  matrix?: boolean | undefined;
  quiet?: boolean | undefined;
  exitCode?: boolean | undefined;
}

/** Carries out `tsbuild affected`: what has changed, on standard output. */
export async function affectedAction(argv: AffectedArguments): Promise<number> {
  const affected = await findAffected(argv, selectionOptionsOf(argv, process.env));
  const { stdout, stderr } = process;
  if (argv.json) stdout.write(`${JSON.stringify(affected, null, 2)}\n`);
  else if (argv.matrix) stdout.write(`${matrix(affected)}\n`);
  else if (argv.quiet)
    stdout.write(
      askedFor(affected)
        .map(({ name }) => `${name}\n`)
        .join(''),
    );
  else stdout.write(affectedText(affected, colorOf(stdout)));
  const { unknownImages } = affected;
  if (!argv.json && unknownImages.length > 0) {
    const verb = unknownImages.length === 1 ? 'is' : 'are';
    stderr.write(
      `note: ${unknownImages.join(', ')} ${verb} not in the store: variables and triggers of a base image count once \`tsbuild pull\` has it\n`,
    );
  }
  return argv.exitCode && affected.targets.length > 0 ? 1 : 0;
}

/** Looks at what has changed, and executes nothing. */
export async function findAffected(argv: Compared, bake: BakeOptions): Promise<Affected> {
  const { signal, dispose } = cancelOnSignals();
  const locked = argv.locked ? (past: Files | undefined) => lockOf(lockPath(argv), past) : undefined;
  try {
    return await affectedTargets(
      { since: argv.since ?? 'HEAD', mergeBase: argv.mergeBase === true, bake, locked },
      { ...environmentOf(argv), jobs: 1, emit: () => undefined, signal },
    );
  } finally {
    dispose();
  }
}

/** Without a lock file at that time, images meant then what they mean now. */
function lockOf(path: string, past: Files | undefined) {
  if (past === undefined) return readLock(path);
  const text = readText(path, { what: 'lock file', pipes: false, files: past });
  return text === undefined ? undefined : parseLock(text, path);
}

/** What somebody asked for; the others are built for it anyway. */
function askedFor({ targets }: Affected): Affected['targets'] {
  return targets.filter(({ linked }) => !linked);
}

/** What `fromJSON` of a workflow takes: one job for each target. */
function matrix(affected: Affected): string {
  const include = askedFor(affected).map(({ name, reasons }) => ({ target: name, reason: reasons[0]?.text ?? '' }));
  return JSON.stringify({ include });
}

/** Of each target, so many reasons. */
const SHOWN = 3;

function affectedText({ targets, unaffected, removed, since, commit }: Affected, color: boolean): string {
  const colors = createColors(color);
  const clean = (text: string) => sanitize(text.replace(/\s*\n\s*/g, ' ⏎ '), color);
  const paragraphs = targets.map(({ name, reasons, linked }) => {
    const title = `${colors.bold(clean(name))}${linked ? colors.dim(' (others are built on it)') : ''}\n`;
    const more = reasons.length > SHOWN ? [`and ${reasons.length - SHOWN} more`] : [];
    const lines = [...reasons.slice(0, SHOWN).map(({ text }) => text), ...more];
    return title + lines.map((line) => `  ${clean(line)}\n`).join('');
  });
  const gone = removed.length === 0 ? '' : `, ${removed.length} removed: ${removed.join(', ')}`;
  const total = targets.length + unaffected.length;
  const summary = `${targets.length} of ${total} ${total === 1 ? 'target' : 'targets'} changed since ${since} (${commit.slice(0, 12)})${gone}`;
  return `${paragraphs.join('')}${colors.dim(clean(summary))}\n`;
}
