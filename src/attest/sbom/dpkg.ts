import { fromBytePath } from '../../base/bytepath.ts';
import { type Distribution, distroOf } from './distribution.ts';
import type { Package } from './package.ts';
import type { RootFiles } from './root-files.ts';
import { stanzasOf } from './stanzas.ts';

const STATUS = 'var/lib/dpkg/status';
/** Images without a package manager have a file here for each of their packages. */
const STATUS_PARTS = 'var/lib/dpkg/status.d';

/** The packages of dpkg that are installed (deb-status in dpkg(1)). */
export function dpkgPackages(files: RootFiles, distribution: Distribution): Package[] {
  const parts = files.filesIn(STATUS_PARTS).filter(([path]) => !path.endsWith('.md5sums'));
  const found = parts.flatMap(([path, entry]) =>
    packagesIn(files.bytesOf(path, entry)?.toString('utf8') ?? '', fromBytePath(path), distribution),
  );
  return [...packagesIn(files.text(STATUS) ?? '', STATUS, distribution), ...found];
}

function packagesIn(text: string, source: string, distribution: Distribution): Package[] {
  return stanzasOf(text).flatMap((fields): Package[] => {
    const [name, version, status = 'installed'] = ['package', 'version', 'status'].map((key) => fields.get(key));
    if (name === undefined || version === undefined || !/(^|\s)installed$/.test(status)) return [];
    const purl = {
      type: 'deb',
      namespace: distribution.id ?? 'debian',
      name,
      version,
      qualifiers: { arch: fields.get('architecture'), distro: distroOf(distribution) },
    };
    return [{ name, version, purl, source: `/${source}`, supplier: fields.get('maintainer') }];
  });
}
