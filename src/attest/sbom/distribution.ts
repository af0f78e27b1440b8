import type { RootFiles } from './root-files.ts';

/** What a root is a distribution of: the fields of os-release(5) that package URLs have. */
export interface Distribution {
  id: string | undefined;
  version: string | undefined;
  name: string | undefined;
}

export function distributionOf(files: RootFiles): Distribution {
  const text = files.text('etc/os-release') ?? files.text('usr/lib/os-release') ?? '';
  const fields = new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const [, key, value] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
      return key === undefined || value === undefined ? [] : [[key, unquoted(value)]];
    }),
  );
  return { id: fields.get('ID'), version: fields.get('VERSION_ID'), name: fields.get('PRETTY_NAME') };
}

function unquoted(value: string): string {
  const [, , inner] = /^(["'])(.*)\1$/.exec(value) ?? [];
  return (inner ?? value).replaceAll(/\\(.)/g, '$1');
}

/** The value of the qualifier `distro`: `debian-12`. */
export function distroOf({ id, version }: Distribution): string | undefined {
  return id === undefined || version === undefined ? id : `${id}-${version}`;
}
