import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BakeOptions,
  buildTargetOf,
  hasBakeFiles,
  loadBake,
  type Selection,
  selectBake,
  selectFrom,
  type Target,
} from '../bake/index.ts';
import { TsbuildError, toTsbuildError } from '../base/error.ts';
import type { Files } from '../base/files.ts';
import { isFetched } from '../build/fetched-context.ts';
import type { LockedImages } from '../build/lock.ts';
import type { BuildSettings, BuildTarget } from '../build/target.ts';
import { changesSince } from './changes.ts';
import { definitionReasons } from './definition.ts';
import { type Foreseen, foresee } from './foresee.ts';
import { commitOf, mergeBase, openRepository } from './git.ts';
import { PastFiles } from './past-files.ts';
import { type Reason, reasonsOf } from './reasons.ts';

export interface AffectedQuery {
  /** A commit, by any name that git knows. */
  since: string;
  /** Compare with where the commit and HEAD parted, and not with the commit itself. */
  mergeBase: boolean;
  /** Which targets are asked for, of which bake files. */
  bake: BakeOptions;
  /** The lock file as it is or as it was; undefined where none counts. */
  locked?: ((past: Files | undefined) => LockedImages | undefined) | undefined;
}

export interface AffectedTarget {
  name: string;
  reasons: readonly Reason[];
  /** Only other targets are built on it: it was not asked for itself. */
  linked: boolean;
}

export interface Affected {
  /** What it was compared with: as given, and in full. */
  since: string;
  commit: string;
  targets: readonly AffectedTarget[];
  unaffected: readonly string[];
  /** Targets that are no more. */
  removed: readonly string[];
  /** Base images of which nothing is known here but the name: what they hold counts as unchanged. */
  unknownImages: readonly string[];
}

/** The name of the one target of a directory without a bake file. */
const ALONE = 'default';

/**
 * Says which targets would be others than they were at a commit, and why, by the keys that a build would look their
 * steps up by. No step is executed and no server asked.
 */
export async function affectedTargets(query: AffectedQuery, settings: BuildSettings): Promise<Affected> {
  const repository = openRepository(query.bake.directory);
  const named = commitOf(repository, query.since);
  const commit = query.mergeBase ? mergeBase(repository, named) : named;
  const mirror = mkdtempSync(join(realpathSync(tmpdir()), 'tsbuild-past-'));
  try {
    const past = new PastFiles(changesSince(repository, commit), join(mirror, 'files'));
    const now = await selectionOf(query.bake);
    const before = await selectionBefore(query.bake, now, past);
    const compared = await compare(query, { now, before, past }, settings);
    return { since: query.since, commit, ...compared };
  } finally {
    rmSync(mirror, { recursive: true, force: true });
  }
}

/** What is asked for, of files as they are or as they were. */
interface Selected {
  /** By name, as the build takes them and, of a bake file, as that says. */
  builds: ReadonlyMap<string, BuildTarget>;
  targets: ReadonlyMap<string, Target>;
  linked: ReadonlySet<string>;
  /** Why nothing is known of them. */
  error?: TsbuildError | undefined;
}

const NONE: Selected = { builds: new Map(), targets: new Map(), linked: new Set() };

async function selectionOf(bake: BakeOptions): Promise<Selected> {
  if (bake.files.length > 0 || hasBakeFiles(bake.directory)) return selected(await selectBake(bake), bake);
  if (bake.targets.length === 0) return { ...NONE, builds: new Map([[ALONE, aloneTarget(undefined)]]) };
  throw new TsbuildError('USAGE', `${bake.targets[0]} is a target, and there is no bake file in ${bake.directory}`, {
    hint: 'without a bake file, the Dockerfile of the directory is looked at; give no target',
  });
}

