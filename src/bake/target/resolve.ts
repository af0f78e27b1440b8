import { posix } from 'node:path';
import { TsbuildError } from '../../base/error.ts';
import { hasGlob, matchGlob } from '../../base/gomatch.ts';
import { didYouMean } from '../../base/suggest.ts';
import { mergeTarget, normalizeTarget } from './merge.ts';
import { applyOverrides, type Overrides } from './override.ts';
import type { Config, Group, Target } from './target.ts';

/** What a command line asks for: the targets to build by name, and the groups that they come from. */
export interface Selection {
  targets: ReadonlyMap<string, Target>;
  groups: ReadonlyMap<string, Group>;
  /** Built because others are built on them; their own result goes nowhere. */
  linked: ReadonlySet<string>;
}

const LINK = 'target:';

/** The target that a context names as `target:NAME`; undefined for any other context. */
function linkedTarget(context: string): string | undefined {
  return context.startsWith(LINK) ? context.slice(LINK.length) : undefined;
}

/** Resolves names, groups and patterns to targets with all that they inherit, and adds the targets they link to. */
export function selectTargets(config: Config, asked: readonly string[], overrides: Overrides): Selection {
  const names = [
    ...new Set((asked.length === 0 ? ['default'] : asked).flatMap((name) => matchNames(config, sanitizeName(name)))),
  ];
  const targets = new Map<string, Target>();
  const groups = new Map<string, Group>();
  for (const name of names) {
    const found = expandGroup(config, name);
    for (const target of found.targets) targets.set(target, resolveTarget(config, target, overrides));
    for (const group of found.groups) groups.set(group, config.groups.find((one) => one.name === group) as Group);
  }
  groups.set('default', defaultGroup(names, groups.get('default')));
  const linked = new Set<string>();
  for (const name of [...targets.keys()]) addLinks(name, [], { config, overrides, targets, linked });
  return { targets, groups, linked };
}

function defaultGroup(names: readonly string[], group: Group | undefined): Group {
  const asked = names.filter((name) => name !== 'default' || group === undefined);
  return { ...group, name: 'default', targets: [...new Set([...(group?.targets ?? []), ...asked])].sort() };
}

/** A service of a compose file may have a dot in its name, a target may not. */
export function sanitizeName(name: string): string {
  return name.replaceAll('.', '_');
}

function matchNames({ groups, targets }: Config, pattern: string): string[] {
  if (!hasGlob(pattern)) return [pattern];
  const found = [...groups, ...targets].map(({ name }) => name).filter((name) => matchGlob(pattern, name));
  if (found.length > 0) return found;
  throw new TsbuildError('NOT_FOUND', `no target matches ${pattern}`, {
    hint: '`tsbuild bake --list=targets` lists them',
  });
}

/** All targets of a group and of the groups in it; a name that is no group is a target. */
function expandGroup(config: Config, name: string): { targets: string[]; groups: string[] } {
  const targets = new Set<string>();
  const groups = new Set<string>();
  const visit = (member: string): void => {
    const group = config.groups.find((one) => one.name === member);
    // A group may hold a target of its own name, as that of a matrix without a name does.
    if (group === undefined || groups.has(member)) {
      if (group === undefined || config.targets.some((target) => target.name === member)) targets.add(member);
      return;
    }
    groups.add(member);
    for (const inner of group.targets) visit(inner);
  };
  visit(name);
  return { targets: [...targets], groups: [...groups] };
}

function resolveTarget(config: Config, name: string, overrides: Overrides): Target {
  const merged = inherit(config, name, overrides, new Map()) as Target;
  return {
    ...merged,
    inherits: undefined,
    context: merged.context ?? '.',
    dockerfile: merged.dockerfile || 'Dockerfile',
  };
}

/** The target with all that it inherits; undefined while it is being made, so that a circle ends. */
function inherit(
  config: Config,
  name: string,
  overrides: Overrides,
  visited: Map<string, Target | undefined>,
): Target | undefined {
  if (visited.has(name)) return visited.get(name);
  visited.set(name, undefined);
  const own = config.targets.find((target) => target.name === name);
  if (own === undefined) {
    const hint = didYouMean(
      name,
      [...config.targets, ...config.groups].map((one) => one.name),
    );
    throw new TsbuildError('NOT_FOUND', `there is no target ${name}${namedBy(config, name)}`, {
      hint: hint ?? '`tsbuild bake --list=targets` lists them',
    });
  }
  const target: Target = { name };
  for (const parent of own.inherits ?? []) {
    const inherited = inherit(config, parent, overrides, visited);
    if (inherited !== undefined) mergeTarget(target, { ...inherited, name });
  }
  mergeTarget(target, own);
  applyOverrides(target, overrides.get(name));
  normalizeTarget(target);
  visited.set(name, target);
  return target;
}

/** Who asks for a target that is not there, where that is somebody in the files. */
function namedBy({ groups, targets }: Config, name: string): string {
  const group = groups.find((one) => one.targets.includes(name));
  if (group !== undefined) return `, which the group ${group.name} names`;
  const heir = targets.find(({ inherits = [] }) => inherits.includes(name));
  return heir === undefined ? '' : `, from which ${heir.name} inherits`;
}

interface Linking {
  config: Config;
  overrides: Overrides;
  targets: Map<string, Target>;
  linked: Set<string>;
}

function addLinks(name: string, path: readonly string[], linking: Linking): void {
  const target = linking.targets.get(name) as Target;
  for (const context of target.contexts?.values() ?? []) {
    const link = linkedTarget(context);
    if (link === undefined) continue;
    if ([...path, name].includes(link)) {
      const chain = [...path, name, link].join(' → ');
      throw new TsbuildError('INVALID', `the target ${link} is built on itself: ${chain}`, {
        hint: 'take one of these contexts out',
      });
    }
    if (!linking.targets.has(link)) {
      linking.targets.set(link, {
        ...resolveTarget(linking.config, link, linking.overrides),
        output: [new Map([['type', 'cacheonly']])],
      });
      linking.linked.add(link);
    }
    addLinks(link, [...path, name], linking);
    const inherited = linking.targets.get(link)?.entitlements ?? [];
    if (inherited.length > 0) target.entitlements = [...new Set([...(target.entitlements ?? []), ...inherited])];
  }
}

/** A path without `.` and `..` in the middle, and without the prefix that says it is on this machine. */
export function cleanContext(context: string): string {
  if (/^(https?|git|ssh):\/\/|^git@/.test(context)) return context;
  const path = posix.normalize(context.replace(/^cwd:\/\//, ''));
  return path.length > 1 ? path.replace(/\/$/, '') : path;
}
