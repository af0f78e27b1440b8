import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { validImage } from '../support/valid-image.ts';
import type { RunOptions, Workplace } from '../support/workplace.ts';
import { copyFixture, takeBases, type Who, WITH_IDS, withPlace } from './place.ts';

const reproducible = suite('the same image from empty stores');

const EPOCH = { SOURCE_DATE_EPOCH: '1700000000' };
const MONOREPO = ['text', 'money', 'invoice', 'report', 'mailer'];

/** Runs a program on the first processor that it may use. */
const ON_ONE = 'umask 077; cpu=$(taskset -cp $$ | sed "s/.*: //; s/[-,].*//"); exec taskset -c "$cpu" "$@"';

/** Another machine: one processor, and another time zone, language and umask. */
const ELSEWHERE: RunOptions = {
  env: { TZ: 'Asia/Kathmandu', LC_ALL: 'C', LANG: 'tr_TR.UTF-8' },
  through: ['sh', '-c', ON_ONE, 'sh'],
};

interface Digests {
  [image: string]: string;
}

/** Builds both projects from copies whose files were all touched just now. */
async function digestsOf(place: Workplace, { env, through }: RunOptions = {}): Promise<Digests> {
  await takeBases(place, 'busybox');
  const digests: Digests = {};
  const build = async (name: string, args: readonly string[]) => {
    await place.ok(['build', '-q', '-t', name, ...args], { env: { ...EPOCH, ...env }, through });
    const [image] = JSON.parse(await place.ok(['inspect', name])) as { Descriptor: { digest: string } }[];
    digests[name] = image?.Descriptor.digest ?? '';
  };
  await build('hello', [touched(copyFixture(place, 'hello'))]);
  const monorepo = touched(copyFixture(place, 'monorepo'));
  for (const target of MONOREPO) await build(target, ['--target', target, monorepo]);
  return digests;
}

function touched(directory: string): string {
  const now = new Date();
  for (const path of readdirSync(directory, { recursive: true })) utimesSync(join(directory, String(path)), now, now);
  return directory;
}

const first = new Map<Who, Digests>();

for (const who of WITH_IDS) {
  reproducible(`as ${who}: hello and monorepo, twice`, async () => {
    const before = await withPlace(who, async (place) => {
      const digests = await digestsOf(place);
      if (process.geteuid?.() === 0 && who !== 'root') return digests;
      for (const name of Object.keys(digests)) await validImage(place.root, name);
      return digests;
    });
    // Another second of the clock: nothing of now may be in an image.
    await sleep(1100);
    assert.equal(await withPlace(who, (place) => digestsOf(place, ELSEWHERE)), before);
    first.set(who, before);
  });
}

reproducible('whoever builds', () => {
  const [one, ...others] = [...first.values()];
  for (const other of others) assert.equal(other, one);
});

reproducible.run();
