import { Refusal } from '../fail.ts';
import { define, type Functions, text } from './signature.ts';

interface Version {
  numbers: [number, number, number];
  /** How many of them are written: `1.2` is any of `1.2.x`. */
  written: number;
  prerelease: string[];
}

const VERSION = /^[vV]?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

function parseVersion(written: string): Version {
  const match = VERSION.exec(written.trim());
  if (match === null) throw new Refusal(`${JSON.stringify(written)} is no version as 1.2.3`);
  const parts = match.slice(1, 4);
  const wild = parts.findIndex((part) => part === undefined || /[xX*]/.test(part));
  const count = wild < 0 ? 3 : wild;
  const at = (index: number): number => (index < count ? Number(parts[index]) : 0);
  return { numbers: [at(0), at(1), at(2)], written: count, prerelease: match[4]?.split('.') ?? [] };
}

/** The precedence of semver.org: a pre-release comes before its release. */
function compareVersions(a: Version, b: Version): number {
  for (let at = 0; at < 3; at++) {
    const difference = (a.numbers[at] as number) - (b.numbers[at] as number);
    if (difference !== 0) return Math.sign(difference);
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return b.prerelease.length - a.prerelease.length;
  for (let at = 0; at < Math.max(a.prerelease.length, b.prerelease.length); at++) {
    const order = compareIdentifiers(a.prerelease[at], b.prerelease[at]);
    if (order !== 0) return order;
  }
  return 0;
}

function compareIdentifiers(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  const [aNumeric, bNumeric] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (aNumeric && bNumeric) return Math.sign(Number(a) - Number(b));
  if (aNumeric !== bNumeric) return aNumeric ? -1 : 1;
  return a < b ? -1 : 1;
}

/** The first version behind all those that agree in `count` numbers. */
function after({ numbers }: Version, count: number): Version {
  const next = numbers.map((number, at) => (at < count - 1 ? number : at === count - 1 ? number + 1 : 0));
  return { numbers: next as Version['numbers'], written: 3, prerelease: [] };
}

function within(version: Version, low: Version, count: number): boolean {
  return compareVersions(version, low) >= 0 && (count === 0 || compareVersions(version, after(low, count)) < 0);
}

/** How many numbers `^` keeps: up to the first that is not 0. */
function caretCount({ numbers, written }: Version): number {
  const first = numbers.findIndex((number) => number > 0);
  return first < 0 || first >= written ? Math.max(written, 1) : first + 1;
}

const COMPARISONS: Readonly<Record<string, (version: Version, bound: Version) => boolean>> = {
  '': (version, bound) => within(version, bound, bound.written) && exactPrerelease(version, bound),
  '!': (version, bound) => !within(version, bound, bound.written),
  '>': (version, bound) =>
    bound.written < 3 && bound.written > 0
      ? compareVersions(version, after(bound, bound.written)) >= 0
      : compareVersions(version, bound) > 0,
  '>=': (version, bound) => compareVersions(version, bound) >= 0,
  '<': (version, bound) => compareVersions(version, bound) < 0,
  '<=': (version, bound) =>
    bound.written < 3
      ? compareVersions(version, after(bound, bound.written)) < 0
      : compareVersions(version, bound) <= 0,
  '~': (version, bound) => within(version, bound, Math.min(bound.written, 2)),
  '^': (version, bound) => within(version, bound, bound.written === 0 ? 0 : caretCount(bound)),
};

function exactPrerelease(version: Version, bound: Version): boolean {
  return bound.written < 3 || compareVersions(version, bound) === 0;
}

const OPERATORS: Readonly<Record<string, string>> = { '=': '', '==': '', '!=': '!', '=>': '>=', '=<': '<=', '~>': '~' };

/** A pre-release satisfies only a constraint that names one. */
function satisfies(version: Version, constraint: string): boolean {
  const [, operator = '', bound = ''] = /^(!=|==|=>|=<|>=|<=|~>|[=<>~^]?)\s*(.*)$/.exec(constraint) ?? [];
  const parsed = parseVersion(bound);
  if (version.prerelease.length > 0 && parsed.prerelease.length === 0) return false;
  const compare = COMPARISONS[OPERATORS[operator] ?? operator];
  return compare?.(version, parsed) ?? false;
}

/** Constraints as `>= 1.2, < 2 || ~3.1`; `1.2 - 1.4` is from one to the other. */
function semverCompare(written: string, constraints: string): boolean {
  const version = parseVersion(written);
  return constraints.split('||').some((alternative) =>
    alternative
      .replace(/(\S+)\s+-\s+(\S+)/g, '>=$1 <=$2')
      .replace(/([=<>~^!])\s+/g, '$1')
      .split(/[\s,]+/)
      .filter((constraint) => constraint !== '')
      .every((constraint) => satisfies(version, constraint)),
  );
}

export const SEMVER: Functions = {
  semvercmp: define([text('version'), text('constraint')], semverCompare),
};
