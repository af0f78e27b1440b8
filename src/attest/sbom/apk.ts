import { type Distribution, distroOf } from './distribution.ts';
import type { Package } from './package.ts';
import type { RootFiles } from './root-files.ts';

const DATABASES = ['lib/apk/db/installed', 'usr/lib/apk/db/installed'];

/** The packages of apk (Alpine's apk_db): a paragraph for each, its lines begin with one letter. */
export function apkPackages(files: RootFiles, distribution: Distribution): Package[] {
  for (const path of DATABASES) {
    const text = files.text(path);
    if (text !== undefined) return packagesIn(text, path, distribution);
  }
  return [];
}

function packagesIn(text: string, source: string, distribution: Distribution): Package[] {
  return text.split('\n\n').flatMap((paragraph): Package[] => {
    const field = (letter: string) => new RegExp(`^${letter}:(.*)$`, 'm').exec(paragraph)?.[1];
    const [name, version] = [field('P'), field('V')];
    if (name === undefined || version === undefined) return [];
    const purl = {
      type: 'apk',
      namespace: distribution.id ?? 'alpine',
      name,
      version,
      qualifiers: { arch: field('A'), distro: distroOf(distribution) },
    };
    return [{ name, version, purl, source: `/${source}`, supplier: field('m'), license: field('L') }];
  });
}
