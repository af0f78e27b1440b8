import { endianness } from 'node:os';
import { TsbuildError } from '../base/error.ts';
import type { Platform } from './types.ts';

/** Other names, with the variant that they stand for whatever else is written. */
const ARCHITECTURES: Readonly<Record<string, readonly [architecture: string, variant?: string]>> = {
  i386: ['386', ''],
  x86_64: ['amd64'],
  'x86-64': ['amd64'],
  aarch64: ['arm64'],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
};

/** Go's GOARCH and GOOS that images exist for: what a platform of one word may be. */
const KNOWN_ARCHITECTURES = new Set(
  '386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm'.split(' '),
);
const KNOWN_SYSTEMS = new Set('linux windows darwin freebsd netbsd openbsd wasip1'.split(' '));
const WORD = /^[A-Za-z0-9_.-]{1,64}$/;
/** An operating system with its version in parentheses: `windows(10.0.17763)`. */
const SYSTEM = /^([A-Za-z0-9_.-]{1,64})(?:\(([A-Za-z0-9_.-]{0,64})\))?$/;

/**
 * Reads `os`, `arch`, `os/arch` or `os/arch/variant` and normalises it; the part that is missing is the host's. The
 * system may have a version: `windows(10.0.17763)/amd64`. Follows containerd's platform specifiers.
 */
export function parsePlatform(text: string): Platform {
  const [system = '', second, variant, ...rest] = text.split('/');
  const [, first, version] = SYSTEM.exec(system) ?? [];
  const parts = [second, variant].filter((part) => part !== undefined);
  if (first === undefined || rest.length > 0 || !parts.every((part) => WORD.test(part))) {
    throw invalid(text, 'use OS/ARCH or OS/ARCH/VARIANT');
  }
  const versioned = version ? { 'os.version': version } : {};
  if (second !== undefined) return normalizePlatform({ os: first, architecture: second, variant, ...versioned });
  const alone = normalizePlatform({ os: first, architecture: first, ...versioned });
  if (KNOWN_SYSTEMS.has(alone.os)) return { ...hostPlatform(), os: alone.os, ...versioned };
  if (KNOWN_ARCHITECTURES.has(alone.architecture)) return { ...alone, os: hostPlatform().os };
  throw invalid(text, 'it is neither a known operating system nor a known architecture');
}

/**
 * Reads the values of `--platform`, each of which may be a list with commas: every platform once, in the order in which
 * they are first named. `local` is the host's.
 */
export function parsePlatforms(texts: readonly string[]): Platform[] {
  const names = texts.flatMap((text) => text.split(',')).map((name) => name.trim());
  const platforms = names.map((name) => (name === 'local' ? hostPlatform() : parsePlatform(name)));
  return [...new Map(platforms.map((platform) => [formatWithVersion(platform), platform])).values()];
}

/** `os[(version)]/arch[/variant]`. */
export function formatWithVersion(platform: Platform): string {
  const { os, 'os.version': version } = platform;
  return formatPlatform(version ? { ...platform, os: `${os}(${version})` } : platform);
}

/** `os/arch[/variant]`. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform;
  return variant ? `${os}/${architecture}/${variant}` : `${os}/${architecture}`;
}

/** One spelling for each platform: lower case, Go's names, and no variant where it is the architecture's default. */
export function normalizePlatform(platform: Platform): Platform {
  const name = platform.architecture.toLowerCase();
  const [architecture, implied] = ARCHITECTURES[name] ?? [name];
  const variant = normalizeVariant(architecture, (implied ?? platform.variant ?? '').toLowerCase());
  const os = platform.os.toLowerCase();
  const { variant: _, ...others } = platform;
  return { ...others, os: os === 'macos' ? 'darwin' : os, architecture, ...(variant === '' ? {} : { variant }) };
}

