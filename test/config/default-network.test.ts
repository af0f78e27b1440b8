import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultNetwork } from '../../src/config/default-network.ts';

const test = suite('the network that is chosen in the settings');

const CASES: [yaml: string, result: string | undefined][] = [
  ['', undefined],
  ['registries: {}', undefined],
  ['network: isolated', 'isolated'],
  ['network: host', 'host'],
  ['network: none', 'none'],
  ['network: bridge', 'network is not one of isolated, host, none'],
  ['network: {default: host}', 'network is not one of isolated, host, none'],
  ['networks: host', 'unknown section networks'],
];

for (const [yaml, result] of CASES) {
  test(`${JSON.stringify(yaml)}: ${result}`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tsbuild-config-'));
    const path = join(directory, 'config.yaml');
    writeFileSync(path, yaml);
    try {
      const outcome = await defaultNetwork({ TSBUILD_CONFIG: path }).catch((error: Error) => error.message);
      assert.is(typeof outcome === 'string' ? outcome.replace(`${path}: `, '') : outcome, result);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}

test('is none where there are no settings', async () => {
  assert.is(await defaultNetwork({ XDG_CONFIG_HOME: '/nonexistent' }), undefined);
});

test.run();
