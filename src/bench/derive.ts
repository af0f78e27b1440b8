import { extname, join } from 'node:path';
import { isText, type Project } from './project.ts';
import type { BuildSettings, Change, Plan, Scenario, Skipped } from './types.ts';

/** Comments by the ends of names; `{n}` becomes another number each time. */
const COMMENTS: readonly (readonly [ends: RegExp, comment: string])[] = [
  [/\.([cm]?[jt]sx?|go|rs|java|kt|scala|cs|cc?|cpp|hh?|hpp|swift|php|proto|scss|dart|zig)$/, '\n// {n}\n'],
  [/\.(py|rb|sh|bash|pl|r|ex|exs|nim|toml|ya?ml|cfg|conf|tf|txt)$|(^|\/)Makefile$/, '\n# {n}\n'],
  [/\.(html?|xml|svg|md|vue|svelte)$/, '\n<!-- {n} -->\n'],
  [/\.css$/, '\n/* {n} */\n'],
  [/\.(sql|lua|hs|elm)$/, '\n-- {n}\n'],
];

/** Lock files, and what may stand at their end. */
const LOCKFILES: Readonly<Record<string, string>> = {
  'package-lock.json': BLANK(),
  'npm-shrinkwrap.json': BLANK(),
  'pnpm-lock.yaml': '\n# {n}\n',
  'yarn.lock': '\n# {n}\n',
  'bun.lock': BLANK(),
  'requirements.txt': '\n# {n}\n',
  'poetry.lock': '\n# {n}\n',
  'uv.lock': '\n# {n}\n',
  'pdm.lock': '\n# {n}\n',
  'Pipfile.lock': BLANK(),
  'go.sum': BLANK(),
  'Cargo.lock': '\n# {n}\n',
  'Gemfile.lock': BLANK(),
  'composer.lock': BLANK(),
  'gradle.lockfile': '\n# {n}\n',
  'mix.lock': '\n# {n}\n',
};

/** Blank lines, as many as the number says: for formats without comments. */
function BLANK(): string {
  return '{blank}';
}

/** The scenarios that a project gives, and those that it does not, with the reason. */
export function deriveScenarios(project: Project, build: BuildSettings, remote?: string): Plan {
  const scenarios: Scenario[] = [
    { name: 'cold', detail: 'a store that has nothing but base images', store: 'cold', change: { kind: 'none' } },
    { name: 'no-op', detail: 'nothing has changed', store: 'warm', change: { kind: 'none' } },
    {
      name: 'touch',
      detail: 'every file has another time and the same content',
      store: 'warm',
      change: { kind: 'touch' },
    },
  ];
  const skipped: Skipped[] = [];
  const add = (name: string, found: { detail: string; change: Change } | string) => {
    if (typeof found === 'string') skipped.push({ name, reason: found });
    else scenarios.push({ name, store: 'warm', ...found });
  };
  add('leaf', leafOf(project));
  add('lockfile', lockfileOf(project));
  add('argument', argumentOf(project, build));
  add('base', baseOf(project));
  scenarios.push({
    name: 'remote',
    detail: `a fresh machine that is given the cache of another one (${remote ?? 'in a directory'})`,
    store: 'remote',
    change: { kind: 'none' },
  });
  return { scenarios, skipped, build };
}

type Found = { detail: string; change: Change } | string;

/** A file of the last COPY that no other one takes: what is edited all day. */
function leafOf({ copies, directory }: Project): Found {
  if (copies.length === 0) return 'no COPY takes files of the context';
  const users = new Map<string, number>();
  for (const { files } of copies) for (const file of files) users.set(file, (users.get(file) ?? 0) + 1);
  for (const { text, files } of [...copies].reverse()) {
    const own = files.filter((file) => users.get(file) === 1 && lockText(file) === undefined);
    const file = own.find((path) => commentFor(path) !== undefined && isText(join(directory, path)));
    if (file !== undefined) {
      const change = { kind: 'append', file, text: commentFor(file) ?? '' } as const;
      return { detail: `${file} is edited (of ${text})`, change };
    }
  }
  return 'no COPY takes a source file of a known language that no other COPY takes';
}

function commentFor(path: string): string | undefined {
  return COMMENTS.find(([ends]) => ends.test(path))?.[1] ?? (extname(path) === '.json' ? BLANK() : undefined);
}

function lockText(path: string): string | undefined {
  return LOCKFILES[path.slice(path.lastIndexOf('/') + 1)];
}

function lockfileOf({ copies }: Project): Found {
  const file = copies.flatMap(({ files }) => files).find((path) => lockText(path) !== undefined);
  if (file === undefined) return `no COPY takes a lock file (${Object.keys(LOCKFILES).slice(0, 6).join(', ')} …)`;
  return { detail: `${file} is edited`, change: { kind: 'append', file, text: lockText(file) ?? '' } };
}

function argumentOf({ args, fromArgs }: Project, { args: given }: BuildSettings): Found {
  const found = args.filter(({ name }) => !fromArgs.includes(name)).at(-1);
  if (found === undefined) {
    return fromArgs.length > 0
      ? `the arguments of the build file (${fromArgs.join(', ')}) choose base images: see the scenario base`
      : 'no stage declares an ARG with a default';
  }
  const { name } = found;
  const value = otherValue(given[name] ?? found.value);
  return { detail: `--build-arg ${name}=${value}`, change: { kind: 'args', args: { [name]: value } } };
}

/** Of the same kind; `{n}` makes it another one each time. */
function otherValue(value: string): string {
  if (/^\d{1,9}$/.test(value)) return `${value}{n}`;
  if (value === 'true') return 'false';
  if (value === 'false') return 'true';
  return `${value}-{n}`;
}

function baseOf({ base }: Project): Found {
  if (base === undefined) return 'the image stands on nothing (FROM scratch)';
  if (base.includes('@')) return `the base image is chosen by its digest: ${base}`;
  return { detail: `${base} has a layer more`, change: { kind: 'base', image: base } };
}
