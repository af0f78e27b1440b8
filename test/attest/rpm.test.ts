import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { formatPackageUrl } from '../../src/attest/purl.ts';
import { scanRoot } from '../../src/attest/sbom/scan.ts';
import { SqliteFile } from '../../src/attest/sbom/sqlite.ts';
import { RootView } from '../../src/snapshot/root-view.ts';
import { needProgram } from '../house/programs.ts';

const test = suite('packages of rpm');

const directory = mkdtempSync(join(tmpdir(), 'tsbuild-test-'));
let packages: string[];

/** Two real packages, of which one has an epoch, and one a description that does not fit into a page. */
test.before(() => {
  const spec = (name: string, epoch: string, description: string) =>
    `Name: ${name}\n${epoch}Version: 1.2\nRelease: 3\nSummary: s\nLicense: MIT\nVendor: Test Vendor\nBuildArch: noarch\n%description\n${description}\n%files\n`;
  writeFileSync(join(directory, 'a.spec'), spec('alpha', 'Epoch: 7\n', 'short'));
  writeFileSync(join(directory, 'b.spec'), spec('beta-tools', '', 'long '.repeat(20_000)));
  for (const name of ['a.spec', 'b.spec']) {
    run(needProgram('rpmbuild'), '--define', `_topdir ${directory}/top`, '-bb', join(directory, name));
  }
  const built = join(directory, 'top/RPMS/noarch');
  packages = readdirSync(built).map((name) => join(built, name));
});

test.after(() => rmSync(directory, { recursive: true, force: true }));

function run(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

/** A root in which rpm has installed the packages. */
function rootWithRpm(name: string): string {
  const root = join(directory, name);
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(join(root, 'etc/os-release'), 'ID=fedora\nVERSION_ID="40"\n');
  const options = ['--root', root, '--define', '_db_backend sqlite', '--dbpath', '/usr/lib/sysimage/rpm'];
  run('rpm', ...options, '--install', '--justdb', '--nodeps', '--nosignature', ...packages);
  return root;
}

/** Debian's rpm does not write its own form: the same headers, in a file of that form (rpm's ndb/rpmpkg.c). */
function ndbOf(blobs: readonly Buffer[]): Buffer {
  const slots = Buffer.alloc(4096);
  for (let at = 32; at < slots.length; at += 16) slots.write('Slot', at);
  slots.write('RpmP');
  slots.writeUInt32LE(1, 12);
  const parts: Buffer[] = [slots];
  let size = slots.length;
  for (const [index, blob] of blobs.entries()) {
    const head = Buffer.alloc(16);
    head.write('BlbS');
    head.writeUInt32LE(index + 1, 4);
    head.writeUInt32LE(blob.length, 12);
    const padding = Buffer.alloc(16 - (blob.length % 16));
    slots.writeUInt32LE(index + 1, 32 + 16 * index + 4);
    slots.writeUInt32LE(size / 16, 32 + 16 * index + 8);
    parts.push(head, blob, padding);
    size += 16 + blob.length + padding.length;
  }
  return Buffer.concat(parts);
}

function scanned(root: string) {
  const { packages: found, unread } = scanRoot(new RootView([{ directory: root, opaque: new Set() }]));
  return { urls: found.map(({ purl }) => formatPackageUrl(purl)).sort(), unread };
}

const URLS = [
  'pkg:rpm/fedora/alpha@1.2-3?arch=noarch&distro=fedora-40&epoch=7',
  'pkg:rpm/fedora/beta-tools@1.2-3?arch=noarch&distro=fedora-40',
];

const FORMS = [
  ['rpmdb.sqlite', 'SQLite'],
  ['Packages.db', 'rpm'],
] as const;

for (const [file, form] of FORMS) {
  test(`${file} is read, and a damaged one is told of`, () => {
    const root = rootWithRpm(`root-${form}`);
    const path = join(root, 'usr/lib/sysimage/rpm', file);
    if (form === 'rpm') {
      const sqlite = join(root, 'usr/lib/sysimage/rpm/rpmdb.sqlite');
      const rows = new SqliteFile(readFileSync(sqlite)).rows('Packages') ?? [];
      writeFileSync(path, ndbOf(rows.map(([, blob]) => blob as Buffer)));
      rmSync(sqlite);
    }
    assert.equal(scanned(root), { urls: URLS, unread: [] });
    rmSync(`${path}-wal`, { force: true });
    truncateSync(path, 5000);
    const { urls, unread } = scanned(root);
    assert.equal(urls, []);
    assert.match(unread.join(), `/usr/lib/sysimage/rpm/${file} cannot be read (it is not a database of ${form}`);
  });
}

test('a Berkeley DB is told of; the list of an image without rpm is read', () => {
  const root = join(directory, 'others');
  for (const path of ['var/lib/rpm', 'var/lib/rpmmanifest']) mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, 'var/lib/rpm/Packages'), 'x');
  const line = 'zlib\t1.2.13-2.cm2\t1684452134\t1684452100\tVendor\t(none)\t226000\tx86_64\t0\tzlib.src.rpm\n';
  writeFileSync(join(root, 'var/lib/rpmmanifest/container-manifest-2'), line);
  const { urls, unread } = scanned(root);
  assert.equal(urls, ['pkg:rpm/zlib@1.2.13-2.cm2?arch=x86_64']);
  assert.match(unread.join(), /not in this list: \/var\/lib\/rpm\/Packages is a Berkeley DB/);
});

test.run();
