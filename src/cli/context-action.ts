import { posix, relative, resolve } from 'node:path';
import { fromBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import type { SourceFile, SourceRange } from '../base/source.ts';
import { type UsedContext, usageByDirectory } from '../build/context-usage.ts';
import { contextUse, visibility } from '../build/context-use.ts';
import { renderCodeFrame } from '../progress/code-frame.ts';
import { createPalette } from '../progress/palette.ts';
import { sanitize } from '../progress/sanitize.ts';
import { type BuildArguments, buildOptionsOf } from './build-options.ts';
import { environmentOf } from './namespace.ts';
import { cancelOnSignals } from './signals.ts';
import { size, table } from './table.ts';
import { colorOf } from './terminal.ts';

export interface ContextArguments extends Pick<BuildArguments, 'root' | 'file' | 'target' | 'buildArg'> {
  action: 'ls' | 'why' | 'stats';
  path?: (string | undefined)[] | undefined;
  propose?: boolean | undefined;
  json?: boolean | undefined;
}

/** Carries out `tsbuild context`: what it finds goes to standard output. */
export async function contextAction(argv: ContextArguments): Promise<number> {
  const paths = (argv.path ?? []).filter((path) => path !== undefined);
  const [path, directory = '.', ...more] = argv.action === 'why' ? paths : [undefined, ...paths];
  if (more.length > 0 || (argv.action === 'why' && path === undefined)) {
    throw new TsbuildError(
      'USAGE',
      `tsbuild context ${argv.action} takes ${argv.action === 'why' ? 'a path and a directory' : 'one directory'}`,
      {
        hint: `tsbuild context ${argv.action === 'why' ? 'why src/a.ts .' : `${argv.action} .`}`,
      },
    );
  }
  const { signal, dispose } = cancelOnSignals();
  try {
    const options = buildOptionsOf({ ...argv, context: directory, progress: 'auto' }, process.env);
    const used = await contextUse(options, { ...environmentOf(argv), jobs: 1, emit: () => undefined, signal });
    process.stdout.write(path === undefined ? listing(used, argv) : why(used, path, argv));
    noteUnknown(used);
    return 0;
  } finally {
    dispose();
  }
}

function noteUnknown({ unknownImages }: UsedContext): void {
  if (unknownImages.length === 0) return;
  process.stderr.write(
    `note: what triggers of ${unknownImages.join(', ')} read is not known: the store does not have it\n`,
  );
}

function listing(used: UsedContext, { action, json, propose }: ContextArguments): string {
  if (propose) return json ? asJson(used.proposal) : used.proposal.map((line) => `${line}\n`).join('');
  return action === 'ls' ? list(used, json) : stats(used, json);
}

function list({ files, uses }: UsedContext, json: boolean | undefined): string {
  const rows = files.map(({ path, type, size: bytes }) => ({
    path: fromBytePath(path),
    type,
    size: bytes,
    usedBy: uses.filter(({ paths }) => paths.has(path)).map(({ step }) => step),
  }));
  if (json) return asJson(rows);
  return table(
    ['SIZE', 'USED BY', 'PATH'],
    rows.map(({ path, type, size: bytes, usedBy }) => [
      type === 'directory' ? '-' : size(bytes),
      usedBy.length > 1 ? `${usedBy.length} steps` : (usedBy[0]?.match(/^\[[^\]]*\]/)?.[0] ?? '-'),
      type === 'directory' ? `${path}/` : path,
    ]),
  );
}

/** Directories of less than this part of all that is of no use are not shown. */
const SHOWN_PART = 0.01;

function stats(used: UsedContext, json: boolean | undefined): string {
  const usage = usageByDirectory(used);
  const all = usage.get('') ?? { files: 0, bytes: 0, unusedFiles: 0, unusedBytes: 0 };
  const rows = [...usage]
    .map(([path, each]) => ({ path: fromBytePath(path) || '.', ...each }))
    .sort((a, b) => b.unusedBytes - a.unusedBytes || b.unusedFiles - a.unusedFiles || (a.path < b.path ? -1 : 1));
  if (json) return asJson({ ...all, directories: rows, proposal: used.proposal });
  const shown = rows.filter(
    ({ path, unusedFiles, unusedBytes }) =>
      path === '.' || (unusedFiles > 0 && unusedBytes >= all.unusedBytes * SHOWN_PART),
  );
  const text = table(
    ['UNUSED', 'FILES', 'ALL', 'FILES', 'DIRECTORY'],
    shown.map(({ path, files, bytes, unusedFiles, unusedBytes }) => [
      size(unusedBytes),
      String(unusedFiles),
      size(bytes),
      String(files),
      path,
    ]),
  );
  if (used.proposal.length === 0) return text;
  return `${text}\n\`tsbuild context stats --propose\` prints an ignore file that hides what nothing uses.\n`;
}

function why(used: UsedContext, given: string, { json }: ContextArguments): string {
  const { directory } = used.input;
  const below = relative(directory, resolve(directory, given));
  const path = posix.normalize(below === '' ? '.' : below);
  const seen = visibility(used, path);
  const uses = used.uses.filter(
    ({ paths }) =>
      paths.has(path) ||
      (seen.state === 'seen' && seen.type === 'directory' && [...paths].some((each) => each.startsWith(`${path}/`))),
  );
  if (json) {
    const rule =
      seen.state === 'hidden' && seen.rule
        ? { file: used.ignoreFile, line: seen.rule.line, text: seen.rule.text }
        : undefined;
    return asJson({
      path,
      state: seen.state,
      rule,
      uses: uses.map(({ step, source, location }) => ({ step, file: source?.name, line: location?.start.line })),
    });
  }
  const color = colorOf(process.stdout);
  const frame = (source: SourceFile, range: SourceRange) =>
    `${renderCodeFrame(source, range, { columns: process.stdout.columns || COLUMNS, palette: createPalette(color) }).join('\n')}\n`;
  if (seen.state === 'missing')
    throw new TsbuildError('NOT_FOUND', `there is no ${path} in ${directory}`, {
      hint: 'paths are those below the build context',
    });
  if (seen.state === 'hidden') {
    const { rule } = seen;
    if (rule === undefined) return `${path} is hidden by the ignore file\n`;
    const source = { name: relative(process.cwd(), used.ignoreFile), text: used.input.ignoreText };
    return `${sanitize(path, false)} is hidden by the ignore file\n${frame(source, lineRange(source.text, rule.line))}`;
  }
  if (uses.length === 0) return `${sanitize(path, false)} is in the context, and nothing uses it\n`;
  const shown = uses.map(
    ({ step, source, location }) => `${sanitize(step, false)}\n${source && location ? frame(source, location) : ''}`,
  );
  return `${sanitize(path, false)} is used by ${uses.length === 1 ? 'one step' : `${uses.length} steps`}:\n${shown.join('')}`;
}

const COLUMNS = 100;

function lineRange(text: string, line: number): SourceRange {
  const lines = text.split('\n');
  const offset = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  const length = lines[line - 1]?.length ?? 0;
  return { start: { line, column: 1, offset }, end: { line, column: length + 1, offset: offset + length } };
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