function normalizeVariant(architecture: string, variant: string): string {
  const versioned = /^\d/.test(variant) ? `v${variant}` : variant;
  if (architecture === 'amd64') return versioned === 'v1' ? '' : versioned;
  if (architecture === 'arm64') {
    if (versioned === 'v8' || versioned === 'v8.0') return '';
    return versioned === 'v9.0' ? 'v9' : versioned;
  }
  if (architecture === 'arm') return versioned === '' ? 'v7' : versioned;
  return variant;
}

export function hostPlatform(): Platform {
  return normalizePlatform({ os: process.platform, ...hostArchitecture() });
}

function hostArchitecture(): { architecture: string; variant?: string } {
  switch (process.arch as string) {
    case 'x64':
      return { architecture: 'amd64' };
    case 'ia32':
      return { architecture: '386' };
    case 'ppc64':
      return { architecture: endianness() === 'LE' ? 'ppc64le' : 'ppc64' };
    case 'arm': {
      const { arm_version: version } = process.config.variables as { arm_version?: string };
      return { architecture: 'arm', variant: version ?? '7' };
    }
    default:
      return { architecture: process.arch };
  }
}

/**
 * The candidate that runs best on `wanted`: the same platform, else the nearest older variant, else the 32-bit
 * architecture that the processor also runs (containerd's `platforms.Only`). Of equals, the first; a candidate
 * that does not say its platform is taken only when none does better.
 */
export function matchPlatform<T extends { platform?: Platform | undefined }>(
  wanted: Platform,
  candidates: readonly T[],
): T | undefined {
  for (const acceptable of runnable(normalizePlatform(wanted))) {
    const found = candidates.find(
      ({ platform }) => platform !== undefined && isSame(acceptable, platform) && isOfVersion(wanted, platform),
    );
    if (found !== undefined) return found;
  }
  return candidates.find(({ platform }) => platform === undefined);
}

/** Whether an image of platform `image` runs natively where `wanted` does. */
export function runsOn(wanted: Platform, image: Platform): boolean {
  return runnable(normalizePlatform(wanted)).some((acceptable) => isSame(acceptable, image));
}

function isSame(normalized: Platform, other: Platform): boolean {
  return formatPlatform(normalized) === formatPlatform(normalizePlatform(other));
}

/** Windows containers run on the very build of Windows they are made for: the first three numbers of its version. */
function isOfVersion({ 'os.version': wanted }: Platform, { 'os.version': offered }: Platform): boolean {
  const buildOf = (version: string) => version.split('.').slice(0, 3).join('.');
  return !wanted || !offered || buildOf(wanted) === buildOf(offered);
}

/** The platforms whose programs run on a processor, best first. */
function runnable({ os, architecture, variant }: Platform): Platform[] {
  const own = { os, architecture, variant };
  switch (architecture) {
    case 'amd64':
      return [own, ...olderVariants(own, 1), { os, architecture: '386' }];
    case 'arm64':
      return [own, ...olderVariants(own, 8), ...runnable({ os, architecture: 'arm', variant: 'v8' })];
    case 'arm':
      return [own, ...olderVariants(own, 5)];
    default:
      return [own];
  }
}

/** `v3` → `v2`, `v1`: the major versions below a variant's, down to `oldest`. */
function olderVariants(platform: Platform, oldest: number): Platform[] {
  const version = /^v(\d{1,2})(\.\d+)?$/.exec(platform.variant ?? '');
  if (version === null) return [];
  const newest = Number(version[1]) - (version[2] === undefined ? 1 : 0);
  const count = Math.max(newest - oldest + 1, 0);
  return Array.from({ length: count }, (_, i) => normalizePlatform({ ...platform, variant: `v${newest - i}` }));
}

function invalid(text: string, reason: string): TsbuildError {
  return new TsbuildError('INVALID', `invalid platform ${JSON.stringify(text.slice(0, 100))}: ${reason}`, {
    hint: 'for example linux/amd64, linux/arm64 or linux/arm/v7',
  });
}
