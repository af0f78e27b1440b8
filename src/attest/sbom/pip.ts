import { type BytePath, fromBytePath } from '../../base/bytepath.ts';
import type { Package } from './package.ts';
import { stanzasOf } from './stanzas.ts';

/** What says which distribution packages of Python are installed (PEP 376 and its older form). */
const METADATA = /\.dist-info\/METADATA$|\.egg-info\/PKG-INFO$|\.egg-info$/;

export function isPythonFile(path: BytePath): boolean {
  return METADATA.test(path);
}

export function pythonPackages(path: BytePath, content: Buffer): Package[] {
  const [fields] = stanzasOf(content.toString('utf8'));
  const [name, version] = [fields?.get('name'), fields?.get('version')];
  if (name === undefined || version === undefined || name === '' || version === '') return [];
  const purl = { type: 'pypi', name: name.toLowerCase().replaceAll(/[-_.]+/g, '-'), version };
  const license = fields?.get('license-expression') ?? fields?.get('license');
  return [{ name, version, purl, source: `/${fromBytePath(path)}`, license: license || undefined }];
}