/** The same targets as they were: those of now by their names, and what the same names meant. */
async function selectionBefore(bake: BakeOptions, now: Selected, past: Files): Promise<Selected> {
  if (now.targets.size === 0) return { ...NONE, builds: new Map([[ALONE, aloneTarget(past)]]) };
  if (bake.files.length === 0 && !hasBakeFiles(bake.directory, past)) return NONE;
  try {
    const { config } = await loadBake({ ...bake, past });
    const known = new Set(config.targets.map(({ name }) => name));
    const asked = bake.targets.filter((name) => known.has(name) || config.groups.some((group) => group.name === name));
    const isDefault = bake.targets.length === 0 && config.groups.some(({ name }) => name === 'default');
    const targets = [
      ...[...now.targets.keys()].filter((name) => known.has(name)),
      ...(isDefault ? ['default'] : asked),
    ];
    return targets.length === 0 ? NONE : selected(selectFrom(config, { ...bake, targets }), bake, past);
  } catch (error) {
    return { ...NONE, error: toTsbuildError(error) };
  }
}

function selected({ targets, linked }: Selection, { env }: BakeOptions, files?: Files): Selected {
  const builds = [...targets].map(([name, target]): [string, BuildTarget] => [
    name,
    { ...buildTargetOf(target, env), files },
  ]);
  return { builds: new Map(builds), targets, linked };
}

function aloneTarget(files: Files | undefined): BuildTarget {
  return { context: '.', tags: [], buildArgs: {}, labels: {}, noCache: false, pull: false, outputs: [], files };
}

async function compare(
  { since, locked }: AffectedQuery,
  { now, before, past }: { now: Selected; before: Selected; past: Files },
  settings: BuildSettings,
): Promise<Omit<Affected, 'since' | 'commit'>> {
  const ofSide = (side: Files | undefined): BuildSettings => ({ ...settings, locked: locked?.(side) });
  const was = await foresee(planned(before), ofSide(past), async (foresight) => foresight);
  return foresee(planned(now), ofSide(undefined), async ({ targets, unknownImages }, shared) => {
    const affected: AffectedTarget[] = [];
    for (const [name, build] of now.builds) {
      const isKnown = before.builds.has(name);
      const reasons = isKnown ? definitionReasons(changedOf(name, now, before)) : [newness(since, before.error)];
      const [is, wasBefore] = [targets.get(name), was.targets.get(name)];
      if (isKnown && is !== undefined && wasBefore !== undefined) {
        reasons.push(...reasonsOf({ name, now: is, before: wasBefore, links: linksOf(build, targets), since }, shared));
      }
      if (reasons.length > 0) affected.push({ name, reasons, linked: now.linked.has(name) });
    }
    const names = new Set(affected.map(({ name }) => name));
    return {
      targets: affected,
      unaffected: [...now.builds.keys()].filter((name) => !names.has(name)),
      removed: [...before.builds.keys()].filter((name) => !now.builds.has(name) && !before.linked.has(name)),
      unknownImages: [...new Set([...was.unknownImages, ...unknownImages])].sort(),
    };
  });
}

/** A context that is fetched is known by where it is, and not looked at. */
function planned({ builds }: Selected): ReadonlyMap<string, BuildTarget> {
  return new Map([...builds].filter(([, { context }]) => !isFetched(context)));
}

function changedOf(name: string, now: Selected, before: Selected) {
  return {
    now: now.targets.get(name),
    before: before.targets.get(name),
    isFetched: isFetched(now.builds.get(name)?.context ?? '.'),
  };
}

function newness(since: string, error: TsbuildError | undefined): Reason {
  if (error === undefined) return { kind: 'new', text: 'the target is new' };
  return { kind: 'error', text: `what it was at ${since} is not known: ${error.message}` };
}

/** The targets that a target is built on. */
function linksOf({ contexts = {} }: BuildTarget, targets: ReadonlyMap<string, Foreseen>): Map<string, Foreseen> {
  const names = Object.values(contexts).flatMap((where) =>
    where.startsWith('target:') ? [where.slice('target:'.length)] : [],
  );
  return new Map(
    names.flatMap((name): [string, Foreseen][] => {
      const target = targets.get(name);
      return target === undefined ? [] : [[name, target]];
    }),
  );
}
