import { isErrno, TsbuildError } from '../../base/error.ts';
import { type Distribution, distroOf } from './distribution.ts';
import { ndbBlobs } from './ndb.ts';
import type { Package } from './package.ts';
import type { RootFiles } from './root-files.ts';
import { type RpmHeader, rpmHeader } from './rpm-header.ts';
import { SqliteFile } from './sqlite.ts';

const DIRECTORIES = ['var/lib/rpm', 'usr/lib/sysimage/rpm', 'usr/share/rpm'];
/** What images without rpm have in the place of a database: a line for each package. */
const FILE_LIST = 'var/lib/rpmmanifest/container-manifest-2';

/** The packages of rpm: of a database in SQLite or rpm's own form, or of a list. The older Berkeley DB is not read. */
export function rpmPackages(files: RootFiles, distribution: Distribution): Package[] {
  const packages = listed(files.text(FILE_LIST) ?? '', distribution);
  for (const directory of DIRECTORIES) {
    const found = databaseIn(directory, files);
    if (found === undefined) continue;
    const { source, headers } = found;
    packages.push(...headers.flatMap((header) => packageOf(header, `/${source}`, distribution)));
    // The directories are links to one another.
    break;
  }
  return packages;
}

interface Database {
  source: string;
  headers: readonly RpmHeader[];
}

function databaseIn(directory: string, files: RootFiles): Database | undefined {
  const forms: [name: string, read: (data: Buffer, path: string) => Buffer[]][] = [
    ['rpmdb.sqlite', (data, path) => sqliteBlobs(data, files.bytes(`${path}-wal`))],
    ['Packages.db', ndbBlobs],
  ];
  for (const [name, read] of forms) {
    const source = `${directory}/${name}`;
    const data = files.bytes(source);
    if (data === undefined) continue;
    try {
      return { source, headers: read(data, source).map(rpmHeader) };
    } catch (error) {
      const isDamaged =
        error instanceof TsbuildError || error instanceof RangeError || isErrno(error, 'ERR_OUT_OF_RANGE');
      if (!isDamaged) throw error;
      files.unread(`the packages of rpm are not in this list: /${source} cannot be read (${(error as Error).message})`);
    }
  }
  if (files.bytes(`${directory}/Packages`) !== undefined) {
    files.unread(
      `the packages of rpm are not in this list: /${directory}/Packages is a Berkeley DB, which is not read`,
    );
  }
  return undefined;
}

function sqliteBlobs(data: Buffer, log: Buffer | undefined): Buffer[] {
  const rows = new SqliteFile(data, log).rows('Packages');
  if (rows === undefined) throw new TsbuildError('INVALID', 'it has no table Packages');
  return rows.map(([, blob]) => blob).filter((blob): blob is Buffer => Buffer.isBuffer(blob));
}

/** Keys that packages are signed with are packages too, to rpm alone. */
function packageOf(header: RpmHeader, source: string, distribution: Distribution): Package[] {
  const { name, version, release, epoch, arch, vendor, license } = header;
  if (name === undefined || version === undefined || release === undefined || name === 'gpg-pubkey') return [];
  const full = `${version}-${release}`;
  const purl = {
    type: 'rpm',
    namespace: distribution.id,
    name,
    version: full,
    qualifiers: { arch, epoch: epoch === '0' ? undefined : epoch, distro: distroOf(distribution) },
  };
  return [{ name, version: full, purl, source, supplier: vendor, license }];
}

/** Name, version and release, two times, vendor, a word, size, architecture, epoch, source; separated by tabs. */
function listed(text: string, distribution: Distribution): Package[] {
  return text.split('\n').flatMap((line) => {
    const [name, full = '', , , vendor, , , arch, epoch] = line.split('\t');
    const dash = full.lastIndexOf('-');
    if (!name || dash <= 0) return [];
    const [version, release] = [full.slice(0, dash), full.slice(dash + 1)];
    const known = (value: string | undefined) => (value === '' || value === '(none)' ? undefined : value);
    const header = { name, version, release, vendor: known(vendor), arch: known(arch), epoch: known(epoch) };
    return packageOf(header, `/${FILE_LIST}`, distribution);
  });
}
